"""Rules about migrations, and about the settings that they run with: a policy's, and the whole cluster's.

A setting out of its range is told where it is written. In a migration it would show hours later, as one that never ends
or that is given up at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kvnode.api.instance_migration import VirtualMachineInstanceMigration, VirtualMachineInstanceMigrationSpec
from kvnode.api.migration import (
    DowntimeTuningOptions,
    ExperimentalMigrationOptions,
    MigrationConfiguration,
    StallDetectorOptions,
)
from kvnode.api.migration_policy import MigrationPolicy, MigrationPolicySpec
from kvnode.api.settings import Settings, settings_of
from kvnode.api.validation.amounts import ONE, amount, amount_rules
from kvnode.api.validation.finding import Findings, listed, shown
from kvnode.api.validation.labels import label_map_rules
from kvnode.api.validation.references import name_rules

if TYPE_CHECKING:
    from kvnode.api.configuration import KubeVirtConfiguration

__all__ = ["migration_policy_rules", "migration_rules", "migration_setting_rules"]

MAX_DOWNTIME_MS = range(1, 2_000_001)
"""What libvirt takes for the time that a guest may stand still."""

_GATE = "DecentralizedLiveMigration"
_PRIORITIES = ("system-critical", "user-triggered", "system-maintenance")
_COMPRESSIONS = ("none", "zstd")
_MAX_ID_CHARACTERS = 253
_MAX_URL_CHARACTERS = 2048


def migration_rules(
    found: Findings, item: VirtualMachineInstanceMigration, config: KubeVirtConfiguration | None
) -> None:
    """A guest that has a name, a place in the queue that there is, and one migration where two clusters take part."""
    spec = item.spec
    if spec.vmi_name:
        name_rules(found, "spec.vmiName", spec.vmi_name)
    else:
        found.required("spec.vmiName", "name the guest to move, a VirtualMachineInstance of the same namespace.")
    if spec.added_node_selector:
        label_map_rules(found, "spec.addedNodeSelector", spec.added_node_selector)
    if spec.priority is not None and spec.priority not in _PRIORITIES:
        found.not_supported("spec.priority", f"{shown(spec.priority)} is no priority; it is {listed(_PRIORITIES)}.")
    _between_clusters(found, spec, settings_of(config))


def migration_policy_rules(found: Findings, item: MigrationPolicy, config: KubeVirtConfiguration | None) -> None:
    """Labels that guests and namespaces can have, and settings within their ranges."""
    spec, selectors = item.spec, item.spec.selectors
    for name, labels in (
        ("namespaceSelector", selectors.namespace_selector),
        ("virtualMachineInstanceSelector", selectors.virtual_machine_instance_selector),
    ):
        if labels:
            label_map_rules(found, f"spec.selectors.{name}", labels)
    migration_setting_rules(found, "spec", spec)
    if spec.experimental is not None:
        _experimental(found, "spec.experimental", spec.experimental, spec.max_downtime_ms)


def migration_setting_rules(
    found: Findings, field: str, settings: MigrationPolicySpec | MigrationConfiguration
) -> None:
    """What a policy and the cluster's configuration both say of migrations."""
    amount_rules(found, f"{field}.bandwidthPerMigration", settings.bandwidth_per_migration)
    timeout, downtime = settings.completion_timeout_per_gib, settings.max_downtime_ms
    if timeout is not None and timeout < 0:
        found.invalid(f"{field}.completionTimeoutPerGiB", f"{timeout} s is less than no time: 150 is usual.")
    if downtime is not None and downtime not in MAX_DOWNTIME_MS:
        found.invalid(
            f"{field}.maxDowntimeMs",
            f"{downtime} ms isn't from {MAX_DOWNTIME_MS[0]} to {MAX_DOWNTIME_MS[-1]}: 900 is usual.",
        )


def _between_clusters(found: Findings, spec: VirtualMachineInstanceMigrationSpec, settings: Settings) -> None:
    sent, received = spec.send_to, spec.receive
    for name, side in (("sendTo", sent), ("receive", received)):
        if side is None:
            continue
        if not settings.gate(_GATE):
            found.invalid(
                f"spec.{name}",
                f"it takes the feature gate {_GATE}, which is shut; open it in the KubeVirt configuration.",
            )
        _text(found, f"spec.{name}.migrationID", side.migration_id, _MAX_ID_CHARACTERS, "the id of both clusters")
    if sent is not None:
        _text(found, "spec.sendTo.connectURL", sent.connect_url, _MAX_URL_CHARACTERS, "where the other cluster is")
    if sent is not None and received is not None and sent.migration_id != received.migration_id:
        found.invalid(
            "spec.receive.migrationID",
            f"{shown(received.migration_id)} isn't {shown(sent.migration_id)}, that of spec.sendTo: "
            "a migration has one id on both sides.",
        )


def _text(found: Findings, field: str, text: str, most: int, what: str) -> None:
    if not text:
        found.required(field, f"it says {what}: give it.")
    elif len(text) > most or not text.isprintable() or " " in text:
        found.invalid(field, f"{shown(text)} must be at most {most} printable characters without spaces.")


def _experimental(
    found: Findings, field: str, options: ExperimentalMigrationOptions, max_downtime_ms: int | None
) -> None:
    if options.compression is not None and options.compression not in _COMPRESSIONS:
        found.not_supported(
            f"{field}.compression", f"{shown(options.compression)} is no compression; it is {listed(_COMPRESSIONS)}."
        )
    if options.downtime_tuning is not None:
        _tuning(found, f"{field}.downtimeTuning", options.downtime_tuning, max_downtime_ms)
    if options.stall_detector is not None:
        _stalls(found, f"{field}.stallDetector", options.stall_detector)


def _tuning(found: Findings, field: str, tuning: DowntimeTuningOptions, max_downtime_ms: int | None) -> None:
    for name, value in (
        ("initialMs", tuning.initial_ms),
        ("steps", tuning.steps),
        ("startAfterIteration", tuning.start_after_iteration),
        ("cooldownSeconds", tuning.cooldown_seconds),
    ):
        if value is not None and value < 1:
            found.invalid(f"{field}.{name}", f"{value} is less than 1.")
    if tuning.initial_ms is not None and max_downtime_ms is not None and tuning.initial_ms > max_downtime_ms > 0:
        found.invalid(
            f"{field}.initialMs",
            f"{tuning.initial_ms} ms are more than spec.maxDowntimeMs ({max_downtime_ms}), to which they grow.",
        )


def _stalls(found: Findings, field: str, detector: StallDetectorOptions) -> None:
    if detector.stall_margin is not None and not 0 <= detector.stall_margin <= 100:
        found.invalid(f"{field}.stallMargin", f"{detector.stall_margin} is no share in percent, from 0 to 100.")
    for name, value in (
        ("stallProgressTimeout", detector.stall_progress_timeout),
        ("switchoverTimeout", detector.switchover_timeout),
    ):
        if value is not None and value < 0:
            found.invalid(f"{field}.{name}", f"{value} s is less than no time.")
    for name, factor in (
        ("completionTimeoutFactor", detector.completion_timeout_factor),
        ("ewmaAlpha", detector.ewma_alpha),
        ("patienceWindowDecayFactor", detector.patience_window_decay_factor),
        ("precopyPossibleFactor", detector.precopy_possible_factor),
    ):
        amount_rules(found, f"{field}.{name}", factor, positive=True)
    alpha = amount(detector.ewma_alpha)
    if alpha is not None and alpha > ONE:
        found.invalid(f"{field}.ewmaAlpha", f"{shown(detector.ewma_alpha)} is more than 1, all of the newest sample.")
