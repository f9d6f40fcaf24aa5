"""OpenStack nova as a rival, in an environment of its own: it brings a hundred packages that nothing here needs.

The environment is made when it is first asked for, by pip from the network, and kept with the tree's other costly
things; 400 MB. What is asked and answered is told in ``nova_side``, which runs in there.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any, Self

from benchmarks.placements import CORES, THREADS, Answer, Question
from benchmarks.writers import Element
from deploy.setup.cache import cache_folder, forget_old, kept, key_of, python_identity

VERSION = "34.0.0"
SIDE = Path(__file__).with_name("nova_side.py")
_CACHED = "benchmark-nova"
_KIB = 1 << 10


def _make(folder: Path) -> None:
    # Not with the environment's own Python: a virtual environment of a virtual environment forgets which it is of.
    base = Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"
    print(f"fetching nova {VERSION} into an environment of its own", flush=True)
    for command in (
        (str(base), "-m", "venv", str(folder)),
        (str(folder / "bin/python"), "-m", "pip", "install", "--quiet", f"nova=={VERSION}"),
    ):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            told = f"{' '.join(command)}: {done.stderr}"
            raise RuntimeError(f"nova's environment can't be made (--without-nova goes without): {told}")


def _key() -> str:
    return key_of(VERSION, python_identity(), sys.base_prefix)


def is_made() -> bool:
    """Whether the environment is there already."""
    return (cache_folder() / _CACHED / _key()).is_dir()


def environment() -> Path:
    """The folder of an environment that has nova."""
    place = kept(_CACHED, _key(), _make)
    forget_old(_CACHED)
    return place


class Nova:
    """A process of nova's side; a context manager, at whose end the process has ended."""

    def __init__(self) -> None:
        # -W ignore: it tells of deprecations of its own at every start.
        command = (str(environment() / "bin/python"), "-W", "ignore", str(SIDE))
        # A file: nobody reads what it says there until it has failed, and a full pipe would stop it.
        self._said = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed with the process, in __exit__
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._said, text=True
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()
        self._said.close()

    def _asked(self, request: dict[str, Any]) -> dict[str, Any]:
        into, out = self._process.stdin, self._process.stdout
        assert into is not None
        assert out is not None
        into.write(json.dumps(request) + "\n")
        into.flush()
        line = out.readline()
        if not line:
            self._process.wait()
            self._said.seek(0)
            raise RuntimeError(f"nova's side ended: {self._said.read()[-2000:]}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def config(self, root: Element, yardstick: bytes, rounds: int) -> tuple[dict[str, float], str]:
        """Seconds of nova's work and of the yardstick beside it, and nova's document."""
        request = {"do": "config", "description": root, "yardstick": yardstick.decode(), "rounds": rounds}
        answer = self._asked(request)
        return answer["times"], answer["xml"]

    def fit(
        self, question: Question, guest_cells: int, yardstick: bytes, rounds: int
    ) -> tuple[dict[str, float], Answer]:
        """The same of a placement. nova's flavor says in how many cells a guest lies; ours are chosen."""
        cells = [
            {
                "id": cell,
                "cores": cores,
                "allotted": sorted(question.allotted.intersection(cpu for core in cores for cpu in core)),
                "pages": max(free, 1),
                "free_pages": free,
            }
            for cell, (cores, free) in enumerate(zip(question.cores, question.pages, strict=True))
        ]
        request = {
            "do": "fit",
            "cells": cells,
            "vcpus": 2 * CORES,
            "memory_gib": THREADS,
            "guest_cells": guest_cells,
            "yardstick": yardstick.decode(),
            "rounds": rounds,
        }
        answer = self._asked(request)
        return answer["times"], answer["pins"]


def likeness(xml: bytes | str) -> dict[str, Any]:
    """What of a document both nova and we say, in one form: whoever wrote it, a guest of the same likeness is meant.

    A disk's model is left out, which nova has no word for.
    """
    root = ET.fromstring(xml)
    memory = root.find("memory")
    assert memory is not None
    return {
        "name": root.findtext("name"),
        "uuid": root.findtext("uuid"),
        "memory_bytes": int(memory.text or 0) * (1 if memory.get("unit") == "b" else _KIB),
        "vcpus": root.findtext("vcpu"),
        "pins": {(pin.get("vcpu"), pin.get("cpuset")) for pin in root.iterfind("cputune/vcpupin")},
        "machine": [dict(one.attrib) for one in root.iterfind("os/type")],
        "cells": [(cell.get("id"), cell.get("cpus")) for cell in root.iterfind("cpu/numa/cell")],
        "timers": [dict(one.attrib) for one in root.iterfind("clock/timer")],
        "disks": [_disk(disk) for disk in root.iterfind("devices/disk")],
        "controllers": [dict(one.attrib) for one in root.iterfind("devices/controller")],
        "interfaces": [
            {
                tag: dict(found.attrib)
                for tag in ("mac", "model", "target", "mtu")
                if (found := one.find(tag)) is not None
            }
            for one in root.iterfind("devices/interface")
        ],
        "characters": [
            {tag: dict(found.attrib) for tag in ("source", "target") if (found := one.find(tag)) is not None}
            for kind in ("serial", "channel")
            for one in root.iterfind(f"devices/{kind}")
        ],
        "video": [dict(one.attrib) for one in root.iterfind("devices/video/model")],
        "rng": [one.text for one in root.iterfind("devices/rng/backend")],
    }


def _disk(disk: ET.Element) -> dict[str, Any]:
    said = {tag: dict(found.attrib) for tag in ("source", "target", "alias") if (found := disk.find(tag)) is not None}
    kind = {name: disk.get(name) for name in ("type", "device")}
    return {**kind, **said, "serial": disk.findtext("serial"), "readonly": disk.find("readonly") is not None}
