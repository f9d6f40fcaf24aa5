"""PURE: what a node says of itself to those who choose a node for a guest: its labels, and that somebody is at home.

``kubevirt.io/schedulable`` is what every launcher's Pod selects by.  The others say what libvirt and QEMU can do here,
under the names that KubeVirt's have; ``kubevirt.io/kvm`` is the verdict on KVM, which is tried and not looked up.
``cpumanager`` says whether the kubelet gives Pods CPUs of their own; KubeVirt calls it so, and since 1.8 by a longer
name as well.  ``kubevirt.io/realtime`` is there, and empty, where nothing takes a real-time thread off its CPU.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from kvnode.facts import HostFacts

SCHEDULABLE = "kubevirt.io/schedulable"
HEARTBEAT = "kubevirt.io/heartbeat"
KVM = "kubevirt.io/kvm"
CPU_MANAGER = ("cpumanager", "kubevirt.io/cpumanager")
REALTIME = "kubevirt.io/realtime"
CPU_MODEL = "cpu-model.node.kubevirt.io/"
MACHINE_TYPE = "machine-type.node.kubevirt.io/"
HOST_MODEL = "host-model-cpu.node.kubevirt.io/"

_OURS = (CPU_MODEL, MACHINE_TYPE, HOST_MODEL, REALTIME)
# The part of a label's key behind the slash (Kubernetes, "Labels and Selectors").
_KEY = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?", re.ASCII)


def node_labels(host: HostFacts, own_cpus: bool = False, realtime: bool = False) -> dict[str, str]:
    """The labels of a node on which guests may be started.

    own_cpus  -- whether its kubelet gives Pods CPUs of their own
    realtime  -- whether its kernel lets real-time threads have all of a CPU's time
    """
    labels = {SCHEDULABLE: "true", KVM: host.kvm, **dict.fromkeys(CPU_MANAGER, "true" if own_cpus else "false")}
    if realtime:
        labels[REALTIME] = ""
    for prefix, names in (
        (CPU_MODEL, host.cpu_models or ()),
        (MACHINE_TYPE, host.machine_types or ()),
        (HOST_MODEL, (host.host_cpu_model,) if host.host_cpu_model else ()),
    ):
        labels |= {f"{prefix}{name}": "true" for name in _usable(names)}
    return labels


def label_patch(labels: Mapping[str, str], there: Mapping[str, str], now: str) -> dict[str, Any]:
    """The merge patch that gives a node these labels, takes away what earlier ones of ours say no longer, and says
    when that was."""
    gone = {name: None for name in there if name.startswith(_OURS) and name not in labels}
    return {"metadata": {"labels": {**gone, **labels}, "annotations": {HEARTBEAT: now}}}


def unschedulable_patch() -> dict[str, Any]:
    """The merge patch of a node whose handler leaves: what runs goes on, and nothing new is sent here."""
    return {"metadata": {"labels": {SCHEDULABLE: "false"}}}


def _usable(names: Iterable[str]) -> list[str]:
    return [name for name in names if _KEY.fullmatch(name)]
