"""A real Kubernetes cluster on one machine, for development and for the suite: control plane and nodes, no stand-ins.

    python -m deploy.cluster up [--number N] [--nodes N] [--image ARCHIVE]... [--apply FOLDER]
    python -m deploy.cluster down [--number N]
    python -m deploy.cluster build

``layout``         names and addresses, all from a cluster's number
``binaries``       the programs: found, or built from Go modules (``go``, ``modules/``)
``machine``        namespaces of its own with a root of its own, and daemons in it (``machine.sh``, ``pause.c``)
``network``        the wires between machines
``cgroups``        cgroups of our own in the hierarchies that are there
``certificates``   who is who
``control_plane``  etcd, kube-apiserver, kube-controller-manager, kube-scheduler
``node``           containerd, kubelet, kube-proxy, the Pod network
``images``         images made on the spot
``kube_api``       the API as this host asks it
``cluster``        all of it together: create, find, use, remove
"""
