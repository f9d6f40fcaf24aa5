"""The objects that this daemon reads, as far as it reads them, and where they are found."""

from msgspec import field

from controllers.runtime.resources import Resource
from kvnode.api.base import Int64, Model
from kvnode.api.meta import ObjectMeta
from kvnode.api.status import VirtualMachineInstanceStatus
from kvnode.api.virtual_machine import VirtualMachineStatus

GROUP, VERSION = "kubevirt.io", "v1"
MACHINES = Resource(GROUP, VERSION, "virtualmachines", "VirtualMachine")
GUESTS = Resource(GROUP, VERSION, "virtualmachineinstances", "VirtualMachineInstance")
PODS = Resource("", "v1", "pods", "Pod")
CONFIG_MAPS = Resource("", "v1", "configmaps", "ConfigMap")

FINAL = ("Succeeded", "Failed")
"""Phases of a guest that has ended."""


class DevicesSeen(Model, frozen=True):
    """Of a guest's devices, what streams need."""

    autoattach_serial_console: bool | None = None  # whether it has a serial console; true where nothing is said


class DomainSeen(Model, frozen=True):
    """Of a guest's machine, what streams need."""

    devices: DevicesSeen = DevicesSeen()  # its devices


class GuestSpec(Model, frozen=True):
    """Of a guest's spec, what its subresources need."""

    domain: DomainSeen = DomainSeen()  # the machine
    termination_grace_period_seconds: Int64 | None = None  # how long it may take to shut down


class Guest(Model, frozen=True):
    """A VirtualMachineInstance."""

    metadata: ObjectMeta = ObjectMeta()  # name, place and history
    spec: GuestSpec = GuestSpec()  # what it is
    status: VirtualMachineInstanceStatus = VirtualMachineInstanceStatus()  # what is known of it

    @property
    def phase(self) -> str:
        return self.status.phase or ""


class MachineSpec(Model, frozen=True):
    """Of a VirtualMachine's spec, when its guest should run."""

    run_strategy: str | None = None  # when the guest should run
    running: bool | None = None  # the older way to say `Always` or `Halted`


class Machine(Model, frozen=True):
    """A VirtualMachine."""

    metadata: ObjectMeta = ObjectMeta()  # name, place and history
    spec: MachineSpec = MachineSpec()  # when it should run
    status: VirtualMachineStatus = VirtualMachineStatus()  # what is known of it

    @property
    def strategy(self) -> str:
        """The run strategy, said in either way; a machine that says nothing is halted."""
        if self.spec.running is not None:
            return "Always" if self.spec.running else "Halted"
        return self.spec.run_strategy or "Halted"


class PodSpec(Model, frozen=True):
    """What of a Pod's spec matters here."""

    node_name: str | None = None  # the node that it was given to


class PodCondition(Model, frozen=True):
    """One statement about a Pod."""

    type: str = ""  # what it is about, such as `Ready`
    status: str = ""  # `True`, `False` or `Unknown`


class PodStatus(Model, frozen=True):
    """How a Pod is."""

    pod_ip: str | None = field(default=None, name="podIP")  # its address
    conditions: tuple[PodCondition, ...] = ()  # statements about it


class Pod(Model, frozen=True):
    """A handler's Pod."""

    metadata: ObjectMeta = ObjectMeta()  # name, place and history
    spec: PodSpec = PodSpec()  # its node
    status: PodStatus = PodStatus()  # how it is


class ConfigMap(Model, frozen=True):
    """Values for whom they concern."""

    metadata: ObjectMeta = ObjectMeta()  # name, place and history
    data: dict[str, str] | None = None  # the values
