"""The default `KubeVirt` resource: the configuration that all guests are made by, live, and what is told of it.

Of several the oldest counts; without any, every default holds. A configuration that can't be read changes nothing: the
last good one stays in force, and the resource has a condition that says which value is wrong.
"""

from datetime import datetime
from typing import Any

from msgspec import Struct, field

from controllers.runtime.informer import Informer
from controllers.virt_controller.actions import Action, Apply, Tell
from controllers.virt_controller.guest_life import Decision
from controllers.virt_controller.settings import LauncherSettings, launcher_settings
from controllers.virt_controller.statements import Statement, timestamp, told_already, written
from kvnode import __version__
from kvnode.api.base import Model
from kvnode.api.kubevirt import KubeVirtStatus
from kvnode.api.meta import ObjectMeta
from kvnode.errors import KvnodeError

_OURS = ("Available", "Degraded", "Progressing")


class InstallationSpec(Model, frozen=True):
    """Of the spec, the configuration, as it was written."""

    configuration: dict[str, Any] = field(default_factory=dict)  # settings for every guest


class Installation(Model, frozen=True):
    """A KubeVirt resource."""

    metadata: ObjectMeta = ObjectMeta()  # name, place and history
    spec: InstallationSpec = InstallationSpec()  # what should be installed
    status: KubeVirtStatus = KubeVirtStatus()  # what is installed


class LiveSettings:
    """The settings in force, read from the informer when they are asked for and kept while nothing changes."""

    def __init__(self, installations: Informer[Installation], launcher_image: str) -> None:
        self._installations = installations
        self._image = launcher_image
        self._made_from: tuple[str | None, str | None] | None = None
        self._settings = LauncherSettings(image=launcher_image)
        self.fault: KvnodeError | None = None
        """What is wrong with the configuration of the resource that counts."""

    def current(self) -> LauncherSettings:
        """The settings in force."""
        chosen = self.chosen()
        made_from = (chosen.metadata.uid, chosen.metadata.resource_version) if chosen is not None else (None, None)
        if made_from != self._made_from:
            self._made_from = made_from
            try:
                configuration = chosen.spec.configuration if chosen is not None else {}
                self._settings, self.fault = launcher_settings(configuration, self._image), None
            except KvnodeError as error:
                self.fault = error
        return self._settings

    def chosen(self) -> Installation | None:
        """The resource that counts: the oldest."""
        return min(
            self._installations.items(),
            key=lambda one: (one.metadata.creation_timestamp or "", one.metadata.uid or ""),
            default=None,
        )


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
        Statement("Available", seen.counts, "AllComponentsReady" if seen.counts else "NotInForce"),
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
