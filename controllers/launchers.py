"""Whose a launcher's Pod is, for every daemon that acts on one.

A Pod's labels are written by whoever makes it, and anybody who may make Pods somewhere may write any label. So a Pod
counts as a guest's own only where all of this holds: it is in the guest's namespace, that very guest (kind, group and
uid) is its controlling owner, and it has the one name that is derived from the guest's name and uid. Everything else
that claims to be one is nobody's: it is neither entered nor followed nor ended, whatever it says of itself.

One that has lost its owner isn't entered either. But virt-controller sees to its end before another guest takes that
one's place, since what runs in a Pod runs on without an owner (`claim_of` in virt_controller/reconcilers.py).

What is left is who may make Pods in the guest's own namespace and is faster than the controller: namespaces are the
border between users, here as anywhere in Kubernetes.
"""

import hashlib

from kvnode.api.meta import ObjectMeta, OwnerReference

LAUNCHER = "virt-launcher"
GUEST_KIND, GUEST_GROUP = "VirtualMachineInstance", "kubevirt.io"

_LONGEST_LABEL = 63
_SUFFIX_LENGTH = 5
# Without vowels and look-alikes, as the API server's own generated names: no words come of it.
_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"


def pod_name(name: str, uid: str) -> str:
    """``virt-launcher-<name, cut>-<5 characters derived from the uid>``, at most 63 characters long.

    Derived, so that a second attempt makes no second Pod: one life of a guest has one Pod name.
    """
    number = int.from_bytes(hashlib.sha256(uid.encode()).digest()[:8])
    suffix = ""
    for _ in range(_SUFFIX_LENGTH):
        number, digit = divmod(number, len(_ALPHABET))
        suffix += _ALPHABET[digit]
    room = _LONGEST_LABEL - len(LAUNCHER) - len(suffix) - 2
    return f"{LAUNCHER}-{name[:room].rstrip('-.')}-{suffix}"


def controlling_guest(pod: ObjectMeta) -> OwnerReference | None:
    """The guest that a Pod names as its controlling owner."""
    for owner in pod.owner_references:
        if owner.controller and owner.kind == GUEST_KIND and owner.api_version.partition("/")[0] == GUEST_GROUP:
            return owner
    return None


def is_launcher_of(guest: ObjectMeta, pod: ObjectMeta) -> bool:
    """Whether a Pod is this very guest's own, by the three things that no label can say."""
    owner = controlling_guest(pod)
    if owner is None or not guest.uid or owner.uid != guest.uid:
        return False
    return pod.namespace == guest.namespace and pod.name == pod_name(guest.name or "", guest.uid)
