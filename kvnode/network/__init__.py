"""A guest's network, done: what kvnode.planning decided becomes links, NAT rules and a DHCP server in the Pod.

``links`` puts a plan into a network namespace and sees what is there, ``nft`` writes its packet rules, ``dnsmasq``
leases the guest its address.  ``sandbox_network`` is the part that a cluster has already and one machine has not:
addresses, a bridge and a way out for the standalone sandboxes, by the plugins that container runtimes use.

All of it needs root. All of it may be repeated: whoever mends a guest after a crash does the same calls again.
"""
