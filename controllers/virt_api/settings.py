"""The rules that admission goes by: those of the configuration in force."""

import logging
from typing import Any

from controllers.runtime.faults import in_words
from controllers.runtime.informer import Informer
from controllers.runtime.installation import Installation, LiveConfiguration
from controllers.virt_api.admission import Rules
from kvnode.api.settings import settings_of, typed_configuration
from kvnode.errors import KvnodeError

log = logging.getLogger(__name__)


def live_rules(installations: Informer[Installation], namespace: str) -> LiveConfiguration[Rules]:
    """The rules in force; ``namespace`` is the installation's own."""

    def read(written: dict[str, Any]) -> Rules:
        try:
            configuration = typed_configuration(written)
            # Quantities and the like are only looked at here.
            settings_of(configuration)
        except KvnodeError as error:
            log.warning("the configuration can't be read, the last good one stays in force: %s", in_words(error))
            raise
        return Rules(configuration, namespace)

    return LiveConfiguration(installations, read)
