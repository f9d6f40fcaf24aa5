"""Taps: the guest's end of its network, made by root for the launcher's user.

A tap persists without anybody holding it, and only its owner may open it, so QEMU needs no privilege and takes the
one that is meant for it.  With IFF_VNET_HDR checksums and segmentation pass between guest and host undone
(linux/if_tun.h).  The index is chosen beforehand, as a batch of link operations wants it.
"""

from __future__ import annotations

import fcntl
import os
import struct

from kvnode.errors import HostError

TUN_DEVICE = "/dev/net/tun"

_TUNSETIFF = 0x400454CA
_TUNSETPERSIST = 0x400454CB
_TUNSETOWNER = 0x400454CC
_TUNSETIFINDEX = 0x400454DA
_IFF_TAP = 0x0002
_IFF_MULTI_QUEUE = 0x0100
_IFF_NO_PI = 0x1000
_IFF_VNET_HDR = 0x4000
_IFREQ = struct.Struct("16sH22x")


def create_tap(name: str, index: int, owner_uid: int, *, queues: int = 1) -> None:
    """A persistent tap in the network namespace of this thread.

    name       -- at most 15 bytes; no link may have it
    index      -- of the new link, free in this namespace
    owner_uid  -- the only user besides root who may open it
    queues     -- more than 1 makes it one that can be opened so many times

    Raises HostError, with the package or the module that would help.
    """
    try:
        fd = os.open(TUN_DEVICE, os.O_RDWR | os.O_CLOEXEC)
    except OSError as error:
        raise HostError(
            f"{TUN_DEVICE} can't be opened to make {name}: {error.strerror}; "
            "the kernel's module tun (modprobe tun) and root make it work"
        ) from error
    flags = _IFF_TAP | _IFF_NO_PI | _IFF_VNET_HDR | (_IFF_MULTI_QUEUE if queues > 1 else 0)
    step = "its index"
    try:
        fcntl.ioctl(fd, _TUNSETIFINDEX, struct.pack("=I", index))
        step = "the tap"
        fcntl.ioctl(fd, _TUNSETIFF, _IFREQ.pack(name.encode(), flags))
        step = f"its owner {owner_uid}"
        fcntl.ioctl(fd, _TUNSETOWNER, owner_uid)
        step = "its staying"
        fcntl.ioctl(fd, _TUNSETPERSIST, 1)
    except OSError as error:
        raise HostError(f"the kernel refuses {step} for tap {name} with index {index}: {error.strerror}") from error
    finally:
        os.close(fd)
