"""Link operations: what a guest's network asks of the kernel, as values in the order of their doing.

They follow from a plan (``network_plans``), kvnode.network.links does them, `kvnode plan` shows them. Every operation
names its link by the link's name in the Pod; a link that is made here has its index chosen beforehand, so that the
operations after it can go out in the same netlink batch before the kernel has answered.

No name of a manifest is a link's name: names are the Pod's own (``eth0``), derived from it (``k6t-eth0``) or counted
(``tap0``). Each operation may be repeated: done twice it leaves what done once would have left.
Knobs come first, then taps, then what netlink does; so they are listed, and so they are done.
"""

from __future__ import annotations

import msgspec


class CreateTap(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="op", tag="create-tap", gc=False):
    """A persistent tap that the launcher's user may open: ``queues`` above 1 makes it a multi-queue one."""

    link: str
    index: int
    queues: int = 1


class CreateBridge(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="op", tag="create-bridge", gc=False):
    """A bridge with an address of its own, so that it doesn't change with the ports that come and go."""

    link: str
    index: int
    mac: str
    mtu: int | None = None


class SetLink(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="op", tag="set-link", gc=False):
    """Changes of one link; None leaves a property as it is. ``group`` makes it one of those deleted together."""

    link: str
    mac: str | None = None
    mtu: int | None = None
    master: str | None = None
    group: int | None = None
    up: bool | None = None


class SetPort(msgspec.Struct, frozen=True, tag_field="op", tag="set-port", gc=False):
    """Whether a bridge learns from one of its ports which addresses are behind it; the link is a port already."""

    link: str
    learning: bool


class AddAddress(msgspec.Struct, frozen=True, tag_field="op", tag="add-address", gc=False):
    """An address in CIDR form joins a link."""

    link: str
    address: str


class RemoveAddress(msgspec.Struct, frozen=True, tag_field="op", tag="remove-address", gc=False):
    """An address in CIDR form leaves a link; the kernel drops the routes that stood on it."""

    link: str
    address: str


class SetSysctl(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="op", tag="set-sysctl", gc=False):
    """One knob of the Pod's network namespace.

    family  -- ``ipv4`` or ``ipv6``
    key     -- such as ``arp_ignore``; of ``link``, or of the whole family where that is None (``ip_forward``)
    link    -- ``default`` is what links that are made afterwards start with
    """

    family: str
    key: str
    value: int
    link: str | None = None


NetlinkOperation = CreateBridge | SetLink | SetPort | AddAddress | RemoveAddress
LinkOperation = CreateTap | NetlinkOperation | SetSysctl
