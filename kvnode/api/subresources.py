"""What calls of subresources.kubevirt.io take and give: options of start, stop, pause, migrate and so on.

A call's options are what somebody asks for now, so a field that isn't known is refused and not passed over, also by
the fast decoder: half of a wish would be done. Those of `addvolume` and `removevolume` stand in `virtual_machine`,
since a machine's status keeps them; those of `backup` in `backup`; what the guest's agent answers in `guest_agent`.
"""

from msgspec import field

from kvnode.api.base import EMPTY, Duration, Int64, Model, Uint32
from kvnode.api.meta import LabelSelector, TypedObjectReference


class StartOptions(Model, frozen=True, forbid_unknown_fields=True):
    """How to start a machine."""

    api_version: str | None = None  # `kubevirt.io/v1`
    kind: str | None = None  # `StartOptions`
    paused: bool | None = None  # whether its processors stand still until it is unpaused
    dry_run: tuple[str, ...] = ()  # `All` checks without doing it


class StopOptions(Model, frozen=True, forbid_unknown_fields=True):
    """How to stop a machine."""

    api_version: str | None = None  # `kubevirt.io/v1`
    kind: str | None = None  # `StopOptions`
    grace_period: Int64 | None = None  # seconds that the guest may take to shut down; 0 pulls the plug
    dry_run: tuple[str, ...] = ()  # `All` checks without doing it


class RestartOptions(Model, frozen=True, forbid_unknown_fields=True):
    """How to restart a machine."""

    api_version: str | None = None  # `kubevirt.io/v1`
    kind: str | None = None  # `RestartOptions`
    grace_period_seconds: Int64 | None = None  # 0 pulls the plug; no other value is taken
    dry_run: tuple[str, ...] = ()  # `All` checks without doing it


class PauseOptions(Model, frozen=True, forbid_unknown_fields=True):
    """How to pause a guest."""

    api_version: str | None = None  # `kubevirt.io/v1`
    kind: str | None = None  # `PauseOptions`
    dry_run: tuple[str, ...] = ()  # `All` checks without doing it


class UnpauseOptions(Model, frozen=True, forbid_unknown_fields=True):
    """How to let a paused guest go on."""

    api_version: str | None = None  # `kubevirt.io/v1`
    kind: str | None = None  # `UnpauseOptions`
    dry_run: tuple[str, ...] = ()  # `All` checks without doing it


class MigrateOptions(Model, frozen=True, forbid_unknown_fields=True):
    """How to move a guest to another node."""

    api_version: str | None = None  # `kubevirt.io/v1`
    kind: str | None = None  # `MigrateOptions`
    added_node_selector: dict[str, str] | None = None  # labels that the target node has to have besides the guest's own
    dry_run: tuple[str, ...] = ()  # `All` checks without doing it


class EvacuateCancelOptions(Model, frozen=True, forbid_unknown_fields=True):
    """Which evacuation to call off."""

    api_version: str | None = None  # `kubevirt.io/v1`
    kind: str | None = None  # `EvacuateCancelOptions`
    evacuation_node_name: str = EMPTY  # the node that the guest should have left
    dry_run: tuple[str, ...] = ()  # `All` checks without doing it


class FreezeUnfreezeTimeout(Model, frozen=True, forbid_unknown_fields=True):
    """How long a guest's file systems stay frozen."""

    unfreeze_timeout: Duration | None = None  # after this they thaw by themselves; `0s` leaves it to the caller


class ObjectGraphOptions(Model, frozen=True, forbid_unknown_fields=True):
    """Which of the objects that a guest depends on to name."""

    include_optional_nodes: bool | None = None  # whether those that it could do without, too; yes if nobody says
    label_selector: LabelSelector | None = None  # only those with such labels


class ObjectGraphNode(Model, frozen=True):
    """An object that a guest depends on, and what that depends on."""

    api_version: str | None = None  # `kubevirt.io/v1`
    kind: str | None = None  # `ObjectGraphNode`
    object_reference: TypedObjectReference = TypedObjectReference()  # the object
    labels: dict[str, str] | None = None  # what it is to the guest, as labels to select by
    optional: bool | None = None  # whether the guest could do without it
    children: tuple["ObjectGraphNode", ...] = ()  # what it depends on itself


class SEVPlatformInfo(Model, frozen=True):
    """What a guest's owner has to know of the platform before memory is encrypted by SEV."""

    api_version: str | None = None  # `kubevirt.io/v1`
    kind: str | None = None  # `SEVPlatformInfo`
    pdh: str | None = None  # the platform's key for the exchange (PDH), in base64
    cert_chain: str | None = None  # its certificates up to AMD's, in base64


class SEVSessionOptions(Model, frozen=True, forbid_unknown_fields=True):
    """The owner's half of the exchange, made for this platform."""

    session: str | None = None  # the session's data, in base64
    dh_cert: str | None = None  # the owner's certificate for the exchange, in base64


class SEVMeasurementInfo(Model, frozen=True):
    """What the platform has measured of a guest that has not run yet."""

    api_version: str | None = None  # `kubevirt.io/v1`
    kind: str | None = None  # `SEVMeasurementInfo`
    measurement: str | None = None  # the measurement, in base64
    api_major: Uint32 | None = None  # version of the platform's interface, its first part
    api_minor: Uint32 | None = None  # its second part
    build_id: Uint32 | None = field(default=None, name="buildID")  # build of the platform's firmware
    policy: Uint32 | None = None  # the guest's policy, as bits
    loader_sha: str | None = field(default=None, name="loaderSHA")  # SHA-256 of the guest's firmware


class SEVSecretOptions(Model, frozen=True, forbid_unknown_fields=True):
    """A secret that is put into a guest once its measurement is what it should be."""

    header: str | None = None  # the header that goes with it, in base64
    secret: str | None = None  # the secret, encrypted, in base64
