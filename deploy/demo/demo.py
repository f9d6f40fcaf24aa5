"""A guest from a manifest, before your eyes: boots ``deploy/examples/vmi-tiny.yaml``, and shows what happens.

Run by ``make demo``.  Everything is done with the command as a user has it; this script only asks it, and looks from
the outside: a ping and a TCP answer across the sandbox's network, a line on the serial console, a clean shutdown.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

MANIFEST = Path(__file__).resolve().parents[1] / "examples" / "vmi-tiny.yaml"
KVNODE = [str(Path(sys.executable).with_name("kvnode"))]
NAME = "demo"

# State and images of the demonstration are its own, and lie among the caches; what is costly is the machine's.
CACHE = Path("/var/cache/kvnode")
ROOT = CACHE / "demo"
BOOT_S = 120.0


def show(text: str) -> None:
    """A headline."""
    print(f"\n== {text}", flush=True)


def kvnode(*words: str, stdin: str | None = None, capture: bool = False) -> str:
    """Runs the command; its failure is the demo's."""
    print(f"$ kvnode {' '.join(words)}", flush=True)
    done = subprocess.run(
        [*KVNODE, *words], input=stdin, text=True, check=True, stdout=subprocess.PIPE if capture else None
    )
    return done.stdout or ""


def await_guest(address: str, began: float) -> None:
    """Waits until the guest answers a ping at the address that was the sandbox's."""
    while time.monotonic() - began < BOOT_S:
        if subprocess.run(["ping", "-c1", "-W1", address], capture_output=True, check=False).returncode == 0:
            print(f"{address} answers a ping {time.monotonic() - began:.1f} s after the command", flush=True)
            return
    raise SystemExit(f"{address} did not answer within {BOOT_S:.0f} s; see: kvnode logs {NAME}")


def tcp_answer(address: str, began: float) -> str:
    """What the guest's web server says of itself."""
    while True:
        try:
            with socket.create_connection((address, 80), timeout=5) as connection:
                connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
                answer = b""
                while data := connection.recv(4096):
                    answer += data
            return answer.partition(b"\r\n\r\n")[2].decode(errors="replace").strip()
        except OSError:
            if time.monotonic() - began > BOOT_S:
                raise
            time.sleep(0.2)


def prepare_root() -> None:
    """A KVNODE_ROOT for the demonstration, which shares the machine's built guest images."""
    shared = ROOT / "var/cache/kvnode/guest-images"
    shared.parent.mkdir(parents=True, exist_ok=True)
    (CACHE / "guest-images").mkdir(parents=True, exist_ok=True)
    if not shared.is_symlink():
        shared.symlink_to(CACHE / "guest-images")
    os.environ["KVNODE_ROOT"] = str(ROOT)


def main() -> int:
    """The whole demonstration; exit status 0 where every step did what it says."""
    prepare_root()
    show("a guest image from Debian's packages")
    kvnode("image", "build", "tiny")
    show("a guest from a manifest, with one command")
    began = time.monotonic()
    kvnode("run", str(MANIFEST), "--name", NAME, "--detach")
    try:
        (guest,) = [guest for guest in json.loads(kvnode("ps", "-o", "json", capture=True)) if guest["name"] == NAME]
        address = guest["addresses"][0]
        show(f"the guest took the sandbox's address over: {address}")
        await_guest(address, began)
        print(tcp_answer(address, began), flush=True)
        show("a line typed into its serial console, and the answer")
        answer = kvnode("console", NAME, stdin="\nuname -sr; ip -4 -o addr show scope global\n", capture=True)
        # The guest's shell asks terminals where their cursor is; this one is a pipe, and yours shall not answer.
        print(re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", answer).strip(), flush=True)
        show("the guests that are here")
        kvnode("ps")
        show("a clean shutdown")
        kvnode("stop", NAME)
    except BaseException:
        subprocess.run([*KVNODE, "stop", NAME, "--force"], check=False)
        raise
    left = json.loads(kvnode("ps", "-o", "json", capture=True))
    if any(guest["name"] == NAME for guest in left):
        raise SystemExit("the guest is still listed after its stop")
    show("nothing is left of it but the caches")
    return 0


if __name__ == "__main__":
    sys.exit(main())
