"""cloud-init's NoCloud seed: an ISO called ``cidata`` with user-data, meta-data and network-config.

Names are in Rock Ridge and Joliet, since ISO 9660's own can't have them.  The same data gives the same bytes: pycdlib
takes the time of day for every date, so dates are set to one moment afterwards, in the places that the standard gives
them.

Source: cloud-init, "NoCloud", "Source 2: Drive with labeled filesystem"; ECMA-119, 8.4 and 9.1.5.
"""

import io
from collections.abc import Iterator

from kvnode.planning.disk_files import CloudInitNoCloud

VOLUME_ID = "cidata"

_SECTOR = 2048
_FIRST_DESCRIPTOR = 16 * _SECTOR
_PRIMARY, _SUPPLEMENTARY, _TERMINATOR = 1, 2, 255
_VOLUME_DATES = range(813, 813 + 4 * 17, 17)  # creation, modification, expiration, effective
_ROOT_RECORD = 156
_NEVER = b"0" * 16 + b"\0"
_VOLUME_DATE = b"2020010100000000\0"
_RECORD_DATE = bytes([2020 - 1900, 1, 1, 0, 0, 0, 0])
_RECORD_DATE_AT = 18
_TIME_STAMPS = b"TF"


def no_cloud_iso(operation: CloudInitNoCloud) -> bytes:
    """The seed as the bytes of an ISO. Files that the guest was not given are left out, but for user-data."""
    files = {"meta-data": operation.meta_data, "user-data": operation.user_data or b""}
    if operation.network_data is not None:
        files["network-config"] = operation.network_data
    return _iso(files)


def _iso(files: dict[str, bytes]) -> bytes:
    import pycdlib  # type: ignore[import-untyped, unused-ignore]

    iso = pycdlib.PyCdlib()
    iso.new(interchange_level=3, vol_ident=VOLUME_ID, joliet=3, rock_ridge="1.09")
    for number, (name, content) in enumerate(sorted(files.items())):
        iso.add_fp(
            io.BytesIO(content),
            len(content),
            f"/FILE{number}.;1",
            rr_name=name,
            joliet_path=f"/{name}",
            file_mode=0o100444,
        )
    target = io.BytesIO()
    iso.write_fp(target)
    iso.close()
    image = bytearray(target.getvalue())
    _set_dates(image)
    return bytes(image)


def _set_dates(image: bytearray) -> None:
    """Sets every date of volumes, folders and files to the same moment."""
    for descriptor in range(_FIRST_DESCRIPTOR, len(image), _SECTOR):
        if image[descriptor] == _TERMINATOR:
            return
        if image[descriptor] not in (_PRIMARY, _SUPPLEMENTARY):
            continue
        for offset in _VOLUME_DATES:
            at = descriptor + offset
            if image[at : at + 17] != _NEVER:
                image[at : at + 17] = _VOLUME_DATE
        root = descriptor + _ROOT_RECORD
        image[root + _RECORD_DATE_AT : root + _RECORD_DATE_AT + 7] = _RECORD_DATE
        for record in _records(image, root):
            image[record + _RECORD_DATE_AT : record + _RECORD_DATE_AT + 7] = _RECORD_DATE
            _set_time_stamps(image, record)


def _records(image: bytearray, folder: int) -> Iterator[int]:
    """Where the records of a folder lie; ``folder`` is where its own record does. Records don't cross sectors."""
    start = int.from_bytes(image[folder + 2 : folder + 6], "little") * _SECTOR
    end = start + int.from_bytes(image[folder + 10 : folder + 14], "little")
    at = start
    while at < end:
        length = image[at]
        if length == 0:
            at += _SECTOR - at % _SECTOR
            continue
        yield at
        at += length


def _set_time_stamps(image: bytearray, record: int) -> None:
    """Sets Rock Ridge's times (RRIP 4.1.6: signature, length, version, flags, then seven bytes for each date)."""
    name_length = image[record + 32]
    at = record + 33 + name_length + (name_length + 1) % 2
    end = record + image[record]
    while at + 4 <= end and image[at + 2] >= 4:
        length = image[at + 2]
        if image[at : at + 2] == _TIME_STAMPS:
            for date in range(at + 5, at + length, 7):
                image[date : date + 7] = _RECORD_DATE
        at += length
