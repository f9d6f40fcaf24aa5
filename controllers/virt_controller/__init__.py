"""virt-controller: one controller for each kind, leader-elected, any number of replicas.

A VirtualMachine is a guest that can be off: its controller makes and removes the VirtualMachineInstance of the same
name, as run strategy and requests say, and leaves the rest to it. A VirtualMachineInstance is one life of a guest:
its controller makes the one launcher Pod, follows it until the node's handler takes over, and cleans up. A node may
have a handler that is silent: its controller sees to it that nothing new is sent there.

Each reconcile is a pure decision (what was observed, to a list of actions: `guest_life`, `machine_life`) and an
executor that carries the actions out in their order and stops at the first that fails. Decisions are made so that any
prefix of their actions leads, by the next reconcile, to the same end: names are derived and not drawn, what is counted
is counted before the evidence goes, and what rests on something read is written with its resource version.
"""
