"""The node half's way to a launcher: the socket in the guest's own folder, and who may be at its other end."""

from __future__ import annotations

import os
import socket
import stat
import struct
import time
from pathlib import Path

from kvnode.runtime.process import Process
from kvnode.runtime.protocol import Connection, ProtocolError

SOCKET_NAME = "launcher.sock"
_CREDENTIALS = struct.Struct("3i")


def connect_launcher(pod: Path, uid: int, timeout_s: float) -> Connection:
    """Connects to the launcher whose Pod folder this is.

    pod        -- the host's side of the Pod's /var/run/kubevirt
    uid        -- the user that the launcher must be
    timeout_s  -- how long every answer may take

    The folder is opened without following links and the socket through it: the launcher can write there, and a link
    that it plants leads nowhere.  Raises ProtocolError where there is no launcher, or another process in its place.
    """
    try:
        folder = os.open(pod, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise ProtocolError(f"there is no folder of a launcher here ({error.strerror})") from None
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.settimeout(timeout_s)
    try:
        if not stat.S_ISSOCK(os.stat(SOCKET_NAME, dir_fd=folder, follow_symlinks=False).st_mode):
            raise ProtocolError("what lies where the launcher's socket belongs is no socket")
        sock.connect(f"/proc/self/fd/{folder}/{SOCKET_NAME}")
        _, peer, _ = _CREDENTIALS.unpack(sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size))
        if peer != uid:
            raise ProtocolError(f"who listens there is user {peer}; the launcher is user {uid}")
        return Connection(sock, "kvnode", timeout_s)
    except OSError as error:
        sock.close()
        raise ProtocolError(f"the launcher can't be reached ({error.strerror or error})") from None
    except BaseException:
        sock.close()
        raise
    finally:
        os.close(folder)


def await_launcher(pod: Path, uid: int, timeout_s: float, launcher: Process) -> Connection:
    """As ``connect_launcher``, of a launcher that was just executed: tries until it listens or has ended."""
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            return connect_launcher(pod, uid, timeout_s)
        except ProtocolError:
            if time.monotonic() >= deadline or not launcher.alive():
                raise
            time.sleep(0.01)
