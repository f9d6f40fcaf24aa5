"""Who calls the aggregated API: a caller's name, as the API server's front proxy says it.

The API server has authenticated a user and passes the call on with the user's name in headers. Headers can be written
by anybody, so they count only on a connection whose client certificate is the front proxy's: signed by the authority
in the ConfigMap `extension-apiserver-authentication` of `kube-system`, and with one of the names that stand there.
Without that ConfigMap's entries nobody is believed.

The TLS layer asks for a certificate and takes none for an answer, since webhooks are called without one; a
certificate that isn't signed by that authority never gets past the handshake.
"""

import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

import msgspec
from aiohttp import web
from msgspec import Struct, field
from multidict import CIMultiDictProxy

from controllers.runtime.certificates import BadCertificate, KeyPair
from controllers.runtime.resources import Request
from controllers.runtime.server_tls import ServerTls, common_names
from controllers.virt_api.answers import forbidden

AUTHENTICATION = Request("kube-system", "extension-apiserver-authentication")
_LISTS = msgspec.json.Decoder(list[str])


class User(Struct, frozen=True):
    """A user of the cluster, as the API server has authenticated it."""

    name: str
    groups: tuple[str, ...] = ()
    extra: dict[str, tuple[str, ...]] = field(default_factory=dict)


class FrontProxy(Struct, frozen=True):
    """Whom to believe, and in which headers it speaks.

    authority      -- PEM of the authorities that sign the proxy's certificate; empty: nobody is believed
    allowed_names  -- common names of the certificate; empty: any
    """

    authority: str = ""
    allowed_names: tuple[str, ...] = ()
    user_headers: tuple[str, ...] = ("X-Remote-User",)
    group_headers: tuple[str, ...] = ("X-Remote-Group",)
    extra_prefixes: tuple[str, ...] = ("X-Remote-Extra-",)

    def user(self, headers: CIMultiDictProxy[str], certificate: Mapping[str, Any] | None) -> User:
        """The user on whose behalf a call comes. Raises Refusal where it isn't the front proxy that says so.

        certificate -- what `SSLObject.getpeercert` says of a verified peer; None or empty where there is none
        """
        if not self.authority:
            raise forbidden(
                "nobody can be believed: the API server publishes no front proxy authority in the ConfigMap "
                f"{AUTHENTICATION}; start it with --requestheader-client-ca-file and --proxy-client-cert-file"
            )
        if not certificate:
            raise forbidden(
                "this API is called through the API server: the call came without the front proxy's certificate"
            )
        names = common_names(certificate)
        if self.allowed_names and not set(names) & set(self.allowed_names):
            raise forbidden(
                f"the certificate of {', '.join(names) or 'nobody'} isn't the front proxy's, which is "
                f"{' or '.join(self.allowed_names)}"
            )
        name = next((headers[one] for one in self.user_headers if headers.get(one)), "")
        if not name:
            raise forbidden(f"the front proxy names no user in {' or '.join(self.user_headers)}")
        groups = tuple(group for one in self.group_headers for group in headers.getall(one, ()))
        return User(name, groups, self._extra(headers))

    def _extra(self, headers: CIMultiDictProxy[str]) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for header, value in headers.items():
            for prefix in self.extra_prefixes:
                if header.lower().startswith(prefix.lower()) and len(header) > len(prefix):
                    # Keys are percent-encoded, since a header's name can't hold every letter.
                    key = unquote(header[len(prefix) :].lower())
                    found[key] = (*found.get(key, ()), value)
        return found


def front_proxy_of(data: Mapping[str, str]) -> FrontProxy:
    """What the ConfigMap says; of what it leaves out, the usual. Raises BadCertificate for what can't be read."""

    def names(key: str, usual: tuple[str, ...]) -> tuple[str, ...]:
        text = data.get(key)
        if text is None:
            return usual
        try:
            return tuple(_LISTS.decode(text))
        except (msgspec.DecodeError, UnicodeEncodeError) as error:
            raise BadCertificate(f"{key} of the ConfigMap {AUTHENTICATION} is no list of names: {error}") from None

    return FrontProxy(
        authority=data.get("requestheader-client-ca-file", ""),
        allowed_names=names("requestheader-allowed-names", ()),
        user_headers=names("requestheader-username-headers", ("X-Remote-User",)),
        group_headers=names("requestheader-group-headers", ("X-Remote-Group",)),
        extra_prefixes=names("requestheader-extra-headers-prefix", ("X-Remote-Extra-",)),
    )


class Door:
    """The server's TLS: our certificate, and the front proxy's authority; both may change while it serves."""

    def __init__(self, pair: KeyPair) -> None:
        self._pair = pair
        self._front_proxy = FrontProxy()
        self._tls = ServerTls(pair, b"", asks=ssl.CERT_OPTIONAL)
        self.context = self._tls.context

    @property
    def front_proxy(self) -> FrontProxy:
        return self._front_proxy

    def show(self, pair: KeyPair) -> None:
        """Show another certificate from now on."""
        self._replace(pair, self._front_proxy)

    def believe(self, front_proxy: FrontProxy) -> None:
        """Believe another front proxy from now on; a connection that stands keeps what it was let in with."""
        self._replace(self._pair, front_proxy)

    def user(self, request: web.Request) -> User:
        """The user on whose behalf a call comes. Raises Refusal."""
        tls = request.get_extra_info("ssl_object")
        certificate = tls.getpeercert() if tls is not None else None
        return self._front_proxy.user(request.headers, certificate)

    def _replace(self, pair: KeyPair, front_proxy: FrontProxy) -> None:
        self._tls.replace(pair, front_proxy.authority.encode())
        self._pair, self._front_proxy = pair, front_proxy
