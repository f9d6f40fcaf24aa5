"""Images from a registry, through skopeo.

skopeo does what it is good at: transports, credentials (``skopeo login``, ``REGISTRY_AUTH_FILE``), mirrors and the
administrator's policy.  What comes is judged here: the manifest is asked for first and raw, the one for this machine is
chosen from it, and then exactly that one is fetched by its digest into a folder of our own (skopeo's ``dir:``, which
keeps manifests byte for byte, where ``oci:`` would rewrite docker's).  The caller verifies every blob again.

A reference has been parsed before it becomes an argument, so it can't be an option, another transport or a second
argument; there is no shell.
"""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from kvnode.errors import HostError, KvnodeError, NotFound
from kvnode.storage.archives import open_regular
from kvnode.storage.confined import dying_with_us
from kvnode.storage.digests import Readable, sha256_of
from kvnode.storage.files import host_errors, make_folder, require_space
from kvnode.storage.image_reference import ImageReference
from kvnode.storage.oci import (
    DOCUMENT_LIMIT,
    Chosen,
    Descriptor,
    choose_manifest,
    host_architecture,
    media_type_of,
)

_KEPT_VARIABLES = (
    "PATH",
    "HOME",
    "XDG_RUNTIME_DIR",
    "XDG_CONFIG_HOME",
    "REGISTRY_AUTH_FILE",
    "DOCKER_CONFIG",
    "CONTAINERS_REGISTRIES_CONF",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
)
_ANSWER_TIME = "60s"
"""How long a registry may take to answer what it has; how long fetching takes is up to the network and the user."""

_POLICIES = ("/etc/containers/policy.json", "~/.config/containers/policy.json")
_ANY_SIGNATURE = b'{"default":[{"type":"insecureAcceptAnything"}]}'
_ABSENT = ("manifest unknown", "name unknown", "repository name not known", "not found")
_DENIED = ("unauthorized", "authentication required", "denied", "forbidden")


class FetchedImage:
    """One image in a folder as skopeo's ``dir:`` has it: ``manifest.json``, and each blob under its hex digest.

    index_digests  -- of the indexes that led to it, the reference's own first
    """

    def __init__(self, folder: Path, chosen: Chosen) -> None:
        self._folder = folder
        self._chosen = chosen
        self.index_digests = chosen.index_digests

    def descriptors(self) -> tuple[Descriptor, ...]:
        return (self._chosen.descriptor,)

    @contextlib.contextmanager
    def open_blob(self, digest: str) -> Iterator[Readable]:
        name = "manifest.json" if digest == self._chosen.descriptor.digest else digest.partition(":")[2]
        with host_errors("read the image", self._folder / name), open_regular(self._folder / name) as file:
            yield file


def fetch(name: ImageReference, folder: Path, progress: Callable[[str], None]) -> FetchedImage:
    """Fetches the image for this machine into ``folder``, which is made.

    Raises NotFound where the registry has no such image, HostError where it can't be reached or refuses, InvalidImage
    where what it has is none that kvnode reads.
    """
    make_folder(folder, 0o700)
    progress(f"asking the registry for {name}")
    document = _raw(str(name), folder)
    top = Descriptor(media_type_of(document), sha256_of(document), len(document))
    if name.digest is not None and top.digest != name.digest:
        raise HostError(f"the registry answered {name} with a manifest of the digest {top.digest}")

    def read(descriptor: Descriptor) -> bytes:
        return document if descriptor.digest == top.digest else _raw(f"{name.name}@{descriptor.digest}", folder)

    chosen = choose_manifest(top, read, host_architecture())
    require_space("fetch the image", folder, sum(layer.size for layer in chosen.manifest.layers))
    pinned = f"{name.name}@{chosen.descriptor.digest}"
    target = folder / "image"
    # skopeo learns a blob's digest at its end, and a registry could send without one.
    largest = max(part.size for part in (*chosen.manifest.layers, chosen.manifest.config))
    words = ["copy", "--preserve-digests", f"docker://{pinned}", f"dir:{target}"]
    _skopeo(words, str(name), folder, progress, max(largest, DOCUMENT_LIMIT))
    return FetchedImage(target, chosen)


def _raw(reference: str, folder: Path) -> bytes:
    """A manifest or an index as the registry has it."""
    arguments = ["--command-timeout", _ANSWER_TIME, "inspect", "--raw", f"docker://{reference}"]
    return _skopeo(arguments, reference, folder, None)


def _skopeo(
    arguments: list[str],
    reference: str,
    folder: Path,
    progress: Callable[[str], None] | None,
    largest_file_bytes: int = DOCUMENT_LIMIT,
) -> bytes:
    """Runs skopeo; returns what it wrote, or hands each line of it to ``progress``."""
    tool = shutil.which("skopeo")
    if tool is None:
        raise HostError("skopeo is not installed, and images come from registries through it; `apt-get install skopeo`")
    complaints = folder / "skopeo.log"
    with host_errors("fetch the image", folder), open(complaints, "w+b") as log:
        process = subprocess.Popen(
            dying_with_us([tool, *_policy(folder), *arguments], largest_file_bytes),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            env=_environment(os.environ),
            start_new_session=True,
        )
        try:
            output = _read(process, progress)
            status = process.wait()
        finally:
            process.kill()
            process.wait()
        log.seek(0)
        words = " ".join(log.read(8192).decode("utf-8", "replace").split())
    if status:
        raise _failure(reference, words or f"status {status}")
    return output


def _read(process: subprocess.Popen[bytes], progress: Callable[[str], None] | None) -> bytes:
    assert process.stdout is not None
    with process.stdout as pipe:
        if progress is None:
            return pipe.read(DOCUMENT_LIMIT + 1)
        for line in pipe:
            if text := line.decode("utf-8", "replace").strip():
                progress(text)
    return b""


def _failure(reference: str, words: str) -> KvnodeError:
    lowered = words.lower()
    if any(sign in lowered for sign in _DENIED):
        return HostError(f"the registry refuses {reference}: {words[:600]}; `skopeo login` stores credentials for it")
    if any(sign in lowered for sign in _ABSENT):
        return NotFound(f"the registry has no image {reference}: {words[:600]}")
    return HostError(f"could not fetch {reference}: {words[:600]}")


def _policy(folder: Path) -> list[str]:
    """The administrator's policy where there is one; without any skopeo refuses everything, so then any signature."""
    if any(os.path.exists(os.path.expanduser(path)) for path in _POLICIES):
        return []
    policy = folder / "policy.json"
    policy.write_bytes(_ANY_SIGNATURE)
    return ["--policy", str(policy)]


def _environment(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: environment[name] for name in _KEPT_VARIABLES if name in environment}
