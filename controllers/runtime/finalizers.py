"""Who still has to clean up before a deleted object may go.

A finalizer is put on before the first thing is made that has to be taken away, and taken off after the last of it is
gone. Both are merge patches of the whole list, which rest on the version that was read: two daemons that do so at one
time don't undo each other, one of them gets a Conflict and looks again.
"""

from controllers.runtime.client import ApiClient
from controllers.runtime.faults import ObjectNotFound
from controllers.runtime.resources import ApiObject, Resource, metadata_of, request_of


def is_deleted(obj: object) -> bool:
    """Whether the object's deletion was asked for; it is there until its last finalizer is gone."""
    return metadata_of(obj).deletion_timestamp is not None


def has_finalizer(obj: object, finalizer: str) -> bool:
    return finalizer in metadata_of(obj).finalizers


async def add_finalizer(client: ApiClient, resource: Resource, obj: object, finalizer: str) -> ApiObject | None:
    """Put the finalizer on; the object's new metadata, or None where it was there or the object is being deleted.

    Raises Conflict where the object was changed since it was read, ObjectNotFound where it is gone.
    """
    if has_finalizer(obj, finalizer) or is_deleted(obj):
        return None
    return await _write(client, resource, obj, [*metadata_of(obj).finalizers, finalizer])


async def remove_finalizer(client: ApiClient, resource: Resource, obj: object, finalizer: str) -> ApiObject | None:
    """Take the finalizer off; the new metadata, or None where it wasn't there. An object that is gone has none."""
    if not has_finalizer(obj, finalizer):
        return None
    try:
        return await _write(client, resource, obj, [one for one in metadata_of(obj).finalizers if one != finalizer])
    except ObjectNotFound:
        return None


async def _write(client: ApiClient, resource: Resource, obj: object, finalizers: list[str]) -> ApiObject:
    metadata = metadata_of(obj)
    return await client.merge_patch(
        resource,
        request_of(obj),
        {"metadata": {"finalizers": finalizers}},
        resource_version=metadata.resource_version,
        uid=metadata.uid,
    )
