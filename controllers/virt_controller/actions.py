"""What a decision may ask for, as values; and the one function that carries a list of them out.

The subject is the object that the decision is about. Whatever is written to it rests on what was read of it, so each
write names its resource version and hands the new one on to the next: a decision made on an old state ends in a
Conflict at its first write and is made again. Fields that others write too (phase, finalizers, requests) go as merge
patches; what is ours alone (conditions, for the most part) by server-side apply.

Actions are carried out in their order, and the first that fails ends the run: what stands behind it may rest on it.
"""

from typing import Any, Protocol

from msgspec import Struct

from controllers.runtime.client import ApiClient
from controllers.runtime.faults import ApiError, Conflict, in_words
from controllers.runtime.resources import ApiObject, KubernetesObject, Request, Resource, request_of
from kvnode.api.decode import convert
from kvnode.api.meta import ObjectMeta
from kvnode.errors import KvnodeError


class Create(Struct, frozen=True):
    """Make an object. One of this name that is there already is ours if it has the owner that ours would have: names
    are derived, so an attempt whose answer was lost made just this one. Any other is not taken over."""

    resource: Resource
    body: dict[str, Any]


class Delete(Struct, frozen=True):
    """Ask for an object's deletion, of just this uid."""

    resource: Resource
    request: Request
    uid: str


class Patch(Struct, frozen=True):
    """Change fields of the subject, as RFC 7386 has it."""

    patch: dict[str, Any]
    subresource: str = ""


class Apply(Struct, frozen=True):
    """What is ours of the subject's status; what was ours and isn't named any more goes."""

    status: dict[str, Any]


class Tell(Struct, frozen=True):
    """An event about the subject, for its owner."""

    type: str
    reason: str
    message: str


Action = Create | Delete | Patch | Apply | Tell


class Recorder(Protocol):
    """Who writes events."""

    def event(self, resource: Resource, obj: KubernetesObject, type: str, reason: str, message: str) -> None: ...


class NotCreated(KvnodeError):
    """The API server knows what we want to make and doesn't allow it; ``version`` is the subject's by then."""

    reason = "FailedCreate"
    retryable = True

    def __init__(self, why: str, version: str | None) -> None:
        super().__init__(why)
        self.version = version


class NameTaken(NotCreated):
    """Somebody else's object has the name that ours has to have."""

    reason = "NameTaken"


async def carry_out(
    actions: list[Action],
    resource: Resource,
    subject: KubernetesObject,
    client: ApiClient,
    recorder: Recorder,
    version: str | None = None,
) -> None:
    """Carry the actions out in their order; ``version`` is the subject's where it was written to since it was read.

    Raises the ApiError of the first that fails, NotCreated where that is a refusal to create.
    """
    version = version or subject.metadata.resource_version
    for action in actions:
        if isinstance(action, Create):
            await _create(action, client, version)
        elif isinstance(action, Delete):
            await client.delete(action.resource, action.request, uid=action.uid)
        elif isinstance(action, Patch):
            version = await _patch(action, resource, subject, client, version)
        elif isinstance(action, Apply):
            version = await _apply(action, resource, subject, client, version)
        else:
            recorder.event(resource, subject, action.type, action.reason, action.message)


async def _create(action: Create, client: ApiClient, version: str | None) -> None:
    try:
        await client.create(action.resource, action.body)
    except ApiError as error:
        if isinstance(error, Conflict) and error.reason == "AlreadyExists":
            await _see_that_it_is_ours(action, client, version, error)
            return
        # A quota, a policy, a webhook: whatever they answer by, it is news for the owner and no accident.
        if 400 <= error.status < 500 and not error.retryable:
            raise NotCreated(in_words(error), version) from None
        raise


async def _see_that_it_is_ours(action: Create, client: ApiClient, version: str | None, error: Conflict) -> None:
    """Raises NameTaken where what has the name has another owner than ours would have."""
    meta = action.body["metadata"]
    live = await client.find(action.resource, Request(meta["namespace"], meta["name"]), ApiObject)
    if live is None:
        # It has gone meanwhile: the next attempt finds the name free.
        raise error
    ours = convert({"ownerReferences": meta["ownerReferences"]}, ObjectMeta)
    if _controller(live.metadata) != _controller(ours):
        why = f"there is a {action.resource.kind} {meta['name']} already that isn't ours: it is left alone; delete it"
        raise NameTaken(why, version) from None


def _controller(meta: ObjectMeta) -> tuple[str, str, str] | None:
    """The owner that controls an object: group, kind and uid."""
    owners = (owner for owner in meta.owner_references if owner.controller)
    return next(((one.api_version.partition("/")[0], one.kind, one.uid) for one in owners), None)


async def _patch(
    action: Patch, resource: Resource, subject: KubernetesObject, client: ApiClient, version: str | None
) -> str | None:
    patched = await client.merge_patch(
        resource, request_of(subject), action.patch, resource_version=version, subresource=action.subresource
    )
    return patched.metadata.resource_version


async def _apply(
    action: Apply, resource: Resource, subject: KubernetesObject, client: ApiClient, version: str | None
) -> str | None:
    meta = subject.metadata
    # The uid keeps an apply from giving a status to a later object of the same name.
    head = {"namespace": meta.namespace, "name": meta.name, "uid": meta.uid, "resourceVersion": version}
    applied = await client.apply(resource, {"metadata": head, "status": action.status}, subresource="status")
    return applied.metadata.resource_version
