"""Objects besides guests that come in the same file: Secrets, ConfigMaps, DataVolumes, and whatever else.

A guest's cloud-init data may lie in a Secret; without a cluster that Secret comes from the guest's own file. Kinds
that nothing here reads are kept whole as RawObject, so that `load_all` loses nothing.
"""

from typing import Any

from msgspec import field

from kvnode.api.base import Model
from kvnode.api.data_volumes import DataVolumeSpec
from kvnode.api.meta import ObjectMeta


class Secret(Model, frozen=True):
    """Small confidential data, by key."""

    api_version: str = field(default_factory=lambda: "v1")  # `v1`
    kind: str = field(default_factory=lambda: "Secret")  # `Secret`
    metadata: ObjectMeta = ObjectMeta()  # name, place and history
    data: dict[str, str] | None = None  # values in base64
    string_data: dict[str, str] | None = None  # values as text; they win over `data`
    type: str | None = None  # what the keys mean, `Opaque` if nobody says
    immutable: bool | None = None  # whether the data may never change


class ConfigMap(Model, frozen=True):
    """Small data that isn't confidential, by key."""

    api_version: str = field(default_factory=lambda: "v1")  # `v1`
    kind: str = field(default_factory=lambda: "ConfigMap")  # `ConfigMap`
    metadata: ObjectMeta = ObjectMeta()  # name, place and history
    data: dict[str, str] | None = None  # values as text
    binary_data: dict[str, str] | None = None  # values in base64
    immutable: bool | None = None  # whether the data may never change


class DataVolume(Model, frozen=True):
    """A claim, and the content to fill it with."""

    api_version: str = field(default_factory=lambda: "cdi.kubevirt.io/v1beta1")  # `cdi.kubevirt.io/v1beta1`
    kind: str = field(default_factory=lambda: "DataVolume")  # `DataVolume`
    metadata: ObjectMeta = ObjectMeta()  # name, place and history
    spec: DataVolumeSpec = DataVolumeSpec()  # content and claim
    status: dict[str, Any] | None = None  # how far the import is; the importer's own


class RawObject(Model, frozen=True):
    """An object of a kind without a type here: its head is typed, the whole is kept as it was read."""

    api_version: str = ""  # group and version
    kind: str = ""  # the kind
    metadata: ObjectMeta = ObjectMeta()  # name, place and history
    document: dict[str, Any] = field(default_factory=dict)  # the whole object, apiVersion, kind and metadata too
