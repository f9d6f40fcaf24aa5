"""The configuration in force: that of the oldest KubeVirt resource, live.

One that can't be read changes nothing: the last good one stays in force, and virt-controller says on the resource
what is wrong with it. Without a resource every default holds.
"""

import logging

from controllers.runtime.faults import in_words
from controllers.runtime.informer import Informer
from controllers.virt_api.admission import Rules
from controllers.virt_api.objects import Installation
from kvnode.api.configuration import KubeVirtConfiguration
from kvnode.api.settings import settings_of, typed_configuration
from kvnode.errors import KvnodeError

log = logging.getLogger(__name__)


class LiveRules:
    """What admission goes by, read from the informer when it is asked for and kept while nothing changes."""

    def __init__(self, installations: Informer[Installation], namespace: str) -> None:
        self._installations = installations
        self._made_from: tuple[str | None, str | None] | None = None
        self._rules = Rules(KubeVirtConfiguration(), namespace)

    def current(self) -> Rules:
        """The rules in force."""
        chosen = min(
            self._installations.items(),
            key=lambda one: (one.metadata.creation_timestamp or "", one.metadata.uid or ""),
            default=None,
        )
        made_from = (chosen.metadata.uid, chosen.metadata.resource_version) if chosen is not None else (None, None)
        if made_from != self._made_from:
            self._made_from = made_from
            try:
                configuration = typed_configuration(chosen.spec.configuration if chosen is not None else {})
                # Quantities and the like are only looked at here.
                settings_of(configuration)
                self._rules = Rules(configuration, self._rules.namespace)
            except KvnodeError as error:
                log.warning("the configuration can't be read, the last good one stays in force: %s", in_words(error))
        return self._rules
