"""The kubelet's device plugin API, v1beta1: its messages as values, and their bytes.

The six messages that a plugin needs have a dozen fields between them, so their encoding is written out here: protobuf's
wire format is a sequence of (field number, wire type) keys and values, and what isn't known is skipped by its type.

Source: k8s.io/kubelet/pkg/apis/deviceplugin/v1beta1/api.proto; protobuf.dev, "Encoding".
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from kvnode.errors import KvnodeError

VERSION = "v1beta1"
REGISTRATION = "/v1beta1.Registration/Register"
DEVICE_PLUGIN = "v1beta1.DevicePlugin"
HEALTHY, UNHEALTHY = "Healthy", "Unhealthy"

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_WIDTHS = {_FIXED64: 8, _FIXED32: 4}
_LONGEST_VARINT = 10


class BadMessage(KvnodeError):
    """Bytes that are no message of this API."""

    reason = "BadMessage"


class Device(msgspec.Struct, frozen=True):
    """One thing that the kubelet may allot: its name, and whether it may be allotted now."""

    id: str
    healthy: bool


class DeviceNode(msgspec.Struct, frozen=True):
    """A device file that a container gets: the same path inside as on the node."""

    path: str
    permissions: str = "rw"


def register_request(endpoint: str, resource: str) -> bytes:
    """RegisterRequest: the API's version, the plugin's socket (a name in the kubelet's folder), the resource's name."""
    return _text(1, VERSION) + _text(2, endpoint) + _text(3, resource)


def device_list(devices: list[Device]) -> bytes:
    """ListAndWatchResponse."""
    return b"".join(
        _bytes(1, _text(1, device.id) + _text(2, HEALTHY if device.healthy else UNHEALTHY)) for device in devices
    )


def allocate_request(data: bytes) -> list[list[str]]:
    """AllocateRequest: the names that are allotted to each container. Raises BadMessage."""
    return [
        [_decoded(name) for number, name in _fields(container) if number == 1]
        for number, container in _fields(data)
        if number == 1
    ]


def allocate_response(containers: list[list[DeviceNode]]) -> bytes:
    """AllocateResponse: the device files of each container."""
    return b"".join(
        _bytes(
            1,
            b"".join(
                _bytes(3, _text(1, node.path) + _text(2, node.path) + _text(3, node.permissions)) for node in nodes
            ),
        )
        for nodes in containers
    )


def _text(number: int, text: str) -> bytes:
    return _bytes(number, text.encode())


def _bytes(number: int, data: bytes) -> bytes:
    return _varint(number << 3 | _BYTES) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _fields(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The length-delimited fields of a message, in order; fields of other types are passed over."""
    position = 0
    while position < len(data):
        key, position = _read_varint(data, position)
        number, kind = key >> 3, key & 7
        if kind == _VARINT:
            _, position = _read_varint(data, position)
            continue
        if kind == _BYTES:
            length, position = _read_varint(data, position)
        elif kind in _WIDTHS:
            length = _WIDTHS[kind]
        else:
            raise BadMessage(f"field {number} of a message of the kubelet has the wire type {kind}, which there isn't")
        if position + length > len(data):
            raise BadMessage(f"field {number} of a message of the kubelet is cut off at byte {len(data)}")
        if kind == _BYTES:
            yield number, data[position : position + length]
        position += length


def _read_varint(data: bytes, position: int) -> tuple[int, int]:
    value = 0
    for place in range(_LONGEST_VARINT):
        if position + place >= len(data):
            break
        byte = data[position + place]
        value |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return value, position + place + 1
    raise BadMessage(f"a message of the kubelet has a number at byte {position} that doesn't end")


def _decoded(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise BadMessage(f"a device is called {data[:40]!r}, which is no UTF-8") from None
