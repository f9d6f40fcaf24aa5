"""The programs that a cluster is made of: where they come from, and which version.

Three places are asked, in this order. ``KUBEBUILDER_ASSETS`` is the field's convention for a folder with an API server
and its etcd; what lies there is taken as it is. What is on the PATH is taken where it is of the version that we would
build ourselves. The rest is built, once, from Go modules: ``modules/`` has a go.mod for each project, its go.sum holds
the hash of every source, and the outcome is kept in the build cache under the hash of both. Nothing is downloaded that
isn't source, and nothing is committed.

One program is built at a time, at the lowest priority: the linker alone takes 2 GiB, and whoever builds has other
work to do meanwhile. Each finished program is kept, so a build that was cut off goes on where it stopped.

runc and the CNI plugins are Debian's (deploy/setup/packages.txt).
"""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from deploy.cluster.faults import ClusterError
from deploy.cluster.go import go_command
from deploy.setup.cache import cache_folder, forget_old, kept, key_of

MODULES = Path(__file__).with_name("modules")
CNI_FOLDER = Path("/usr/lib/cni")

# How the outcome is named in the cache; a change of how programs are built wants another.
RECIPE = "1"
BUILD_TIMEOUT_S = 3600.0

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Project:
    """One project's programs: the folder of its go.mod, the module whose version they have, packages by program."""

    name: str
    module: str
    packages: dict[str, str]

    @property
    def folder(self) -> Path:
        return MODULES / self.name

    def version(self) -> str:
        """The version that its go.mod requires, such as ``1.36.3``."""
        text = (self.folder / "go.mod").read_text()
        found = re.search(
            rf"^\s*(?:require )?{re.escape(self.module)} v([0-9.]+)(?: // indirect)?$", text, re.MULTILINE
        )
        if found is None:
            raise ClusterError(f"{self.folder / 'go.mod'} requires no version of {self.module}: it has to name one")
        return found[1]

    def linker_flags(self) -> str:
        """Symbols stripped, and the version stamped in: a program built from a module doesn't know its own."""
        version = self.version()
        major, minor, _ = version.split(".")
        stamps = {
            "kubernetes": {
                "k8s.io/component-base/version.gitVersion": f"v{version}",
                "k8s.io/component-base/version.gitMajor": major,
                "k8s.io/component-base/version.gitMinor": minor,
                "k8s.io/component-base/version.gitTreeState": "clean",
            },
            "containerd": {f"{self.module}/version.Version": f"v{version}"},
        }
        stamped = stamps.get(self.name, {})
        return " ".join(["-s", "-w", *(f"-X {symbol}={value}" for symbol, value in stamped.items())])


PROJECTS = (
    Project(
        "etcd",
        "go.etcd.io/etcd/server/v3",
        {"etcd": "go.etcd.io/etcd/server/v3"},
    ),
    Project(
        "containerd",
        "github.com/containerd/containerd/v2",
        {
            name: f"github.com/containerd/containerd/v2/cmd/{name}"
            for name in ("containerd", "containerd-shim-runc-v2", "ctr")
        },
    ),
    Project(
        "kubernetes",
        "k8s.io/kubernetes",
        {
            name: f"k8s.io/kubernetes/cmd/{name}"
            for name in (
                "kubectl",
                "kube-proxy",
                "kube-scheduler",
                "kube-apiserver",
                "kube-controller-manager",
                "kubelet",
            )
        },
    ),
)

# What each program answers with its version to. The shim and ctr come with their containerd.
ASK = {"kubectl": ["version", "--client"]}


@dataclass(frozen=True)
class Binaries:
    """Every program by name, as a path on this machine."""

    paths: dict[str, Path]

    def __getitem__(self, name: str) -> Path:
        return self.paths[name]


def find_binaries(progress: Progress) -> Binaries:
    """Every program of PROJECTS, and runc; what isn't there is built.

    Raises ClusterError where a build fails, where runc or the CNI plugins aren't installed, or where what
    KUBEBUILDER_ASSETS names doesn't go together with the rest.
    """
    paths = {}
    for project in PROJECTS:
        ready = {name: _found(project, name) for name in project.packages}
        missing = [name for name, path in ready.items() if path is None]
        if missing:
            ready |= build(project, missing, progress)
        paths.update({name: path for name, path in ready.items() if path is not None})
    paths["runc"] = _debian_runc()
    _refuse_skew(paths)
    forget_old("cluster-binaries")
    return Binaries(paths)


def find_program(name: str, progress: Progress) -> Path:
    """One program of PROJECTS: KUBEBUILDER_ASSETS', the PATH's, or else built where it isn't in the cache yet."""
    project = next((project for project in PROJECTS if name in project.packages), None)
    if project is None:
        known = ", ".join(name for project in PROJECTS for name in project.packages)
        raise ClusterError(f"{name!r} is no program of a cluster; there are {known}")
    return _found(project, name) or build(project, [name], progress)[name]


def build(project: Project, names: list[str], progress: Progress) -> dict[str, Path]:
    """Have these programs of a project in the cache, each built where it isn't there yet."""
    paths = {}
    for name in names:
        key = key_of(
            RECIPE, name, project.linker_flags(), project.folder / "go.mod", project.folder / "go.sum", *os.uname()[4:]
        )
        folder = kept("cluster-binaries", key, partial(_compile, project, name, progress))
        paths[name] = folder / name
    return paths


def _compile(project: Project, name: str, progress: Progress, target: Path) -> None:
    progress(f"{name} {project.version()}: building it from Go modules (once; minutes)")
    begun = time.monotonic()
    log = cache_folder() / f"cluster-binaries.{name}.log"
    environment = {
        **os.environ,
        "CGO_ENABLED": "0",
        "GOFLAGS": "-mod=readonly -buildvcs=false -trimpath -p=2",
        "GOWORK": "off",
        "GOTOOLCHAIN": "local",
    }
    environment.setdefault("HOME", str(Path.home()))
    command = [*_low_priority(), str(go_command(project.folder, progress)), "build"]
    command += ["-o", str(target / name), "-ldflags", project.linker_flags(), project.packages[name]]
    with log.open("wb") as out:
        try:
            done = subprocess.run(
                command,
                cwd=project.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                timeout=BUILD_TIMEOUT_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise ClusterError(
                f"building {name} took longer than {BUILD_TIMEOUT_S:.0f} s and was ended; what was compiled is kept, "
                "so try again on a less busy machine"
            ) from None
    if done.returncode:
        said = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
        raise ClusterError(
            f"building {name} {project.version()} from Go modules failed with status {done.returncode}; without "
            f"network, put the programs into a folder and name it in KUBEBUILDER_ASSETS. Go said:\n{said}"
        )
    log.unlink()
    progress(f"{name}: built in {time.monotonic() - begun:.0f} s, {(target / name).stat().st_size / 1e6:.0f} MB")


def _low_priority() -> list[str]:
    return ["nice", "-n", "19", *(["ionice", "-c3"] if shutil.which("ionice") else [])]


def _found(project: Project, name: str) -> Path | None:
    """The program as KUBEBUILDER_ASSETS or the PATH has it."""
    assets = os.environ.get("KUBEBUILDER_ASSETS")
    if assets:
        path = Path(assets, name)
        if os.access(path, os.X_OK):
            return path.resolve()
    # Its parts speak to one another in ways that no version promises, so they are taken together or not at all.
    if name in ("containerd-shim-runc-v2", "ctr") and _found(project, "containerd") is None:
        return None
    on_path = shutil.which(name)
    if on_path is None:
        return None
    if name == "containerd-shim-runc-v2":
        return Path(on_path).resolve()
    mine, wanted = version_of(Path(on_path)), project.version()
    same = mine is not None and mine.split(".")[:2] == wanted.split(".")[:2]
    return Path(on_path).resolve() if same else None


def version_of(program: Path) -> str | None:
    """``1.36.3`` as the program says it of itself; None where it says nothing like it."""
    question = ASK.get(program.name, ["--version"])
    try:
        done = subprocess.run([program, *question], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r"\bv?(\d+\.\d+\.\d+)", done.stdout)
    return found[1] if found else None


def _debian_runc() -> Path:
    runc = shutil.which("runc", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin")
    if runc is None:
        raise ClusterError("runc is not installed, and nodes run containers by it: apt-get install runc")
    missing = [name for name in ("bridge", "host-local", "loopback", "portmap") if not (CNI_FOLDER / name).exists()]
    if missing:
        raise ClusterError(
            f"{CNI_FOLDER} has no plugin {', '.join(missing)}, and Pods get their network by it: "
            "apt-get install containernetworking-plugins"
        )
    return Path(runc).resolve()


def _refuse_skew(paths: dict[str, Path]) -> None:
    """A kubelet may be older than its API server, by up to three minors, and never newer (the skew policy)."""
    versions = {name: version_of(paths[name]) for name in ("kube-apiserver", "kubelet")}
    minors = {name: int(version.split(".")[1]) for name, version in versions.items() if version}
    if len(minors) < 2:
        said = ", ".join(f"{paths[name]} says {version}" for name, version in versions.items())
        raise ClusterError(f"the version of the Kubernetes programs can't be told: {said}; are they for this machine?")
    if not 0 <= minors["kube-apiserver"] - minors["kubelet"] <= 3:
        raise ClusterError(
            f"{paths['kubelet']} is {versions['kubelet']} and {paths['kube-apiserver']} is "
            f"{versions['kube-apiserver']}: a kubelet may be up to three minor versions older than its API server and "
            "never newer; put both into KUBEBUILDER_ASSETS, or neither"
        )
