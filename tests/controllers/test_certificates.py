"""The daemons' own authority: real handshakes, renewal under way, and the Secrets that hold it all."""

import asyncio
import datetime
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from controllers.runtime import credentials
from controllers.runtime.certificate_secrets import (
    OVERLAP,
    SECRETS,
    CertificateSecrets,
    Held,
    Secret,
    keep_renewed,
    read_certificate,
)
from controllers.runtime.certificates import (
    BadCertificate,
    KeyPair,
    TlsIdentity,
    bundle_of,
    is_issued_by,
    issue,
    new_authority,
    renew_at,
    server_names,
)
from controllers.runtime.client import ApiClient
from controllers.runtime.faults import ServerFault
from controllers.runtime.resources import Request
from controllers.runtime.server_tls import ServerTls
from tests.controllers.eventually import eventually, running

NOW = datetime.datetime.now(datetime.UTC)
DAY = datetime.timedelta(days=1)


def handshake(server: ssl.SSLContext, client: ssl.SSLContext, name: str = "virt-api.kubevirt.svc") -> dict[str, object]:
    """Both ends in memory, until each has read a byte of the other; the client's certificate as the server saw it."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    one = server.wrap_bio(to_server, to_client, server_side=True)
    two = client.wrap_bio(to_client, to_server, server_hostname=name)
    steps: list[list[Callable[[], object]]] = [
        [two.do_handshake, lambda: two.write(b"x"), lambda: two.read(1)],
        [one.do_handshake, lambda: one.read(1), lambda: one.write(b"y")],
    ]
    for _ in range(20):
        for side in steps:
            while side:
                try:
                    side[0]()
                except ssl.SSLWantReadError:
                    break
                side.pop(0)
    assert steps == [[], []]
    return one.getpeercert() or {}


def leaf(authority: KeyPair, name: str = "virt-api", *names: str) -> KeyPair:
    return issue(authority, name, NOW, names=names or ("virt-api.kubevirt.svc", "10.1.2.3"))


def test_both_ends_show_who_they_are():
    authority = new_authority("test", NOW)
    server = TlsIdentity(leaf(authority), authority.certificate)
    client = TlsIdentity(issue(authority, "virt-handler", NOW), authority.certificate, client=True)
    seen = handshake(server.context, client.context)
    assert seen["subject"] == ((("commonName", "virt-handler"),),)
    handshake(server.context, client.context, "10.1.2.3")


@pytest.mark.parametrize("what", ["name", "authority", "expired", "no client certificate", "leaf as an authority"])
def test_what_is_not_believed(what):
    authority, other = new_authority("test", NOW), new_authority("test", NOW)
    pair, client_pair, name = leaf(authority), issue(authority, "c", NOW), "virt-api.kubevirt.svc"
    client_bundle = authority.certificate
    if what == "name":
        name = "somebody.else"
    elif what == "authority":
        client_bundle = other.certificate
    elif what == "expired":
        pair = issue(authority, "virt-api", NOW - 40 * DAY, names=[name])
    elif what == "leaf as an authority":
        pair = issue(leaf(authority), "virt-api", NOW, names=[name])
        client_bundle = authority.certificate + leaf(authority).certificate
    server = TlsIdentity(pair, authority.certificate)
    client = TlsIdentity(client_pair, client_bundle, client=True).context
    if what == "no client certificate":
        client = ssl.create_default_context(cadata=authority.certificate.decode())
    with pytest.raises(ssl.SSLError):
        handshake(server.context, client, name)


def test_a_server_takes_a_new_certificate_without_a_restart():
    old, new = new_authority("old", NOW), new_authority("new", NOW)
    server = TlsIdentity(leaf(old), old.certificate)
    client = TlsIdentity(issue(old, "c", NOW), old.certificate, client=True)
    handshake(server.context, client.context)
    server.replace(leaf(new), bundle_of(new, old.certificate, NOW))
    with pytest.raises(ssl.SSLError):
        handshake(server.context, client.context)
    client.replace(issue(old, "c", NOW), bundle_of(new, old.certificate, NOW))
    handshake(server.context, client.context)


def test_what_is_no_pair_is_refused_and_changes_nothing():
    authority = new_authority("test", NOW)
    pair, other = leaf(authority), leaf(authority)
    server = TlsIdentity(pair, authority.certificate)
    for broken in (
        KeyPair(pair.certificate, other.key),
        KeyPair(b"no certificate", pair.key),
        KeyPair(pair.certificate, b"no key"),
    ):
        with pytest.raises(BadCertificate):
            server.replace(broken)
    client = TlsIdentity(issue(authority, "c", NOW), authority.certificate, client=True)
    handshake(server.context, client.context)


def test_no_key_is_written_to_a_disk(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    opened: list[str] = []
    monkeypatch.setattr(ssl.SSLContext, "load_cert_chain", lambda self, path: opened.append(path))
    authority = new_authority("test", NOW)
    TlsIdentity(leaf(authority), authority.certificate)
    assert opened[0].startswith("/proc/self/fd/")
    assert list(Path(tmp_path).iterdir()) == []


def test_lives_and_names():
    authority = new_authority("test", NOW, days=90.0)
    pair = leaf(authority, "virt-api", "b.example", "a.example", "fd00::1")
    assert server_names(pair) == {"a.example", "b.example", "fd00::1"}
    assert server_names(issue(authority, "client", NOW)) == set()
    assert NOW + 19 * DAY < renew_at(pair) < NOW + 20 * DAY
    assert is_issued_by(pair, authority)
    assert not is_issued_by(pair, new_authority("test", NOW))
    # A leaf doesn't outlive who signed it.
    late = issue(authority, "late", NOW + 80 * DAY, names=["x"])
    assert late.parsed().not_valid_after_utc == authority.parsed().not_valid_after_utc
    with pytest.raises(BadCertificate, match="65 characters"):
        issue(authority, "x" * 65, NOW)


def test_a_bundle_forgets_whoever_has_run_out():
    old, new = new_authority("old", NOW - 300 * DAY), new_authority("new", NOW)
    both = bundle_of(new, old.certificate, NOW)
    assert both.count(b"BEGIN CERTIFICATE") == 2
    assert bundle_of(new, both, NOW) == both
    assert bundle_of(new, both, NOW + 70 * DAY) == new.certificate


def test_a_server_believes_only_whom_it_was_told_last() -> None:
    """By `ServerTls`, from the next connection on; what can't be used changes nothing."""
    old, new = new_authority("test", NOW), new_authority("test", NOW)
    tls = ServerTls(leaf(old), old.certificate, asks=ssl.CERT_REQUIRED, minimum=ssl.TLSVersion.TLSv1_3)
    whom = {
        one: TlsIdentity(issue(one, "c", NOW), old.certificate + new.certificate, client=True).context
        for one in (old, new)
    }
    handshake(tls.context, whom[old])
    for pair, bundle in ((leaf(new), b"-----BEGIN CERTIFICATE-----nonsense"), (KeyPair(b"", b""), new.certificate)):
        with pytest.raises(BadCertificate, match="stays as it was"):
            tls.replace(pair, bundle)
    handshake(tls.context, whom[old])
    tls.replace(leaf(new), "# für alle\n".encode() + new.certificate)
    handshake(tls.context, whom[new])
    with pytest.raises(ssl.SSLError):
        handshake(tls.context, whom[old])
    tls.replace(leaf(new), b" ")
    with pytest.raises(ssl.SSLError):
        handshake(tls.context, whom[new])


@pytest.fixture
def holding(api_server, namespace):
    """Run a body with certificates in a namespace of its own, by a clock that the test sets."""

    def run(body):
        async def main() -> None:
            async with ApiClient(credentials.from_kubeconfig(api_server.kubeconfig), field_owner="test") as client:
                time = [NOW]
                await body(CertificateSecrets(client, namespace, "authority", clock=lambda: time[0]), time)

        asyncio.run(main())

    return run


def test_in_a_year_and_a_half_of_renewals_whoever_met_believed_each_other(holding):
    """Two daemons look now and then, one as late as the overlap allows. OpenSSL goes by the wall clock, which isn't
    this test's; so belief is by signatures, each one's leaf by the other's bundle.
    """

    async def body(secrets: CertificateSecrets, time: list[datetime.datetime]) -> None:
        leaves: list[Held] = []
        authorities: set[bytes] = set()
        slow: Held | None = None
        for day in range(0, 500, 10):
            time[0] = NOW + day * DAY
            api = await secrets.leaf("api-tls", "virt-api", ["virt-api.svc"])
            authorities.add((await secrets.authority()).pair.certificate)
            if slow is not None:
                assert believes(slow, api)
                assert believes(api, slow)
            assert api.pair.parsed().not_valid_after_utc > time[0]
            leaves.append(api)
            # The slow one has what there was half a day before the next look of the other.
            time[0] += 10 * DAY - OVERLAP / 2
            slow = await secrets.leaf("slow-tls", "virt-handler", ["node"])
        assert len(authorities) >= 2
        assert len({held.pair.certificate for held in leaves}) >= 500 / 30

    holding(body)


def believes(one: Held, other: Held) -> bool:
    """Whether one's bundle has the authority that signed the other's leaf."""
    return any(
        is_issued_by(other.pair, KeyPair(known.public_bytes(Encoding.PEM), b""))
        for known in x509.load_pem_x509_certificates(one.bundle)
    )


def test_what_is_good_is_left_alone_and_what_is_not_is_made_anew(holding):
    async def body(secrets: CertificateSecrets, time: list[datetime.datetime]) -> None:
        async def stored() -> Held:
            return await read_certificate(secrets.client, Request(secrets.namespace, "tls"))

        first = await secrets.leaf("tls", "virt-api", ["a.svc"])
        assert await secrets.leaf("tls", "virt-api", ["a.svc"]) == first
        assert await stored() == first
        renamed = await secrets.leaf("tls", "virt-api", ["a.svc", "b.svc"])
        assert server_names(renamed.pair) == {"a.svc", "b.svc"}
        # Somebody's hand: a Secret that holds something else.
        request = Request(secrets.namespace, "tls")
        await secrets.client.merge_patch(SECRETS, request, {"data": {"tls.key": "bm9uc2Vuc2U="}})
        with pytest.raises(BadCertificate, match="the Secret tls holds no certificate with its key"):
            await stored()
        mended = await secrets.leaf("tls", "virt-api", ["a.svc"])
        assert await stored() == mended
        await secrets.client.delete(SECRETS, request)
        with pytest.raises(BadCertificate, match="tls is not there yet"):
            await stored()
        # An authority that nobody looked after for years.
        time[0] += 1000 * DAY
        late = await secrets.authority()
        assert late.pair.parsed().not_valid_after_utc > time[0]
        assert late.bundle == late.pair.certificate

    holding(body)


def test_two_replicas_that_begin_at_once_end_with_one_authority(holding):
    async def body(secrets: CertificateSecrets, time: list[datetime.datetime]) -> None:
        both = await asyncio.gather(*(secrets.leaf("tls", "virt-api", ["a.svc"]) for _ in range(4)))
        assert len({held.bundle for held in both}) == 1
        assert len({held.pair.certificate for held in both}) == 1
        stored = await secrets.client.get(SECRETS, Request(secrets.namespace, "authority"), Secret)
        assert stored.data is not None
        assert "next.crt" not in stored.data

    holding(body)


def test_what_was_renewed_is_handed_on_and_a_failing_server_is_waited_for():
    async def main() -> None:
        authority = new_authority("test", NOW)
        answers: list[Held | Exception] = [
            Held(leaf(authority), authority.certificate),
            ServerFault("injected", status=500),
        ]
        answers += [answers[0], Held(leaf(authority), authority.certificate)]
        looks = iter(answers)
        used: list[Held] = []

        async def look() -> Held:
            answer = next(looks, answers[-1])
            if isinstance(answer, Exception):
                raise answer
            return answer

        async with running(keep_renewed(look, used.append, every_s=0.02)):
            await eventually(lambda: len(used) == 2)
            await asyncio.sleep(0.1)
        assert used == [answers[0], answers[3]]

    asyncio.run(main())
