"""The cluster's own certificate authority, and what it signs. All files are readable by their owner only."""

import datetime
import ipaddress
from dataclasses import dataclass
from pathlib import Path

from isthmus.private import write_private

_LIFETIME = datetime.timedelta(days=365)
_RENEW_BEFORE = datetime.timedelta(days=30)


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, as PEM files."""

    certificate: Path
    key: Path


class Authority:
    """A certificate authority in a folder; certificates near their end are issued anew."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._name = name
        self._issuer = Pair(folder / "ca.crt", folder / "ca.key")

    @property
    def certificate(self) -> Path:
        return self._issuer.certificate

    @property
    def key(self) -> Path:
        return self._issuer.key

    def ensure(self) -> None:
        """Make the authority unless it is there and lasts; a new one makes every certificate void."""
        if _lasts(self._issuer):
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        self._folder.chmod(0o700)
        for old in self._folder.iterdir():
            old.unlink()
        self._issue(self._issuer, self._name, (), serving=False, authority=True)
        _private_key(self._folder / "service-accounts.key")

    @property
    def service_account_key(self) -> Path:
        """The key that signs service accounts' tokens."""
        return self._folder / "service-accounts.key"

    def serving(self, name: str) -> Pair:
        """A certificate for servers on loopback, also good for a client of its own kind (etcd's peers)."""
        return self._ensure(f"{name}-server", "isthmus-server", (), serving=True)

    def client(self, name: str, user: str, groups: tuple[str, ...] = ()) -> Pair:
        """A certificate that says to the API server: I am `user`, in `groups`."""
        return self._ensure(f"{name}-client", user, groups, serving=False)

    def _ensure(self, name: str, subject: str, groups: tuple[str, ...], serving: bool) -> Pair:
        pair = Pair(self._folder / f"{name}.crt", self._folder / f"{name}.key")
        if not _lasts(pair):
            self._issue(pair, subject, groups, serving=serving)
        return pair

    def _issue(
        self, pair: Pair, subject: str, groups: tuple[str, ...], *, serving: bool, authority: bool = False
    ) -> None:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

        key = _private_key(pair.key)
        names = [x509.NameAttribute(NameOID.COMMON_NAME, subject)]
        names += [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in groups]
        now = datetime.datetime.now(datetime.UTC)
        if authority:
            issuer, issuer_key = x509.Name(names), key
        else:
            issuer = x509.load_pem_x509_certificate(self.certificate.read_bytes()).subject
            loaded = serialization.load_pem_private_key(self.key.read_bytes(), None)
            assert isinstance(loaded, type(key))
            issuer_key = loaded
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name(names))
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            # A clock that is a little behind must not refuse it.
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + _LIFETIME * (10 if authority else 1))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        )
        if not authority:
            usages = [ExtendedKeyUsageOID.CLIENT_AUTH]
            usages += [ExtendedKeyUsageOID.SERVER_AUTH] if serving else []
            builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        if serving:
            loopback = [x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName("localhost")]
            builder = builder.add_extension(x509.SubjectAlternativeName(loopback), critical=False)
        signed = builder.sign(issuer_key, hashes.SHA256())
        write_private(pair.certificate, signed.public_bytes(serialization.Encoding.PEM).decode())


def _private_key(path: Path):  # type: ignore[no-untyped-def]
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    text = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    ).decode()
    write_private(path, text)
    return key


def _lasts(pair: Pair) -> bool:
    """Whether the pair is there and good for another while."""
    if not pair.certificate.exists() or not pair.key.exists():
        return False
    from cryptography import x509

    try:
        certificate = x509.load_pem_x509_certificate(pair.certificate.read_bytes())
    except ValueError:
        return False
    return certificate.not_valid_after_utc - datetime.datetime.now(datetime.UTC) > _RENEW_BEFORE
