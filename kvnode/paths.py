"""Where things lie on a node, and the one place that turns a guest's name into a path.

State of what runs is below ``/run/kvnode``, what lasts below ``/var/lib/kvnode``, what can be made again below
``/var/cache/kvnode``; ``KVNODE_ROOT`` moves all three (tests, and a second instance on the same machine).
A guest is namespace and name; its folders are called by twelve hex digits of a hash, because a name from a manifest
never becomes a path, a socket or a link.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import msgspec


def node_root() -> Path:
    """The folder that stands for ``/``: ``KVNODE_ROOT``, or the root itself."""
    return Path(os.environ.get("KVNODE_ROOT") or "/").absolute()


def guest_id(namespace: str, name: str) -> str:
    """Twelve hex digits that stand for a guest wherever the node needs a name for it."""
    return hashlib.sha256(f"{namespace}/{name}".encode()).hexdigest()[:12]


class NodePaths(msgspec.Struct, frozen=True):
    """The node's three folders."""

    run: Path
    lib: Path
    cache: Path

    @classmethod
    def here(cls) -> NodePaths:
        root = node_root()
        return cls(root / "run/kvnode", root / "var/lib/kvnode", root / "var/cache/kvnode")

    @property
    def guests(self) -> Path:
        """One folder for each guest that runs or has ended and is not yet forgotten."""
        return self.run / "guests"

    @property
    def images(self) -> Path:
        """The local image store: OCI blobs by digest, and the index of references."""
        return self.lib / "images"

    @property
    def disks(self) -> Path:
        """Unwrapped container disks, read-only, by digest."""
        return self.cache / "disks"

    @property
    def capabilities(self) -> Path:
        """What libvirt learned of QEMU, by build of both: seeds every launcher's own cache."""
        return self.cache / "capabilities"

    @property
    def cni(self) -> Path:
        """Where ``host-local`` keeps the addresses that are taken."""
        return self.run / "cni"


class GuestPaths(msgspec.Struct, frozen=True):
    """One guest's folders on the node.

    state     -- 0700 and root's: what the node half knows of the guest
    pod       -- the Pod's ``/var/run/kubevirt``: the launcher's, with its sockets and logs
    private   -- the Pod's ``/var/run/kubevirt-private``: disks; on a disk, since guests write there
    """

    state: Path
    pod: Path
    private: Path

    @classmethod
    def of(cls, namespace: str, name: str, node: NodePaths | None = None) -> GuestPaths:
        node = node or NodePaths.here()
        ident = guest_id(namespace, name)
        state = node.guests / ident
        return cls(state, state / "pod", node.lib / "guests" / ident)
