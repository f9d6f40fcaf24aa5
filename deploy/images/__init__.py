"""The container images of kvnode's daemons, made of local packages: no registry, no Docker, no root.

One image serves all daemons under different commands, so that the launcher's QEMU and libvirt are the very ones that
the node's handler probed. Three layers, each cached by a hash of what it is made from, in the order in which they
change: Debian's packages (``debian_layer``), the Python packages that ``.venv`` has (``python_layer``), kvnode itself.
What always holds: the same inputs give the same bytes; everything is world-readable and belongs to root; Python's
modules are compiled, since a launcher's root is read-only and would compile them at each start.

``python -m deploy.images`` makes what is missing and prints the archives, which ``python -m deploy.cluster up --image``
and ``skopeo copy oci-archive:`` take.
"""
