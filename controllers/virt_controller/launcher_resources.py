"""What a guest's Pod asks of its node: CPU, memory, huge pages and devices; a pure function beside `launcher_pod`.

A guest with CPUs of its own gets them from the kubelet: its static CPU manager gives whole CPUs to a container alone
where the Pod's quality of service is Guaranteed, which is where every container's requests are its limits. So such a
Pod asks for as many CPUs as the plan gives away, neither CPU nor memory is overcommitted whatever the cluster's ratios
say, and its node is one whose handler says that the kubelet does so.

Memory of huge pages is asked for as such, and isn't asked for a second time as ordinary memory.
"""

from typing import Any

from controllers.virt_controller.settings import LauncherSettings
from kvnode.api.instance import VirtualMachineInstance
from kvnode.planning import DomainPlan
from kvnode.planning.memory import requested_bytes
from kvnode.quantity import binary, canonical, to_bytes

HUGE_PAGES_VOLUME = "hugepages"
HUGE_PAGES_DIR = "/dev/hugepages"
CPU_MANAGER = "cpumanager"
REALTIME = "kubevirt.io/realtime"


def launcher_resources(
    vmi: VirtualMachineInstance, settings: LauncherSettings, planned: DomainPlan
) -> dict[str, dict[str, str]]:
    """Requests and limits of the container that has the guest.

    Worked: 1 vCPU and 128 MiB, emulated, an overhead of 162.6 MiB: requests 100m of CPU and 290.6 MiB. With CPUs of its
    own, one for the emulator among them: requests and limits 2 CPUs and 290.6 MiB. And with huge pages of 2 MiB:
    2 CPUs, 162.6 MiB, and 128 MiB of huge pages.
    """
    requests, limits = _shared(vmi, settings, planned) if planned.cpu_tune is None else _own(vmi, planned)
    pages = planned.memory.hugepage_bytes
    if pages is not None:
        for amounts in (requests, limits):
            amounts[f"hugepages-{binary(pages)}"] = str(planned.memory.bytes)
    limits["devices.kubevirt.io/tun"] = "1"
    if not settings.emulation:
        limits["devices.kubevirt.io/kvm"] = "1"
    return {"requests": requests, "limits": limits}


def huge_pages(planned: DomainPlan) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """The Pod's volume of huge pages and its mount; None for a guest that has none.

    libvirt looks for a folder of each size; it is told of those that lie where the launcher expects them.
    """
    pages = planned.memory.hugepage_bytes
    if pages is None:
        return None
    volume = {"name": HUGE_PAGES_VOLUME, "emptyDir": {"medium": f"HugePages-{binary(pages)}"}}
    return volume, {"name": HUGE_PAGES_VOLUME, "mountPath": f"{HUGE_PAGES_DIR}/{pages}"}


def own_nodes(planned: DomainPlan) -> dict[str, str]:
    """The labels of nodes that can give a guest CPUs of its own, and real-time on them; none where it has none."""
    if planned.cpu_tune is None:
        return {}
    return {CPU_MANAGER: "true", **({} if planned.cpu_tune.realtime is None else {REALTIME: ""})}


def _own(vmi: VirtualMachineInstance, planned: DomainPlan) -> tuple[dict[str, str], dict[str, str]]:
    """Whole CPUs for the guest alone, and requests that are limits.

    A request or limit beyond the guest's own memory is room for what runs beside it, and is had.
    """
    assert planned.cpu_tune is not None
    resources, guest = vmi.spec.domain.resources, planned.memory
    stated = max(to_bytes((amounts or {}).get("memory", 0)) for amounts in (resources.requests, resources.limits))
    memory = max(stated - guest.bytes, 0) + planned.overhead.total_bytes
    if guest.hugepage_bytes is None:
        memory += guest.bytes
    amounts = {"cpu": str(planned.cpu_tune.mask.bit_count()), "memory": str(memory)}
    return amounts, dict(amounts)


def _shared(
    vmi: VirtualMachineInstance, settings: LauncherSettings, planned: DomainPlan
) -> tuple[dict[str, str], dict[str, str]]:
    """A share of the node's CPUs, and memory as far as nobody asked for less."""
    asked, capped = vmi.spec.domain.resources.requests or {}, vmi.spec.domain.resources.limits or {}
    guest = requested_bytes(vmi, planned.memory)
    if "memory" not in asked:
        guest = guest * 100 // settings.memory_percent
    cpu = asked.get("cpu", f"{-(-1000 * planned.vcpu.enabled // settings.vcpus_a_cpu)}m")
    requests = {"cpu": canonical(cpu), "memory": str(guest + planned.overhead.reserved_bytes)}
    limits: dict[str, str] = {}
    if "cpu" in capped:
        limits["cpu"] = canonical(capped["cpu"])
    if "memory" in capped:
        in_pages = 0 if planned.memory.hugepage_bytes is None else planned.memory.bytes
        limits["memory"] = str(max(to_bytes(capped["memory"]) - in_pages, 0) + planned.overhead.total_bytes)
    return requests, limits
