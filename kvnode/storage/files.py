"""Files of the node: written whole or not at all, locked between processes, opened without following links.

This is the one place that turns the kernel's file errors into ours: a full disk is a HostError that says where, how
much was needed and how much there was.
"""

import contextlib
import errno
import fcntl
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from kvnode.errors import HostError

RESERVE_BYTES = 64 * 1024 * 1024
"""What is left free on a file system when a disk is about to be written to it: logs and sockets need some."""

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@contextlib.contextmanager
def host_errors(doing: str, path: Path | str, needed_bytes: int | None = None) -> Iterator[None]:
    """Turns an OSError in the block into a HostError: ``doing`` is what was tried, as ``write the overlay``."""
    try:
        yield
    except OSError as error:
        raise host_error(doing, path, error, needed_bytes) from error


def host_error(doing: str, path: Path | str, error: OSError, needed_bytes: int | None = None) -> HostError:
    """The sentence for one OSError."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return no_space(doing, path, needed_bytes)
    what = error.strerror or type(error).__name__
    if error.errno in (errno.EACCES, errno.EPERM):
        return HostError(f"could not {doing} at {path}: {what}; kvnode runs guests as root")
    if error.errno == errno.EROFS:
        return HostError(f"could not {doing} at {path}: {what}; KVNODE_ROOT can name a place that can be written")
    return HostError(f"could not {doing} at {path}: {what}")


def no_space(doing: str, path: Path | str, needed_bytes: int | None) -> HostError:
    """The sentence for a full disk."""
    needed = "" if needed_bytes is None else f"{needed_bytes} bytes needed, "
    return HostError(
        f"could not {doing} at {path}: the disk is full ({needed}{free_bytes(path)} bytes free); "
        "free some space there (`kvnode image rm` drops images), or set KVNODE_ROOT to a larger disk"
    )


def free_bytes(path: Path | str) -> int:
    """What may still be written to the file system of ``path``, or of its nearest parent that exists."""
    place = Path(path)
    while True:
        try:
            state = os.statvfs(place)
        except (FileNotFoundError, NotADirectoryError):
            if place == place.parent:
                raise
            place = place.parent
            continue
        return state.f_bavail * state.f_frsize


def require_space(doing: str, path: Path | str, needed_bytes: int) -> None:
    """Raises HostError where ``needed_bytes`` would not fit beside the reserve."""
    if needed_bytes + RESERVE_BYTES > free_bytes(path):
        raise no_space(doing, path, needed_bytes)


def make_folder(path: Path, mode: int = 0o755) -> None:
    """The folder with its parents; one that is there already keeps its mode."""
    with host_errors("make the folder", path):
        path.mkdir(mode=mode, parents=True, exist_ok=True)


@contextlib.contextmanager
def locked(path: Path, on_wait: Callable[[], None] | None = None) -> Iterator[None]:
    """Holds the lock file at ``path``, waiting for whoever has it; ``on_wait`` is called once before a wait.

    The kernel frees a lock when its holder dies, so no crash leaves one behind.  The file may be removed by its
    holder; then those that waited on the removed one open the new one.
    """
    make_folder(path.parent)
    while True:
        with host_errors("lock", path):
            fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if on_wait is not None:
                    on_wait()
                fcntl.flock(fd, fcntl.LOCK_EX)
            if _is_still(fd, path):
                yield
                return
        finally:
            os.close(fd)


def _is_still(fd: int, path: Path) -> bool:
    """Whether ``path`` is the file that is open."""
    try:
        return os.path.samestat(os.fstat(fd), os.stat(path, follow_symlinks=False))
    except FileNotFoundError:
        return False


def write_whole(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Writes ``data`` to ``path`` so that a reader sees the old content or the new, also after a crash.

    One writer at a time: callers hold the lock of what they write.
    """
    aside = path.with_name(path.name + ".new")
    with host_errors("write", path, len(data)):
        try:
            fd = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
            with open(fd, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(fd)
            os.rename(aside, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(aside)
            raise
        sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Makes renames within the folder last."""
    fd = os.open(path, _DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def remove_tree(path: Path) -> None:
    """Removes a folder that only root writes to; nothing there is fine."""
    with host_errors("remove", path), contextlib.suppress(FileNotFoundError):
        shutil.rmtree(path)


@contextlib.contextmanager
def open_folder(path: Path | str, dir_fd: int | None = None) -> Iterator[int]:
    """A descriptor of a folder; raises OSError where its last part is a link or no folder."""
    fd = os.open(path, _DIRECTORY, dir_fd=dir_fd)
    try:
        yield fd
    finally:
        os.close(fd)


@contextlib.contextmanager
def made_folder(name: str, dir_fd: int, mode: int = 0o755) -> Iterator[int]:
    """A descriptor of the folder ``name`` below ``dir_fd``, made if it isn't there."""
    try:
        os.mkdir(name, mode, dir_fd=dir_fd)
        is_new = True
    except FileExistsError:
        is_new = False
    with open_folder(name, dir_fd) as fd:
        if is_new:
            os.fchmod(fd, mode)  # whatever the umask: another user has to come through
        yield fd


def remove_entry(name: str, dir_fd: int) -> None:
    """Removes ``name`` below ``dir_fd`` whatever it is, and never what a link points at; nothing there is fine."""
    try:
        state = os.stat(name, dir_fd=dir_fd, follow_symlinks=False)
    except FileNotFoundError:
        return
    if stat.S_ISDIR(state.st_mode):
        _remove_folder(name, dir_fd)
    else:
        os.unlink(name, dir_fd=dir_fd)


def _remove_folder(name: str, dir_fd: int) -> None:
    """Removes a folder that a guest may have filled, so nested deeper than recursion or descriptors would follow.

    What lies in an inner folder is moved up to the outermost one, so that two folders at most are open at a time.
    """
    with open_folder(name, dir_fd) as top:
        while entries := os.listdir(top):
            for entry in entries:
                if not _unlinked(entry, top):
                    _hoist_folders(entry, top)
                    os.rmdir(entry, dir_fd=top)
    os.rmdir(name, dir_fd=dir_fd)


def _hoist_folders(name: str, top: int) -> None:
    """Empties the folder ``name`` in ``top``: its files go, its folders become ``top``'s."""
    with open_folder(name, top) as folder:
        for entry in os.listdir(folder):
            if not _unlinked(entry, folder):
                os.rename(entry, f"removed-{os.urandom(16).hex()}", src_dir_fd=folder, dst_dir_fd=top)


def _unlinked(name: str, folder: int) -> bool:
    """Removes what is no folder; False for a folder, which is left."""
    if stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
        return False
    os.unlink(name, dir_fd=folder)
    return True
