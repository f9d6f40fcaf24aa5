"""virt-handler: the node's half of every guest that was scheduled to it; one on each node.

It runs the privileged steps of a guest's start in the guest's own Pod (``kvnode.runtime.pod_node``), follows the
launcher and writes the status, stops guests that are to go, gives virt-api the streams of guests' consoles, offers the
node's devices to the kubelet, and labels the node.  What holds:

- A guest belongs to its Pod.  This process may end at any moment, and no guest notices; when it is back it finds the
  launchers by their Pods' folders and goes on.
- What can't be known (a launcher that is silent, an API server that is away) changes nothing and destroys nothing.
- The phase is written by us from Running on, with the resource version that it was decided by.
"""
