"""What is told of a `KubeVirt` resource: whether it is the one in force, and which value of it is wrong."""

from datetime import datetime

from msgspec import Struct

from controllers.runtime.installation import Installation
from controllers.virt_controller.actions import Action, Apply, Tell
from controllers.virt_controller.guest_life import Decision
from controllers.virt_controller.statements import Statement, timestamp, told_already, written
from kvnode import __version__
from kvnode.errors import KvnodeError

_OURS = ("Available", "Degraded", "Progressing")


class Seen(Struct, frozen=True):
    """What a decision rests on; ``counts`` says that this resource is the one whose configuration is in force."""

    installation: Installation
    counts: bool
    fault: KvnodeError | None
    now: datetime


def decide(seen: Seen) -> Decision:
    """What to tell of a KubeVirt resource."""
    installation, status = seen.installation, seen.installation.status
    if installation.metadata.deletion_timestamp:
        return Decision()
    wrong = _what_is_wrong(seen)
    wanted = [
        # No more than is known: whether every daemon is ready, their Deployments and the DaemonSet tell.
        Statement("Available", seen.counts, "ConfigurationInForce" if seen.counts else "NotInForce"),
        Statement("Degraded", wrong is not None, *(wrong or ())),
        Statement("Progressing", False),
    ]
    phase = "Deployed" if seen.counts else "Ignored"
    told = {
        "phase": phase,
        "operatorVersion": __version__,
        "observedKubeVirtVersion": __version__,
        "targetKubeVirtVersion": __version__,
        "observedGeneration": installation.metadata.generation,
    }
    known = (
        status.phase,
        status.operator_version,
        status.observed_kube_virt_version,
        status.target_kube_virt_version,
        status.observed_generation,
    )
    if known == tuple(told.values()) and told_already(wanted, status.conditions, _OURS):
        return Decision()
    actions: list[Action] = []
    if wrong is not None and not any(one.type == "Degraded" and one.message == wrong[1] for one in status.conditions):
        actions.append(Tell("Warning", *wrong))
    conditions = written(wanted, status.conditions, timestamp(seen.now))
    return Decision([*actions, Apply({**told, "conditions": conditions})])


def _what_is_wrong(seen: Seen) -> tuple[str, str] | None:
    if not seen.counts:
        return (
            "NotInForce",
            "there is an older KubeVirt resource, whose configuration is in force: delete either of them",
        )
    if seen.fault is not None:
        return seen.fault.reason, f"{seen.fault}; until that is mended the last good configuration stays in force"
    return None
