"""What is told of a `KubeVirt` resource: whether it is in force, what is wrong in it, and whether all daemons are up.

`Available` waits at first for everything, and from then on holds while each daemon serves somewhere: one node that is
away doesn't make the installation unavailable to the others, and is told by `Degraded`. What the resource asks for and
this build doesn't follow is told by `FieldsNotFollowed`, which isn't there where that is nothing.
"""

from datetime import datetime

from msgspec import Struct

from controllers.runtime.installation import Installation
from controllers.virt_controller.actions import Action, Apply, Tell
from controllers.virt_controller.components import Components
from controllers.virt_controller.guest_life import Decision
from controllers.virt_controller.statements import Statement, timestamp, told_already, written
from kvnode import __version__
from kvnode.api.unsupported_installation import installation_without_effect
from kvnode.errors import KvnodeError

_NOT_FOLLOWED = "FieldsNotFollowed"
_OURS = ("Available", "Degraded", "Progressing", _NOT_FOLLOWED)
_MOST_FIELDS = 12
_READY = "AllComponentsReady"
_NOT_READY = "ComponentsNotReady"


class Seen(Struct, frozen=True):
    """What a decision rests on; ``counts`` says that this resource is the one whose configuration is in force."""

    installation: Installation
    counts: bool
    fault: KvnodeError | None
    components: Components
    now: datetime


def decide(seen: Seen) -> Decision:
    """What to tell of a KubeVirt resource."""
    installation, status = seen.installation, seen.installation.status
    if installation.metadata.deletion_timestamp:
        return Decision()
    wrong = _what_is_wrong(seen)
    available = _available(seen)
    wanted = [available, _degraded(seen, wrong), _progressing(seen), *_not_followed(seen)]
    if not seen.counts:
        phase = "Ignored"
    else:
        phase = "Deployed" if available.holds or status.phase == "Deployed" else "Deploying"
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


def _available(seen: Seen) -> Statement:
    if not seen.counts:
        return Statement("Available", False, "NotInForce")
    was = any(one.type == "Available" and one.status == "True" for one in seen.installation.status.conditions)
    parts = seen.components
    # A DaemonSet that nobody has taken up yet wants no Pods, and so lacks none: at first that is waited for as well.
    said = parts.down if was else parts.lacking or parts.rolling
    return Statement("Available", False, _NOT_READY, said) if said else Statement("Available", True, _READY)


def _degraded(seen: Seen, wrong: tuple[str, str] | None) -> Statement:
    if wrong is not None:
        return Statement("Degraded", True, *wrong)
    # While a change arrives, less than all serves as a matter of course.
    if seen.components.lacking and not seen.components.rolling:
        return Statement("Degraded", True, _NOT_READY, seen.components.lacking)
    return Statement("Degraded", False)


def _progressing(seen: Seen) -> Statement:
    if seen.counts and seen.components.rolling:
        return Statement("Progressing", True, "RollingOut", seen.components.rolling)
    return Statement("Progressing", False)


def _not_followed(seen: Seen) -> list[Statement]:
    fields = [one.field for one in installation_without_effect(seen.installation.spec)] if seen.counts else []
    if not fields:
        return []
    more = len(fields) - _MOST_FIELDS
    named = ", ".join(fields[:_MOST_FIELDS]) + (f" and {more} more" if more > 0 else "")
    message = f"this build doesn't follow these fields yet, and nothing comes of them: {named}"
    return [Statement(_NOT_FOLLOWED, True, "NotBuiltYet", message)]
