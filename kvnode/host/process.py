"""What the kernel says of this very process: its effective capabilities, and the architecture as it sees it."""

from __future__ import annotations

import os
import re

from kvnode.host.tree import Tree

# Bits of the mask (linux/capability.h).
CAP_CHOWN, CAP_SETGID, CAP_SETUID, CAP_NET_ADMIN, CAP_SYS_ADMIN, CAP_SYS_RESOURCE, CAP_MKNOD = 0, 6, 7, 12, 21, 24, 27

_MASK = re.compile(r"^CapEff:\s*([0-9a-fA-F]{1,16})$", re.ASCII | re.MULTILINE)
_ARCHITECTURE = re.compile(r"[a-z][a-z0-9_]{1,31}", re.ASCII)


def effective_capabilities(tree: Tree) -> int:
    """The mask of capabilities in effect; none where that can't be told."""
    match = _MASK.search(tree.text("proc/self/status") or "")
    return int(match[1], 16) if match else 0


def architecture(tree: Tree) -> str:
    """As ``uname -m`` says it: the kernel's own word (since Linux 6.1), which a personality can't change."""
    text = tree.text("proc/sys/kernel/arch")
    return text if text is not None and _ARCHITECTURE.fullmatch(text) else os.uname().machine
