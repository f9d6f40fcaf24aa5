"""Certificates in Secrets with a fault at each call, and another replica after it: one authority, and whole leaves."""

import asyncio
import datetime
import secrets

import pytest

from controllers.runtime.certificate_secrets import CertificateSecrets, read_certificate
from controllers.runtime.certificates import is_issued_by
from controllers.runtime.faults import ApiError
from controllers.runtime.resources import Request
from tests.controllers.faulty_client import FaultyClient, Kind, faults

AUTHORITY, LEAF, NAME = "test-ca", "test-tls", "virt-api.test.svc"
NOW = datetime.datetime(2026, 6, 1, tzinfo=datetime.UTC)
# An authority's third of a year before its end, and a day after that: a successor is there, then it signs.
LATER = (datetime.timedelta(0), datetime.timedelta(days=300), datetime.timedelta(days=302))
CALLS_AT_ONCE = 4


class Daemon:
    """A replica that keeps a leaf, and is tried again where a call fails."""

    def __init__(self, client, namespace, fault):
        self.namespace, self.client = namespace, FaultyClient(client, fault, reads=True)
        self.now = NOW

    def _secrets(self):
        return CertificateSecrets(self.client, self.namespace, AUTHORITY, clock=lambda: self.now)

    async def keeps(self):
        """The authority and the leaf, once both are there; what failed is tried again by a new replica."""
        for _ in range(3):
            try:
                leaf = await self._secrets().leaf(LEAF, NAME, [NAME])
                return await self._secrets().authority(), leaf
            except ApiError:
                continue
        raise AssertionError("one fault, and it never comes to an end")


@pytest.mark.partial("a fault at every call for certificates of every kind, not by turns")
def test_certificates_come_to_the_same_whichever_call_fails(api_server, with_client, full_run):
    prefix = f"certificates-{secrets.token_hex(3)}"

    def new_namespace(name):
        api_server.request("POST", "/api/v1/namespaces", {"metadata": {"name": f"{prefix}-{name}"}})
        return f"{prefix}-{name}"

    async def life(client, daemon):
        """Over a change of the authority; what is so at each time, without the keys themselves."""
        seen, first = [], None
        for later in LATER:
            daemon.now = NOW + later
            authority, leaf = await daemon.keeps()
            read = [await read_certificate(client, Request(daemon.namespace, name)) for name in (AUTHORITY, LEAF)]
            assert read == [authority, leaf], "what was handed out is what stands there"
            first = first or authority
            seen.append(
                (
                    authority.pair == first.pair,
                    authority.successor is not None,
                    authority.bundle.count(b"BEGIN CERTIFICATE"),
                    is_issued_by(leaf.pair, authority.pair),
                    leaf.bundle == authority.bundle,
                )
            )
        return seen

    async def body(client):
        plain = Daemon(client, new_namespace("0"), None)
        expected = await life(client, plain)
        assert [kept for kept, *_ in expected] == [True, True, False], "the authority changed on the way"
        assert all(issued and believed for *_, issued, believed in expected)
        calls = len(plain.client.calls)
        at_once = asyncio.Semaphore(CALLS_AT_ONCE)

        async def goes_wrong(fault):
            async with at_once:
                daemon = Daemon(client, new_namespace(f"{fault.at}-{fault.kind.name.lower()}"), fault)
                assert await life(client, daemon) == expected, f"{fault}, of {calls}"
                assert daemon.client.hit, fault

        async with asyncio.TaskGroup() as tries:
            for fault in faults(calls):
                if full_run or fault.kind is (Kind.UNANSWERED if fault.at % 2 else Kind.OVERTAKEN):
                    tries.create_task(goes_wrong(fault))

    with_client(body)
