"""CNI plugins, called as a container runtime calls them (CNI specification 0.4.0).

A plugin is a program: what to do stands in its environment, the network's configuration comes on standard input, the
result or the error goes out as JSON on standard output.  ADD is undone by DEL, which has to succeed however often it
is called and whatever is gone already.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import msgspec

from kvnode.errors import HostError

CNI_VERSION = "0.4.0"
FOLDERS = ("/opt/cni/bin", "/usr/lib/cni", "/usr/libexec/cni")
"""Where plugins are besides ``CNI_PATH``: by custom, Debian's, Fedora's."""

_PLUGIN_S = 60.0


class CniInterface(msgspec.Struct, frozen=True):
    """A link of a result; without a ``sandbox`` it is the host's."""

    name: str
    mac: str | None = None
    sandbox: str | None = None


class CniAddress(msgspec.Struct, frozen=True):
    """An address that was given, in CIDR form."""

    address: str
    gateway: str | None = None
    interface: int | None = None


class CniResult(msgspec.Struct, frozen=True):
    """What ADD answers."""

    interfaces: tuple[CniInterface, ...] = ()
    ips: tuple[CniAddress, ...] = ()


class _CniError(msgspec.Struct):
    code: int = 0
    msg: str = ""
    details: str = ""


def add(config: dict[str, Any], container: str, netns: str, ifname: str) -> CniResult:
    """Attaches a container to the network.

    config     -- the network's configuration; its ``type`` is the plugin
    container  -- the runtime's name for it; digits and letters
    netns      -- the path of its network namespace
    ifname     -- what its link is to be called there

    Raises HostError with the plugin's own words, or with the package that is missing.
    """
    out = _run(config, {"CNI_COMMAND": "ADD", "CNI_CONTAINERID": container, "CNI_NETNS": netns, "CNI_IFNAME": ifname})
    try:
        return msgspec.json.decode(out, type=CniResult)
    except msgspec.MsgspecError as error:
        raise HostError(f"the CNI plugin {config['type']} answered what isn't a result: {error}") from None


def delete(config: dict[str, Any], container: str, ifname: str, netns: str = "") -> None:
    """Takes a container off the network and frees its address; an empty ``netns`` says that it is gone already."""
    _run(config, {"CNI_COMMAND": "DEL", "CNI_CONTAINERID": container, "CNI_NETNS": netns, "CNI_IFNAME": ifname})


def plugin_folders() -> list[Path]:
    """Where plugins are looked for, ``CNI_PATH`` first."""
    asked = [folder for folder in os.environ.get("CNI_PATH", "").split(":") if folder.startswith("/")]
    return [Path(folder) for folder in (*asked, *FOLDERS)]


def find_plugin(name: str) -> Path:
    """The program of a plugin; HostError names the folders that were searched and the package to install."""
    folders = plugin_folders()
    for folder in folders:
        program = folder / name
        if os.access(program, os.X_OK):
            return program
    searched = ", ".join(map(str, folders))
    raise HostError(
        f"the CNI plugin {name} is in none of {searched}: install the package containernetworking-plugins, "
        "or set CNI_PATH"
    )


def _run(config: dict[str, Any], environment: dict[str, str]) -> bytes:
    name = config["type"]
    program = find_plugin(name)
    find_plugin(config["ipam"]["type"])  # else the plugin fails half way
    environment |= {"CNI_PATH": ":".join(map(str, plugin_folders())), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
    try:
        done = subprocess.run(
            [program],
            input=msgspec.json.encode(config),
            capture_output=True,
            timeout=_PLUGIN_S,
            env=environment,
            start_new_session=True,  # Ctrl-C is for us: a plugin that it ended half way would leave half a link
        )
    except subprocess.TimeoutExpired:
        raise HostError(f"the CNI plugin {name} took more than {_PLUGIN_S:.0f} s") from None
    if done.returncode:
        raise HostError(f"the CNI plugin {name} refuses {environment['CNI_COMMAND']}: {_words(done)}")
    return done.stdout


def _words(done: subprocess.CompletedProcess[bytes]) -> str:
    """What a plugin says of its failure: its JSON, or else whatever it printed."""
    try:
        error = msgspec.json.decode(done.stdout, type=_CniError)
    except msgspec.MsgspecError:
        text = (done.stderr or done.stdout).decode("utf-8", "replace")
        return " ".join(text.split())[:500] or f"exit status {done.returncode}"
    return ": ".join(part for part in (error.msg, error.details) if part) or f"code {error.code}"
