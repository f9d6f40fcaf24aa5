"""The cluster's certificates: who each component is, to the others.

One authority for the cluster and one for the front proxy, since an aggregated API must be able to tell the API server
from everybody else. Each key is made for one component and lies in that component's machine alone. openssl makes them
all; the keys are elliptic curves, which cost milliseconds.
"""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from deploy.cluster.faults import ClusterError

DAYS = 3650


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, as files."""

    certificate: Path
    key: Path


@dataclass(frozen=True)
class Authority:
    """A certificate authority in a folder of its own."""

    folder: Path
    pair: Pair

    @classmethod
    def create(cls, folder: Path, name: str) -> "Authority":
        """A new authority; the folder is readable by its owner alone."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        pair = Pair(folder / "ca.crt", folder / "ca.key")
        _openssl(
            *_new_certificate(pair, f"/CN={name}"),
            *("-addext", "basicConstraints=critical,CA:true"),
            *("-addext", "keyUsage=critical,keyCertSign,cRLSign,digitalSignature"),
        )
        return cls(folder, pair)

    def issue(self, name: str, *, groups: tuple[str, ...] = (), names: tuple[str, ...] = ()) -> Pair:
        """A certificate for ``name``, which is its user, in these groups; and with ``names`` a server's as well.

        ``names`` are as openssl writes subject alternative names: ``DNS:node-1``, ``IP:10.98.0.11``.
        """
        file = name.replace(":", "-")
        pair = Pair(self.folder / f"{file}.crt", self.folder / f"{file}.key")
        usage = "clientAuth,serverAuth" if names else "clientAuth"
        extensions = ["basicConstraints=critical,CA:false", "keyUsage=critical,digitalSignature"]
        extensions += [f"extendedKeyUsage={usage}"]
        if names:
            extensions.append(f"subjectAltName={','.join(names)}")
        _openssl(
            *_new_certificate(pair, "".join(f"/O={group}" for group in groups) + f"/CN={name}"),
            *("-CA", str(self.pair.certificate), "-CAkey", str(self.pair.key)),
            *(word for extension in extensions for word in ("-addext", extension)),
        )
        return pair


def service_account_keys(folder: Path) -> Pair:
    """The key that service account tokens are signed with, and its public half as ``certificate``."""
    pair = Pair(folder / "service-account.pub", folder / "service-account.key")
    _openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", str(pair.key))
    _openssl("pkey", "-in", str(pair.key), "-pubout", "-out", str(pair.certificate))
    pair.key.chmod(0o600)
    return pair


def _new_certificate(pair: Pair, subject: str) -> list[str]:
    # No configuration of the host's has a say in what is made.
    words = ["req", "-x509", "-config", "/dev/null", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc"]
    return [*words, "-days", str(DAYS), "-subj", subject, "-keyout", str(pair.key), "-out", str(pair.certificate)]


def _openssl(*words: str) -> None:
    try:
        done = subprocess.run(["openssl", *words], capture_output=True, text=True, timeout=60, check=False)
    except FileNotFoundError:
        raise ClusterError(
            "openssl is not installed, and it makes the cluster's certificates: apt-get install openssl"
        ) from None
    if done.returncode:
        raise ClusterError(f"openssl {words[0]} failed: {done.stderr.strip()}")
