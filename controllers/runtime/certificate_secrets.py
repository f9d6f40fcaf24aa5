"""Certificates in Secrets: made where they are missing, renewed in time, by whichever replica comes first.

Secrets are read now and then and not watched: their content changes once in weeks, and a role that may get some
Secrets by name is less than one that may list them. Every write rests on the version that was read; of two replicas
that renew at one time one gets a Conflict and takes what the other has written.
"""

import asyncio
import base64
import binascii
import datetime
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field

from controllers.runtime.backoff import Backoff
from controllers.runtime.certificates import (
    BACKDATED,
    BadCertificate,
    KeyPair,
    bundle_of,
    is_issued_by,
    issue,
    new_authority,
    renew_at,
    server_names,
)
from controllers.runtime.client import ApiClient
from controllers.runtime.faults import Conflict, in_words
from controllers.runtime.resources import Request, Resource
from kvnode.api.base import Model
from kvnode.api.meta import ObjectMeta
from kvnode.errors import KvnodeError

SECRETS = Resource("", "v1", "secrets", "Secret")

CERTIFICATE, KEY, BUNDLE = "tls.crt", "tls.key", "ca-bundle.crt"
NEXT_CERTIFICATE, NEXT_KEY = "next.crt", "next.key"
# How long a new authority is only believed before it signs: everybody has read the bundle anew by then.
OVERLAP = datetime.timedelta(days=1)
TRIES = 5
LOOK_AGAIN_S = 300.0
LOOK_AGAIN_AFTER_FAULT_S, LOOK_AGAIN_AFTER_FAULTS_S = 5.0, 60.0

log = logging.getLogger(__name__)


class Secret(Model, frozen=True):
    """A few values that not everybody may read."""

    metadata: ObjectMeta = ObjectMeta()  # name, place and history
    data: dict[str, str] | None = None  # the values, base64


@dataclass(frozen=True)
class Held:
    """What a Secret holds: a certificate with its key, whom to believe, and of an authority its ``successor``."""

    pair: KeyPair
    bundle: bytes
    successor: KeyPair | None = None


def _utc_now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


@dataclass
class CertificateSecrets:
    """The authority in one Secret, and leaves in others; all in ``namespace``."""

    client: ApiClient
    namespace: str
    authority_secret: str
    authority_name: str = "kvnode-authority"
    clock: Callable[[], datetime.datetime] = _utc_now
    labels: dict[str, str] = field(default_factory=dict)

    async def authority(self) -> Held:
        """The authority that signs now, made or renewed where that is due."""
        return await self._keep(self.authority_secret, lambda known: self._next_authority(known, self.clock()))

    def _next_authority(self, known: Held | None, now: datetime.datetime) -> Held | None:
        """What should stand in the authority's Secret; None where it stands there."""
        if known is None:
            pair = new_authority(self.authority_name, now)
            return Held(pair, bundle_of(pair, b"", now))
        runs_out = known.pair.parsed().not_valid_after_utc
        successor = known.successor
        if successor is None:
            if now < renew_at(known.pair):
                return None
            successor = new_authority(self.authority_name, now)
            if now < runs_out:
                return Held(known.pair, bundle_of(successor, known.bundle, now), successor)
            # Nobody looked for months. Whatever it signed has run out as well, so there is nothing to overlap.
            return Held(successor, bundle_of(successor, b"", now))
        believed_since = successor.parsed().not_valid_before_utc + BACKDATED
        if now < min(runs_out, believed_since + OVERLAP):
            return None
        return Held(successor, bundle_of(successor, known.bundle, now))

    async def leaf(self, secret: str, name: str, names: Iterable[str] = ()) -> Held:
        """The certificate for ``name`` (as a server at ``names``) in its Secret, made or renewed where that is due.

        It is due as well where the names changed, or where another authority signed it than the one there is. Needs
        the right to read the authority's Secret.
        """
        authority = await self.authority()
        wanted = frozenset(names)

        def make(known: Held | None) -> Held | None:
            now = self.clock()
            if (
                known is not None
                and now < renew_at(known.pair)
                and server_names(known.pair) == wanted
                and is_issued_by(known.pair, authority.pair)
                and known.bundle == authority.bundle
            ):
                return None
            return Held(issue(authority.pair, name, now, names=sorted(wanted)), authority.bundle)

        return await self._keep(secret, make)

    async def _keep(self, name: str, make: Callable[[Held | None], Held | None]) -> Held:
        """What the Secret holds, or what ``make`` wants in its stead, written."""
        request = Request(self.namespace, name)
        for _ in range(TRIES):
            found = await self.client.find(SECRETS, request, Secret)
            known = None if found is None else _usable(found)
            wanted = make(known)
            if wanted is None and known is not None:
                return known
            if wanted is None:
                break
            try:
                await self._write(request, found, wanted)
            except Conflict:
                # Another replica was faster; what it wrote is as good.
                await asyncio.sleep(0.05)
                continue
            log.info("new certificate in the Secret %s", request)
            return wanted
        raise Conflict(f"the Secret {request} was changed by others {TRIES} times in a row while it was to be renewed")

    async def _write(self, request: Request, found: Secret | None, held: Held) -> None:
        values = {CERTIFICATE: held.pair.certificate, KEY: held.pair.key, BUNDLE: held.bundle}
        if held.successor is not None:
            values |= {NEXT_CERTIFICATE: held.successor.certificate, NEXT_KEY: held.successor.key}
        data: dict[str, str | None] = {key: base64.b64encode(value).decode() for key, value in values.items()}
        if found is None:
            metadata = {"namespace": request.namespace, "name": request.name, "labels": self.labels}
            body = {
                "apiVersion": "v1",
                "kind": "Secret",
                "type": "kubernetes.io/tls",
                "metadata": metadata,
                "data": data,
            }
            await self.client.create(SECRETS, body)
        else:
            # A merge patch takes away what it names as null.
            gone = {key: None for key in (NEXT_CERTIFICATE, NEXT_KEY) if key not in data and key in (found.data or {})}
            await self.client.merge_patch(
                SECRETS, request, {"data": data | gone}, resource_version=found.metadata.resource_version
            )


async def read_certificate(client: ApiClient, request: Request) -> Held:
    """What a Secret holds, for a daemon that may not make it. Raises BadCertificate where that can't be used."""
    found = await client.find(SECRETS, request, Secret)
    if found is None:
        raise BadCertificate(f"the Secret {request} is not there yet")
    return _held(found)


def _usable(secret: Secret) -> Held | None:
    """What a Secret holds; None where that can't be used, which is then made anew."""
    try:
        return _held(secret)
    except BadCertificate as error:
        log.warning("%s", error)
        return None


def _held(secret: Secret) -> Held:
    """What a Secret holds. Raises BadCertificate where that can't be used."""
    try:
        pair = KeyPair(_decoded(secret, CERTIFICATE), _decoded(secret, KEY))
        pair.private_key()
        successor = None
        if NEXT_CERTIFICATE in (secret.data or {}):
            successor = KeyPair(_decoded(secret, NEXT_CERTIFICATE), _decoded(secret, NEXT_KEY))
            successor.private_key()
        return Held(pair, _decoded(secret, BUNDLE), successor)
    except (KeyError, binascii.Error, BadCertificate) as error:
        raise BadCertificate(
            f"the Secret {secret.metadata.name} holds no certificate with its key: {in_words(error)}"
        ) from None


def _decoded(secret: Secret, key: str) -> bytes:
    return base64.b64decode((secret.data or {})[key], validate=True)


async def keep_renewed(
    look: Callable[[], Awaitable[Held]], use: Callable[[Held], None], *, every_s: float = LOOK_AGAIN_S
) -> None:
    """Look every so often, and hand to ``use`` what has changed; until cancelled.

    What fails is said once, and tried again, later each time.
    For example ``keep_renewed(lambda: secrets.leaf("api-tls", "virt-api", names), use=show)``, where ``show`` gives the
    pair and the bundle to a `TlsIdentity`.
    """
    backoff = Backoff(min(every_s, LOOK_AGAIN_AFTER_FAULT_S), min(every_s, LOOK_AGAIN_AFTER_FAULTS_S))
    known: Held | None = None
    failures, said = 0, ""
    while True:
        try:
            held = await look()
            if held != known:
                use(held)
                known = held
            failures, said = 0, ""
        except KvnodeError as error:
            failures += 1
            if (words := in_words(error)) != said:
                log.warning("certificates: %s; trying again", words)
                said = words
        await asyncio.sleep(backoff.delay_s(failures) if failures else every_s)
