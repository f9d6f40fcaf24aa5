"""Rules about feature gates: which kinds take one, and what an administrator may write into the lists of gates.

A gate that nobody knows opens nothing, and isn't refused: a configuration outlives versions of KubeVirt, in which gates
come and go. One that is nearly a known one was meant to be that, and is told.
"""

from __future__ import annotations

import re

from kvnode.api.configuration import DeveloperConfiguration
from kvnode.api.settings import ALPHA_GATES, Settings
from kvnode.api.validation.finding import Findings, shown

__all__ = ["gate_list_rules", "gate_rules"]

_GATE = re.compile(r"[A-Za-z][A-Za-z0-9]{0,62}", re.ASCII).fullmatch

_OPEN_GATES = frozenset(
    {
        "AutoResourceLimitsGate",
        "BochsDisplayForEFIGuests",
        "CPUNodeDiscovery",
        "ClusterProfiler",
        "CommonInstancetypesDeploymentGate",
        "DecentralizedLiveMigration",
        "DeclarativeHotplugVolumes",
        "DisableCustomSELinuxPolicy",
        "DisableMDEVConfiguration",
        "DynamicPodInterfaceNaming",
        "EnableVirtioFsConfigVolumes",
        "ExpandDisks",
        "GPU",
        "GPUsWithDRA",
        "HostDevicesWithDRA",
        "HotplugNICs",
        "HotplugVolumes",
        "ImageVolume",
        "InstancetypeReferencePolicy",
        "KubevirtSeccompProfile",
        "LiveMigration",
        "LiveUpdateNADRef",
        "Macvtap",
        "MigrationPriorityQueue",
        "MultiArchitecture",
        "NUMA",
        "NetworkBindingPlugins",
        "NodeRestriction",
        "NonRoot",
        "OptOutRoleAggregation",
        "PSA",
        "PanicDevices",
        "Passt",
        "PasstBinding",
        "PasstIPStackMigration",
        "PersistentReservation",
        "RebootPolicy",
        "SRIOVLiveMigration",
        "SecureExecution",
        "Snapshot",
        "VMExport",
        "VMLiveUpdateFeatures",
        "VMPersistentState",
        "VideoConfig",
        "VolumeMigration",
        "VolumesUpdateStrategy",
        "WorkloadEncryptionSEV",
    }
)
_DISTINCT = 6
# What people add to a gate's name, and leave out of it.
_ENDING = re.compile(r"(?:featuregate|gate|s)$")
_ALIKE = {_ENDING.sub("", known.lower()): known for known in sorted(ALPHA_GATES | _OPEN_GATES)}


def gate_rules(found: Findings, kind: str, gate: str, settings: Settings) -> None:
    """A kind whose objects take a gate is refused where that is shut: nobody would act upon them."""
    if not settings.gate(gate):
        found.invalid(
            "kind", f"{kind} takes the feature gate {gate}, which is shut; open it in the KubeVirt configuration."
        )


def gate_list_rules(found: Findings, field: str, developer: DeveloperConfiguration) -> None:
    """Names that gates can have, none that is nearly a known one, and none both opened and shut."""
    for name, gates in (
        ("featureGates", developer.feature_gates),
        ("disabledFeatureGates", developer.disabled_feature_gates),
    ):
        seen: dict[str, int] = {}
        for index, gate in enumerate(gates):
            inside = f"{field}.{name}[{index}]"
            if not _GATE(gate):
                found.invalid(inside, f"{shown(gate)} is no name of a feature gate, such as HostDisk.")
            elif gate in seen:
                found.duplicate(inside, f"{gate} stands in {name}[{seen[gate]}] already.")
            elif (meant := _meant(gate)) is not None:
                found.not_supported(inside, f"{gate} is no feature gate that is known: {meant} is one.")
            seen.setdefault(gate, index)
    opened = set(developer.feature_gates)
    for index, gate in enumerate(developer.disabled_feature_gates):
        if gate in opened:
            found.invalid(
                f"{field}.disabledFeatureGates[{index}]",
                f"{shown(gate)} is among featureGates as well: a gate is open or shut, so leave it out of one.",
            )


def _meant(gate: str) -> str | None:
    """The known gate that one which isn't known looks like."""
    if gate in ALPHA_GATES or gate in _OPEN_GATES:
        return None
    alike = _ALIKE.get(_ENDING.sub("", gate.lower()))
    return alike or next((known for known in _ALIKE.values() if _one_letter_apart(gate, known)), None)


def _one_letter_apart(gate: str, known: str) -> bool:
    """Whether a letter is wrong, missing, too many or in its neighbour's place; short names are too much alike."""
    if len(known) < _DISTINCT or abs(len(gate) - len(known)) > 1:
        return False
    begin = next((at for at, (one, other) in enumerate(zip(gate, known, strict=False)) if one != other), len(known))
    gate, known = gate[begin:], known[begin:]
    swapped = gate[:2] == known[1::-1] and gate[2:] == known[2:]
    return swapped or gate[1:] in (known, known[1:]) or gate == known[1:]
