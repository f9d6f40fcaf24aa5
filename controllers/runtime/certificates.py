"""The daemons' own authority, and the certificates that it signs.

Made by us, since a cluster need not have anybody who signs: webhooks, the aggregated API and the streams between
virt-api and the nodes all need one, and an administrator should have nothing to install. An authority lives in a
Secret that only its daemon may read, next to a bundle of every authority whose certificates may still be in use.

Renewal comes in good time and never by surprise: a leaf is renewed when a third of its life is left, an authority as
well. A new authority stands in the bundle for a day before it signs anything, and the old one until it has run out, so
that at no moment two daemons meet of which one hasn't heard of the other's.

Here are the values; certificate_secrets.py keeps them. `TlsIdentity` is what a server is given: its context takes
a new certificate without a restart, and no key is ever written to a disk.
"""

import datetime
import ipaddress
import os
import ssl
from collections.abc import Iterable
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from kvnode.errors import KvnodeError

AUTHORITY_DAYS = 365.0
LEAF_DAYS = 30.0
# A certificate is good from a while ago: clocks of nodes differ.
BACKDATED = datetime.timedelta(minutes=10)
RENEW_AT = 2 / 3
# X.509's upper bound for a common name (RFC 5280, appendix A.1).
LONGEST_COMMON_NAME = 64


class BadCertificate(KvnodeError):
    """What should be a certificate and its key is something else."""

    reason = "BadCertificate"


@dataclass(frozen=True)
class KeyPair:
    """A certificate and its key, both PEM."""

    certificate: bytes
    key: bytes

    def parsed(self) -> x509.Certificate:
        try:
            return x509.load_pem_x509_certificate(self.certificate)
        except ValueError as error:
            raise BadCertificate(f"this is no certificate: {error}") from None

    def private_key(self) -> ec.EllipticCurvePrivateKey:
        """The key. Raises BadCertificate where it isn't one of ours, or isn't the certificate's."""
        try:
            key = serialization.load_pem_private_key(self.key, None)
        except (ValueError, TypeError) as error:
            raise BadCertificate(f"this is no private key: {error}") from None
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != self.parsed().public_key():
            raise BadCertificate(f"the key is not that of the certificate for {self.parsed().subject.rfc4514_string()}")
        return key


def new_authority(name: str, now: datetime.datetime, days: float = AUTHORITY_DAYS) -> KeyPair:
    """A self-signed authority, which may sign leaves and nothing else."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _name(name)
    builder = (
        _builder(subject, subject, key, now, days)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
    )
    return _signed(builder, key, key)


def issue(
    authority: KeyPair,
    name: str,
    now: datetime.datetime,
    *,
    names: Iterable[str] = (),
    days: float = LEAF_DAYS,
) -> KeyPair:
    """A certificate for ``name``, good as a client's; and as a server's at ``names``, host names and addresses.

    It never outlives its authority. Raises BadCertificate where the authority is none.
    """
    signing_key, issuer = authority.private_key(), authority.parsed()
    left = (issuer.not_valid_after_utc - now) / datetime.timedelta(days=1)
    key = ec.generate_private_key(ec.SECP256R1())
    usages = [ExtendedKeyUsageOID.CLIENT_AUTH]
    builder = _builder(_name(name), issuer.subject, key, now, min(days, left))
    alternatives = [_alternative(one) for one in names]
    if alternatives:
        usages.append(ExtendedKeyUsageOID.SERVER_AUTH)
        builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
    builder = (
        builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        # Python's strict verification (3.13) wants to find the issuer by its key.
        .add_extension(_authority_key(issuer), critical=False)
    )
    return _signed(builder, key, signing_key)


def renew_at(pair: KeyPair) -> datetime.datetime:
    """When the certificate should be replaced: with two thirds of its life behind it."""
    parsed = pair.parsed()
    life = parsed.not_valid_after_utc - parsed.not_valid_before_utc
    return parsed.not_valid_before_utc + life * RENEW_AT


def server_names(pair: KeyPair) -> set[str]:
    """The host names and addresses that the certificate is good for."""
    try:
        found = pair.parsed().extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return set()
    addresses = {str(address) for address in found.get_values_for_type(x509.IPAddress)}
    return addresses | set(found.get_values_for_type(x509.DNSName))


def is_issued_by(pair: KeyPair, authority: KeyPair) -> bool:
    try:
        pair.parsed().verify_directly_issued_by(authority.parsed())
    except Exception:  # cryptography has an own error for each way in which a signature isn't one
        return False
    return True


def bundle_of(newest: KeyPair, older: bytes, now: datetime.datetime) -> bytes:
    """PEM of the authorities to believe: the newest, then those of the old bundle that have not run out."""
    kept = [newest.parsed()]
    if older.strip():
        try:
            known = x509.load_pem_x509_certificates(older)
        except ValueError as error:
            raise BadCertificate(f"the bundle of authorities can't be read: {error}") from None
        kept += [one for one in known if one.not_valid_after_utc > now and one not in kept]
    return b"".join(one.public_bytes(serialization.Encoding.PEM) for one in kept)


class TlsIdentity:
    """What a server, or a client of one, shows and believes: an SSL context whose content may be replaced.

    Connections that stand keep what they were made with; each new one has the newest. An authority that was once
    believed stays so until its own end: that is what a bundle wants.
    """

    def __init__(self, pair: KeyPair, bundle: bytes | None = None, *, client: bool = False) -> None:
        """``bundle`` is whom to believe; a server without one asks nobody for a certificate, with one it asks all."""
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT if client else ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        if bundle is not None:
            self.context.verify_mode = ssl.CERT_REQUIRED
        self.replace(pair, bundle)

    def replace(self, pair: KeyPair, bundle: bytes | None = None) -> None:
        """Show ``pair`` from now on, and believe ``bundle`` as well. Raises BadCertificate and changes nothing then."""
        pair.private_key()
        if bundle is not None:
            self.context.load_verify_locations(cadata=bundle.decode())
        # OpenSSL's call wants a file's name; this one is memory of our own.
        number = os.memfd_create("identity", os.MFD_CLOEXEC)
        try:
            with open(number, "wb", closefd=False) as file:
                file.write(pair.certificate + b"\n" + pair.key)
            self.context.load_cert_chain(f"/proc/self/fd/{number}")
        finally:
            os.close(number)


def _name(common_name: str) -> x509.Name:
    if not 0 < len(common_name) <= LONGEST_COMMON_NAME:
        raise BadCertificate(
            f"{common_name!r} can't be a certificate's name: it has {len(common_name)} characters, from 1 to "
            f"{LONGEST_COMMON_NAME} are allowed"
        )
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime.datetime, days: float
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _authority_key(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    known = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(known)


def _signed(
    builder: x509.CertificateBuilder, key: ec.EllipticCurvePrivateKey, signing_key: ec.EllipticCurvePrivateKey
) -> KeyPair:
    certificate = builder.sign(signing_key, hashes.SHA256())
    return KeyPair(
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
    )
