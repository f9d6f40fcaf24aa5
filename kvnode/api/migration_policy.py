"""MigrationPolicy: settings of migrations for some guests, in place of the cluster's.

A policy is for guests by their labels and by those of their namespaces. Of several that fit, the one that names the
most labels counts; a setting that it leaves out is the cluster's.
"""

from msgspec import field

from kvnode.api.base import NO_ITEMS, Int64, Model
from kvnode.api.meta import ListMeta, ObjectMeta
from kvnode.api.migration import ExperimentalMigrationOptions
from kvnode.quantity import Quantity


class Selectors(Model, frozen=True):
    """Which guests a policy is for; where both are given, both have to fit."""

    namespace_selector: dict[str, str] | None = None  # labels that the guest's namespace has to have
    virtual_machine_instance_selector: dict[str, str] | None = None  # labels that the guest has to have


class MigrationPolicySpec(Model, frozen=True):
    """Guests, and the settings that their migrations run with."""

    selectors: Selectors = Selectors()  # the guests that it is for
    allow_auto_converge: bool | None = None  # whether the guest may be slowed down until copying catches up
    allow_post_copy: bool | None = None  # whether it may start on the target before all memory is there
    allow_workload_disruption: bool | None = None  # whether it may be paused until copying is done
    bandwidth_per_migration: Quantity | None = None  # bytes a second for one migration; 0 means no limit
    # seconds for each GiB, after which the migration is given up
    completion_timeout_per_gib: Int64 | None = field(default=None, name="completionTimeoutPerGiB")
    max_downtime_ms: Int64 | None = None  # milliseconds that the guest may stand still
    experimental: ExperimentalMigrationOptions | None = None  # settings that may change or go


class MigrationPolicyStatus(Model, frozen=True):
    """A policy has nothing to tell; this type is there because the API has the field."""


class MigrationPolicy(Model, frozen=True):
    """Settings of migrations for some guests."""

    # `migrations.kubevirt.io/v1alpha1`
    api_version: str = field(default_factory=lambda: "migrations.kubevirt.io/v1alpha1")
    kind: str = field(default_factory=lambda: "MigrationPolicy")  # `MigrationPolicy`
    metadata: ObjectMeta = ObjectMeta()  # name and history; a policy is in no namespace
    spec: MigrationPolicySpec = MigrationPolicySpec()  # for which guests, and what
    status: MigrationPolicyStatus | None = None  # always empty


class MigrationPolicyList(Model, frozen=True):
    """MigrationPolicies, as a server lists them."""

    # `migrations.kubevirt.io/v1alpha1`
    api_version: str = field(default_factory=lambda: "migrations.kubevirt.io/v1alpha1")
    kind: str = field(default_factory=lambda: "MigrationPolicyList")  # `MigrationPolicyList`
    metadata: ListMeta = ListMeta()  # which state the list shows
    items: tuple[MigrationPolicy, ...] = NO_ITEMS  # the objects
