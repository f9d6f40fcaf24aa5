"""qemu-img: the only place that runs it, always the same way.

It reads what strangers made, so it is an ordinary user under limits (kvnode.storage.confined), it is told the format
instead of looking for it, and it gets files as open descriptors instead of names: it can open what it was handed and
nothing that a path in an image or a race with a rename would lead to.
"""

import errno

import msgspec

from kvnode.errors import HostError, InvalidImage
from kvnode.storage.confined import NOBODY, Limits, Outcome, TookTooLong, run_confined
from kvnode.storage.disk_format import DiskImage

_READING = Limits(cpu_s=120, timeout_s=300)
_CREATING = Limits(file_bytes=64 << 20)
_LEAKED_CLUSTERS = 3  # qemu-img(1), "check": clusters that nobody uses, and no data at risk


class _Info(msgspec.Struct, rename="kebab"):
    """What is used of ``qemu-img info --output=json``."""

    format: str
    virtual_size: int
    backing_filename: str | None = None
    encrypted: bool = False
    format_specific: dict[str, object] = {}


def qemu_img(arguments: list[str], *, uid: int, gid: int, fd: int, limits: Limits) -> Outcome:
    """Runs qemu-img on the file that is open as ``fd``: the argument ``{}`` stands for it."""
    file = f"/proc/self/fd/{fd}"
    argv = ["qemu-img", *(file if argument == "{}" else argument for argument in arguments)]
    return run_confined(argv, uid=uid, gid=gid, limits=limits, package="qemu-utils", pass_fds=[fd])


def check_disk(fd: int, image: DiskImage, what: str) -> None:
    """QEMU's own opinion of a disk whose header we have read; InvalidImage where it has another one.

    The file must be readable by everybody: it is read as nobody.
    """
    stated = image.format
    try:
        outcome = qemu_img(
            ["info", "-f", stated, "--output=json", "{}"], uid=NOBODY, gid=NOBODY, fd=fd, limits=_READING
        )
        if outcome.status:
            raise InvalidImage(f"qemu-img can't read {what} as {stated}: {outcome.complaint}")
        _compare(msgspec.json.decode(outcome.stdout, type=_Info), image, what)
        if stated == "qcow2":
            outcome = qemu_img(["check", "-q", "-f", stated, "{}"], uid=NOBODY, gid=NOBODY, fd=fd, limits=_READING)
            if outcome.status not in (0, _LEAKED_CLUSTERS):
                raise InvalidImage(f"{what} is damaged: {outcome.complaint}")
    except TookTooLong as error:
        raise InvalidImage(f"{what} keeps qemu-img busy for longer than any sound disk: {error}") from error
    except msgspec.MsgspecError as error:
        raise HostError(f"qemu-img's answer about {what} can't be read: {error}") from error


def create_overlay(fd: int, base: str, image: DiskImage, uid: int, gid: int) -> None:
    """Makes the empty file ``fd``, which ``uid`` owns, a qcow2 overlay on ``base``, a path that need not exist here.

    Raises OSError where the disk is full, HostError for anything else.
    """
    size = str(image.virtual_bytes)
    create = ["create", "-q", "-u", "-f", "qcow2", "-F", image.format, "-b", base, "{}", size]
    _create(create, "the overlay", fd, uid, gid)


def create_disk(fd: int, capacity_bytes: int, uid: int, gid: int) -> None:
    """Makes the empty file ``fd``, which ``uid`` owns, a blank qcow2 disk; raises as ``create_overlay``."""
    _create(["create", "-q", "-f", "qcow2", "{}", str(capacity_bytes)], "the empty disk", fd, uid, gid)


def _create(arguments: list[str], what: str, fd: int, uid: int, gid: int) -> None:
    outcome = qemu_img(arguments, uid=uid, gid=gid, fd=fd, limits=_CREATING)
    if b"No space left" in outcome.stderr or b"quota exceeded" in outcome.stderr:
        raise OSError(errno.ENOSPC, outcome.complaint)
    if outcome.status:
        raise HostError(f"qemu-img could not make {what}: {outcome.complaint}")


def _compare(info: _Info, image: DiskImage, what: str) -> None:
    data = info.format_specific.get("data", {})
    elsewhere = info.backing_filename or (data.get("data-file") if isinstance(data, dict) else None)
    if elsewhere is not None or info.encrypted:
        raise InvalidImage(f"{what} is encrypted or names another file ({elsewhere!r}); an image has to be whole")
    if (info.format, info.virtual_size) != (image.format, image.virtual_bytes):
        raise InvalidImage(
            f"{what} has a header of {image.format} with {image.virtual_bytes} bytes, and qemu-img reads it as "
            f"{info.format} with {info.virtual_size}"
        )
