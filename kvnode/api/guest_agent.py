"""What a guest's agent tells: its system, file systems and users.

All of it is the guest's own word and may be anything. It is asked for by a call (`guestosinfo`, `filesystemlist`,
`userlist`) and stored nowhere.
"""

from kvnode.api.base import EMPTY, NO_ITEMS, ZERO, Int64, Model
from kvnode.api.meta import ListMeta
from kvnode.api.status import VirtualMachineInstanceGuestOSInfo


class GuestAgentCommandInfo(Model, frozen=True):
    """A command that the agent knows."""

    name: str = EMPTY  # the command
    enabled: bool | None = None  # whether it may be called


class VirtualMachineInstanceGuestOSUser(Model, frozen=True):
    """Somebody who is logged in."""

    user_name: str = EMPTY  # the account
    domain: str | None = None  # the account's domain, on Windows
    login_time: float | None = None  # since when, in seconds since 1970


class VirtualMachineInstanceGuestOSUserList(Model, frozen=True):
    """Who is logged in."""

    api_version: str | None = None  # `kubevirt.io/v1`
    kind: str | None = None  # `VirtualMachineInstanceGuestOSUserList`
    metadata: ListMeta = ListMeta()  # nothing: the list is stored nowhere
    items: tuple[VirtualMachineInstanceGuestOSUser, ...] = NO_ITEMS  # the users


class VirtualMachineInstanceFileSystemDisk(Model, frozen=True):
    """A disk that a file system lies on."""

    bus_type: str = EMPTY  # the disk's bus
    serial: str | None = None  # its serial number


class VirtualMachineInstanceFileSystem(Model, frozen=True):
    """A file system that the guest has mounted."""

    disk_name: str = EMPTY  # the device, as the guest calls it
    mount_point: str = EMPTY  # where it is mounted
    file_system_type: str = EMPTY  # its type, such as `ext4`
    used_bytes: Int64 = ZERO  # how much is used, in bytes
    total_bytes: Int64 = ZERO  # how large it is, in bytes
    disk: tuple[VirtualMachineInstanceFileSystemDisk, ...] = ()  # the disks that it lies on


class VirtualMachineInstanceFileSystemInfo(Model, frozen=True):
    """Which file systems are mounted."""

    disks: tuple[VirtualMachineInstanceFileSystem, ...] = NO_ITEMS  # the file systems


class VirtualMachineInstanceFileSystemList(Model, frozen=True):
    """Which file systems are mounted, as an answer of its own."""

    api_version: str | None = None  # `kubevirt.io/v1`
    kind: str | None = None  # `VirtualMachineInstanceFileSystemList`
    metadata: ListMeta = ListMeta()  # nothing: the list is stored nowhere
    items: tuple[VirtualMachineInstanceFileSystem, ...] = NO_ITEMS  # the file systems


class VirtualMachineInstanceGuestAgentInfo(Model, frozen=True):
    """All that the agent tells."""

    api_version: str | None = None  # `kubevirt.io/v1`
    kind: str | None = None  # `VirtualMachineInstanceGuestAgentInfo`
    guest_agent_version: str | None = None  # the agent's version
    supported_commands: tuple[GuestAgentCommandInfo, ...] = ()  # commands that it knows
    hostname: str | None = None  # the guest's host name
    os: VirtualMachineInstanceGuestOSInfo | None = None  # its operating system
    timezone: str | None = None  # its time zone, by name and offset from UTC in seconds
    user_list: tuple[VirtualMachineInstanceGuestOSUser, ...] = ()  # who is logged in
    fs_info: VirtualMachineInstanceFileSystemInfo | None = None  # file systems that are mounted
    fs_freeze_status: str | None = None  # `frozen` while its file systems are, `thawed` otherwise
