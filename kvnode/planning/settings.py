"""What the plan reads of the ``KubeVirt`` resource's ``spec.configuration``, with every default in place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kvnode.api.configuration import KubeVirtConfiguration
from kvnode.api.settings import typed_configuration
from kvnode.errors import VALUE_INVALID, FieldError, InvalidManifest
from kvnode.planning.intermediate import PlanSettings

Configuration = Mapping[str, Any] | KubeVirtConfiguration


_PLAIN = PlanSettings()


def plan_settings(config: Configuration | None) -> PlanSettings:
    """The settings of a configuration: a plain dict, the typed object, or None for a cluster's defaults.

    Raises InvalidManifest for a value of a wrong type, with its path.
    """
    if not config:
        return _PLAIN
    config = typed_configuration(config)
    options, smbios = config.virtual_machine_options, config.smbios
    entries: tuple[tuple[str, str | None], ...] = ()
    if smbios is not None:
        entries = (
            ("manufacturer", smbios.manufacturer),
            ("product", smbios.product),
            ("version", smbios.version),
            ("sku", smbios.sku),
            ("family", smbios.family),
        )
    return PlanSettings(
        tuple((name, value) for name, value in entries if value),
        options is None or options.disable_free_page_reporting is None,
        options is None or options.disable_serial_console_log is None,
        _tap_plugins(config),
        _ratio(config.additional_guest_memory_overhead_ratio),
    )


def _tap_plugins(config: KubeVirtConfiguration) -> frozenset[str]:
    plugins = config.network.binding if config.network is not None and config.network.binding is not None else {}
    return frozenset(name for name, plugin in plugins.items() if plugin.domain_attachment_type in ("tap", "managedTap"))


def _ratio(text: str | None) -> float:
    field = "spec.configuration.additionalGuestMemoryOverheadRatio"
    if not text:
        return 1.0
    try:
        ratio = float(text)
    except ValueError:
        raise InvalidManifest([FieldError(field, VALUE_INVALID, f"{text[:60]!r} is not a number")]) from None
    if not 1.0 <= ratio <= 100.0:
        message = f"{text[:60]} isn't a factor from 1 to 100: less than what a guest takes would have it killed"
        raise InvalidManifest([FieldError(field, VALUE_INVALID, message)])
    return ratio
