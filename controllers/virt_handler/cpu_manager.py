"""Whether this node's kubelet gives Pods CPUs of their own, as its own record says, and its kernel all of their time.

The record (``cpu_manager_state``) names the policy that the kubelet runs with: it writes it at each start and doesn't
start beside one that names another policy. So what it says holds for the kubelet that runs, and where there is none to
be read nobody gives CPUs away. Whether a Pod got CPUs for itself is seen in the Pod, when its guest is started.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from kvnode.runtime.guests import read_bounded

RECORD = "cpu_manager_state"
GIVES_CPUS = "static"
RUNTIME = Path("/proc/sys/kernel/sched_rt_runtime_us")
NO_BOUND = "-1"

_LARGEST_BYTES = 4 << 20


class _Record(msgspec.Struct, rename="camel"):
    policy_name: str = ""


def gives_own_cpus(kubelet: Path) -> bool:
    """Whether the kubelet of this folder has a policy that gives whole CPUs to a container alone."""
    data = read_bounded(kubelet / RECORD, _LARGEST_BYTES)
    if data is None:
        return False
    try:
        return msgspec.json.decode(data, type=_Record).policy_name == GIVES_CPUS
    except msgspec.MsgspecError:
        return False


def unthrottled_realtime(runtime: Path = RUNTIME) -> bool:
    """Whether real-time threads may take all of a CPU's time, as KubeVirt asks of a node for real-time guests.

    Otherwise the kernel takes each off its CPU for a twentieth of every second (sched(7)), which is no real-time.
    """
    try:
        return runtime.read_text().strip() == NO_BOUND
    except OSError:
        return False
