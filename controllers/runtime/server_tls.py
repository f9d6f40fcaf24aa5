"""A server's TLS that changes while it serves: what it shows, and whose certificates it believes.

An authority can be added to an SSL context and never taken away, so each change makes a new context. The one that the
server listens with hands every new connection on to the newest; a connection that stands keeps what it was let in
with. No session is ever taken up again, since it would keep whom it believed then.
"""

import ssl
from collections.abc import Mapping
from typing import Any

from controllers.runtime.certificates import BadCertificate, KeyPair, TlsIdentity


class ServerTls:
    """What a server listens with is ``context``; `replace` changes what the next connection finds.

    Raises BadCertificate for what can't be used.

    asks     -- `ssl.CERT_OPTIONAL` lets in who has no certificate, `ssl.CERT_REQUIRED` nobody; one that no authority
                of ours has signed is refused by either
    minimum  -- the oldest version of TLS that is spoken
    """

    def __init__(
        self,
        pair: KeyPair,
        authorities: bytes,
        *,
        asks: ssl.VerifyMode,
        minimum: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2,
    ) -> None:
        self._asks = asks
        self._minimum = minimum
        self._newest = self._context(pair, authorities)
        self.context = self._context(pair, authorities)
        self.context.sni_callback = self._hand_on

    def replace(self, pair: KeyPair, authorities: bytes) -> None:
        """Show ``pair`` and believe ``authorities`` alone from now on. Raises BadCertificate and changes nothing then.

        authorities  -- PEM of one or more; empty: nobody is believed
        """
        try:
            self._newest = self._context(pair, authorities)
        except BadCertificate as error:
            raise BadCertificate(f"the TLS of this server stays as it was: {error}") from None

    def _context(self, pair: KeyPair, authorities: bytes) -> ssl.SSLContext:
        context = TlsIdentity(pair).context
        context.minimum_version = self._minimum
        context.options |= ssl.OP_NO_TICKET
        context.num_tickets = 0
        context.verify_mode = self._asks
        # Whoever wrote a bundle may have commented it in any language.
        bundle = authorities.decode("ascii", "ignore").strip()
        try:
            if bundle:
                context.load_verify_locations(cadata=bundle)
        except ssl.SSLError as error:
            raise BadCertificate(f"the authorities to believe can't be read: {error}") from None
        return context

    def _hand_on(self, connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        connection.context = self._newest


def common_names(certificate: Mapping[str, Any]) -> list[str]:
    """The common names of a certificate's subject, as `getpeercert` has it."""
    subject = certificate.get("subject") or ()
    return [value for part in subject for key, value in part if key == "commonName"]
