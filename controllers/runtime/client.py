"""Calls to an API server: bytes out and in over the official client's transport, typed by msgspec.

What holds for every call:
- Nothing is written back whole. Writes are creates, server-side applies, and patches that name what they change, so
  a field that we don't know survives. A patch that rests on what was read names its resource version.
- 429 is waited out as the server asks, a few times: it did nothing. 401 has the credentials read again, once. Nothing
  else is repeated here: a failed write may have happened, and the reconcile that looks again knows better.
- Each call has a deadline; a watch has one for its silence, since a server that is alive sends a bookmark a minute.
- What the server warns of is logged, once: a field that it doesn't know and has dropped, a version that will go.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from types import TracebackType
from typing import Any, TypeVar
from urllib.parse import urlencode

import aiohttp
import msgspec
from kubernetes.aio.client.configuration import Configuration
from kubernetes.aio.client.rest import RESTClientObject, RESTResponse
from kubernetes.aio.config import ConfigException

from controllers.runtime.credentials import Load, transport_identity
from controllers.runtime.faults import (
    ApiError,
    Conflict,
    Invalid,
    ObjectNotFound,
    TooManyRequests,
    Unauthorized,
    Unreachable,
    in_words,
    refusal,
)
from controllers.runtime.metrics import Metrics
from controllers.runtime.resources import ApiObject, Request, Resource
from kvnode.api.decode import decode

T = TypeVar("T", bound=msgspec.Struct)
Body = Mapping[str, Any] | msgspec.Struct

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"

CALL_TIMEOUT_S = 30.0
PAGE_TIMEOUT_S = 60.0
CONNECT_TIMEOUT_S = 10.0
# How often a 429 is waited out, and how long the server may ask us to wait before the caller is to decide.
PATIENCE = 4
LONGEST_WAIT_S = 15.0
# Credentials that don't help are not read again for every call that fails by them.
RELOAD_PAUSE_S = 1.0
# etcd takes objects of 1.5 MiB; whatever is longer on one line of a watch is no object.
LONGEST_EVENT_BYTES = 16 << 20
# Warnings are few; more than so many different ones are no longer told apart.
MOST_WARNINGS = 256

log = logging.getLogger(__name__)


class ApiClient:
    """One daemon's client. ``field_owner`` is its name in managed fields and in the server's logs.

    Use it as an async context manager. All methods raise `ApiError`.
    """

    def __init__(self, load: Load, *, field_owner: str, metrics: Metrics | None = None) -> None:
        self.field_owner = field_owner
        self._load = load
        self._metrics = metrics or Metrics()
        self._reload = asyncio.Lock()
        self._loaded_at = 0.0
        self._identity = ""
        self._configuration: Configuration | None = None
        self._rest: RESTClientObject | None = None
        self._warned: set[str] = set()

    async def __aenter__(self) -> "ApiClient":
        await self._read_credentials()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._rest is not None:
            await self._rest.close()

    # Reading.

    async def get(self, resource: Resource, request: Request, kind: type[T]) -> T:
        """The object; ObjectNotFound where there is none, InvalidManifest where it can't be read as a ``kind``."""
        return decode(await self.request("GET", resource.path_of(request)), kind)

    async def find(self, resource: Resource, request: Request, kind: type[T]) -> T | None:
        """The object, or None where there is none."""
        try:
            return await self.get(resource, request, kind)
        except ObjectNotFound:
            return None

    # Writing; each answers with the object's metadata as it is now.

    async def create(self, resource: Resource, body: Body) -> ApiObject:
        """Make a new object; Conflict with reason ``AlreadyExists`` where its name is taken."""
        value = msgspec.to_builtins(body)
        path = resource.path((value.get("metadata") or {}).get("namespace") or "")
        return _metadata(await self.request("POST", path, query=self._owner(), body=value))

    async def apply(self, resource: Resource, body: Body, *, subresource: str = "", force: bool = True) -> ApiObject:
        """Server-side apply: what the body says is ours, what we said before and no longer say goes.

        Another owner's fields are taken over, or with ``force=False`` a Conflict names them. A body without
        ``apiVersion`` and ``kind`` gets the resource's; with ``metadata.uid`` or ``metadata.resourceVersion``, Conflict
        where the object isn't that one any more.
        """
        value = {"apiVersion": resource.api_version, "kind": resource.kind, **msgspec.to_builtins(body)}
        request = Request(value["metadata"].get("namespace") or "", value["metadata"]["name"])
        path = resource.path_of(request, subresource)
        query = {**self._owner(), "force": "true" if force else "false"}
        with _another_uid():
            answer = await self.request("PATCH", path, query=query, body=value, content_type=APPLY_PATCH)
        return _metadata(answer)

    async def merge_patch(
        self,
        resource: Resource,
        request: Request,
        patch: Mapping[str, Any],
        *,
        resource_version: str | None = None,
        uid: str | None = None,
        subresource: str = "",
        dry_run: bool = False,
    ) -> ApiObject:
        """RFC 7386: named fields change, null removes, a list is replaced whole.

        With ``resource_version`` or ``uid``, Conflict where the object isn't that one any more. With ``dry_run`` the
        server says whether it would do it, and doesn't.
        """
        value = msgspec.to_builtins(patch)
        must = {key: wanted for key, wanted in (("resourceVersion", resource_version), ("uid", uid)) if wanted}
        if must:
            value = {**value, "metadata": {**(value.get("metadata") or {}), **must}}
        path = resource.path_of(request, subresource)
        query = {**self._owner(), **({"dryRun": "All"} if dry_run else {})}
        with _another_uid():
            answer = await self.request("PATCH", path, query=query, body=value, content_type=MERGE_PATCH)
        return _metadata(answer)

    async def json_patch(
        self, resource: Resource, request: Request, operations: list[dict[str, Any]], *, subresource: str = ""
    ) -> ApiObject:
        """RFC 6902; a ``test`` that doesn't hold is Invalid."""
        path = resource.path_of(request, subresource)
        return _metadata(
            await self.request("PATCH", path, query=self._owner(), body=operations, content_type=JSON_PATCH)
        )

    async def delete(
        self,
        resource: Resource,
        request: Request,
        *,
        uid: str | None = None,
        resource_version: str | None = None,
        grace_period_s: int | None = None,
        propagation: str | None = None,
    ) -> bool:
        """Ask for the object's deletion; False where it is gone already.

        ``uid`` and ``resource_version`` are preconditions: Conflict where another object has the name by now.
        """
        options: dict[str, Any] = {"apiVersion": "v1", "kind": "DeleteOptions"}
        must = {key: wanted for key, wanted in (("uid", uid), ("resourceVersion", resource_version)) if wanted}
        if must:
            options["preconditions"] = must
        if grace_period_s is not None:
            options["gracePeriodSeconds"] = grace_period_s
        if propagation is not None:
            options["propagationPolicy"] = propagation
        try:
            await self.request("DELETE", resource.path_of(request), body=options)
        except ObjectNotFound:
            return False
        return True

    # Below: bytes.

    async def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: object = None,
        content_type: str = JSON,
        timeout_s: float = CALL_TIMEOUT_S,
    ) -> bytes:
        """One call's answer as bytes; ``body`` is of JSON's types."""
        timeout = aiohttp.ClientTimeout(total=timeout_s, connect=CONNECT_TIMEOUT_S)
        response = await self._answer(method, path, query, body, content_type, timeout)
        return await self._read(response, f"{method} {path}")

    @asynccontextmanager
    async def watch(self, path: str, query: Mapping[str, str], silence_s: float) -> AsyncIterator[AsyncIterator[bytes]]:
        """The lines of a watch. They end where the server ends them; Unreachable where they break off.

        ``silence_s`` is how long nothing at all may come before the connection is taken for dead.
        """
        timeout = aiohttp.ClientTimeout(total=None, connect=CONNECT_TIMEOUT_S, sock_read=silence_s)
        response = await self._answer("GET", path, {**query, "watch": "1"}, None, JSON, timeout)
        try:
            yield _lines(response.response.content, f"watch {path}")
        finally:
            connection = response.response.connection
            transport = connection.transport if connection is not None else None
            response.response.close()
            if transport is not None:
                # TLS's goodbye waits for the server's, and nobody waits for either: the loop may end before.
                transport.abort()

    async def _answer(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None,
        body: object,
        content_type: str,
        timeout: aiohttp.ClientTimeout,
    ) -> RESTResponse:
        """A successful answer, its body unread; every other one is raised."""
        waited = 0
        knew_us = True
        while True:
            begun = time.monotonic()
            try:
                response = await self._send(method, path, query, body, content_type, timeout)
                if response.status < 400:
                    self._heed(response.headers.getall("Warning", ()), f"{method} {path}")
                    return response
                said = await self._read(response, f"{method} {path}")
                error = refusal(f"{method} {path}", response.status, said, response.getheader("Retry-After"))
            except Unauthorized as unauthorized:
                error = unauthorized
            if isinstance(error, TooManyRequests) and waited < PATIENCE:
                pause_s = 1.0 if error.retry_after_s is None else error.retry_after_s
                if pause_s <= LONGEST_WAIT_S:
                    waited += 1
                    await asyncio.sleep(pause_s)
                    continue
            if isinstance(error, Unauthorized) and knew_us:
                knew_us = False
                await self._read_credentials(since=begun)
                continue
            raise error

    async def _send(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None,
        body: object,
        content_type: str,
        timeout: aiohttp.ClientTimeout,
    ) -> RESTResponse:
        if self._rest is None or self._configuration is None:
            raise Unreachable(f"{method} {path}: the client was not opened (async with)")
        url = f"{self._configuration.host}{path}" + (f"?{urlencode(query)}" if query else "")
        headers = {"Accept": JSON, "Content-Type": content_type, "User-Agent": self.field_owner}
        status = "<error>"
        try:
            # This is where a service account's token is read again, once a minute.
            token = await self._configuration.get_api_key_with_prefix("BearerToken", alias="authorization")
            if token:
                headers["Authorization"] = token
            response: RESTResponse = await self._rest.request(
                method, url, headers=headers, body=body, _request_timeout=timeout
            )
            status = str(response.status)
            return response
        except (aiohttp.ClientSSLError, aiohttp.ClientConnectorCertificateError) as error:
            # Perhaps the cluster's authority was rotated: reading the credentials again is the same cure.
            raise Unauthorized(f"{method} {path}: {error}", reason="Certificate") from None
        except ConfigException as error:
            raise Unauthorized(f"{method} {path}: {error}", reason="Credentials") from None
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise Unreachable(f"{method} {path}: {_what_broke(error)}") from None
        finally:
            self._metrics.requests.labels(method=method, code=status).inc()

    async def _read(self, response: RESTResponse, call: str) -> bytes:
        try:
            return bytes(await response.read())
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise Unreachable(f"{call}: the answer broke off: {_what_broke(error)}") from None

    async def _read_credentials(self, since: float | None = None) -> None:
        """Load the credentials, unless another call has since; the connections stay where nothing of theirs changed."""
        async with self._reload:
            now = time.monotonic()
            if since is not None and (self._loaded_at > since or now - self._loaded_at < RELOAD_PAUSE_S):
                return
            self._loaded_at = now
            try:
                configuration = await self._load()
                identity = transport_identity(configuration)
                stays = identity == self._identity and self._rest is not None
                rest = self._rest if stays else RESTClientObject(configuration)
            except (OSError, ValueError) as error:
                # A file that is being replaced, or a certificate that is none; ssl's errors are OSErrors.
                raise Unauthorized(f"the credentials can't be used: {in_words(error)}", reason="Credentials") from None
            self._configuration, self._identity = configuration, identity
            if not stays:
                old, self._rest = self._rest, rest
                if old is not None:
                    log.info("the API server's authority or our certificate changed: connecting anew")
                    await old.close()

    def _heed(self, warnings: Iterable[str], call: str) -> None:
        """Log what the server warns of, each thing once."""
        for warning in warnings:
            # `299 - "what there is to say"`.
            text = warning.partition(" - ")[2] or warning
            if text not in self._warned and len(self._warned) < MOST_WARNINGS:
                self._warned.add(text)
                log.warning("%s: the API server warns: %s", call, text)

    def _owner(self) -> dict[str, str]:
        return {"fieldManager": self.field_owner}


async def _lines(content: aiohttp.StreamReader, call: str) -> AsyncIterator[bytes]:
    """Whole lines only: what stands behind the last line break when the stream ends was cut off and is dropped."""
    rest = bytearray()
    try:
        async for chunk in content.iter_any():
            rest += chunk
            if b"\n" not in chunk:
                if len(rest) > LONGEST_EVENT_BYTES:
                    raise Unreachable(f"{call}: an event has more than {LONGEST_EVENT_BYTES >> 20} MiB")
                continue
            *whole, last = bytes(rest).split(b"\n")
            rest = bytearray(last)
            for line in whole:
                if line:
                    yield line
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise Unreachable(f"{call}: {_what_broke(error)}") from None


@contextmanager
def _another_uid() -> Iterator[None]:
    """Built-in kinds call a write to another object of the name Invalid, custom ones a Conflict; it is the latter."""
    try:
        yield
    except Invalid as error:
        if "metadata.uid" not in str(error):
            raise
        raise Conflict(f"{error} (another object has the name by now)", status=409) from None


def _metadata(answer: bytes) -> ApiObject:
    return decode(answer, ApiObject)


def _what_broke(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return str(error) or type(error).__name__


__all__ = ["ApiClient", "ApiError", "Body"]
