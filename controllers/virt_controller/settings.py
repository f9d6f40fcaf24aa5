"""What the default `KubeVirt` resource decides for launcher Pods, with every default in place.

It is read anew for each reconcile, so a change holds from the next guest on. `configuration` goes on to defaulting,
validation and planning as it is.
"""

from typing import Any

from msgspec import Struct

from controllers.runtime.informer import Informer
from controllers.runtime.installation import Installation, LiveConfiguration
from kvnode.api.configuration import KubeVirtConfiguration
from kvnode.api.settings import typed_configuration

LAUNCHER_IMAGE = "localhost/kvnode/kvnode:v0.1.0"

_CPU_ALLOCATION_RATIO = 10
_MEMORY_PERCENT = 100


class LauncherSettings(Struct, frozen=True):
    """
    image               -- the launcher's
    pull_policy         -- for that image
    emulation           -- whether a guest may run without KVM
    vcpus_a_cpu         -- how many vCPUs share the reservation of one CPU
    memory_percent      -- the guest's memory in percent of what its Pod reserves for it
    node_selector       -- labels of nodes that guests may run on
    runtime_class       -- of guests' Pods, or None for the cluster's
    configuration       -- all of it, for whoever plans
    """

    image: str = LAUNCHER_IMAGE
    pull_policy: str = "IfNotPresent"
    emulation: bool = False
    vcpus_a_cpu: int = _CPU_ALLOCATION_RATIO
    memory_percent: int = _MEMORY_PERCENT
    node_selector: dict[str, str] = {}
    runtime_class: str | None = None
    configuration: KubeVirtConfiguration = KubeVirtConfiguration()


def launcher_settings(configuration: dict[str, Any] | KubeVirtConfiguration, image: str) -> LauncherSettings:
    """The settings of one ``spec.configuration``. Raises InvalidManifest for a value of a wrong type, by its path."""
    read = typed_configuration(configuration)
    developer = read.developer_configuration
    return LauncherSettings(
        image=image,
        pull_policy=read.image_pull_policy or "IfNotPresent",
        emulation=bool(developer and developer.use_emulation),
        vcpus_a_cpu=max((developer and developer.cpu_allocation_ratio) or _CPU_ALLOCATION_RATIO, 1),
        memory_percent=max((developer and developer.memory_overcommit) or _MEMORY_PERCENT, 1),
        node_selector=(developer and developer.node_selectors) or {},
        runtime_class=read.default_runtime_class or None,
        configuration=read,
    )


def live_settings(installations: Informer[Installation], image: str) -> LiveConfiguration[LauncherSettings]:
    """The settings in force; ``image`` is the launcher's."""
    return LiveConfiguration(installations, lambda configuration: launcher_settings(configuration, image))
