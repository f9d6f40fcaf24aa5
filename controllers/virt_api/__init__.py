"""virt-api: the door through which users come.

Two kinds of callers, on one TLS port. The API server asks the webhooks `/mutate` and `/validate` about each
VirtualMachine and VirtualMachineInstance that somebody writes; and it passes on, as an aggregated API, what users ask
of `subresources.kubevirt.io`: start, stop, restart, console.

admission, json_patch  -- PURE: a review to its answer, by kvnode's defaults and rules
power                  -- PURE: what a start, stop or restart writes, or why it can't be
discovery              -- PURE: what this API says of itself
front_proxy, access    -- who calls (the front proxy's certificate and headers), and whether they may
console, handlers      -- streams, relayed to the handler of the guest's node over mutual TLS
server, routes         -- the above over HTTP; daemon wires it all to a cluster

Every refusal is a Kubernetes Status that names cause and remedy. Nothing here keeps state: any number of replicas
serve side by side, and what a user asked for stands in the VirtualMachine before the call is answered.
"""
