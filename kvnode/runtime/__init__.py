"""One guest's life on libvirt, and the node's privileged half for it.

``launcher`` is the program beside each guest: an ordinary user, pid 1 of the guest's sandbox or Pod, with libvirt in
its own process.  ``node`` is the privileged half that makes the sandbox, its network and its disks, hands the launcher
the domain XML and cleans up behind it.  The two speak ``protocol`` over a unix socket in the guest's own folder.
"""
