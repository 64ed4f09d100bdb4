"""The key and certificates that sign images: one line of base64 in ORIGIN_KEY."""

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from django.conf import settings

LIFETIME = timedelta(days=3650)  # images have no trusted time: later, their signature is invalid
# https://spec.c2pa.org/specifications/specifications/2.2/specs/C2PA_Specification.html#_digital_signatures
ALGORITHMS = {"secp256r1": b"es256", "secp384r1": b"es384"}
PEM = serialization.Encoding.PEM


class KeyInvalid(Exception):
    """The key or its certificates cannot be used; the text says why."""


@dataclass(frozen=True)
class OriginKey:
    """A private key as PEM, its algorithm, and its certificates up to the issuer."""

    private_key: bytes
    algorithm: bytes
    chain: tuple[x509.Certificate, ...]

    @property
    def chain_pem(self) -> bytes:
        return b"".join(certificate.public_bytes(PEM) for certificate in self.chain)

    @property
    def issuer_pem(self) -> str:
        return str(self.chain[:2][-1].public_bytes(PEM), "ascii")

    @property
    def serial_number(self) -> str:
        return str(self.chain[0].serial_number)

    @property
    def mark(self) -> bytes:
        """Return bytes that every file signed by this key has."""
        return bytes(self.chain[0].public_bytes(serialization.Encoding.DER))

    @property
    def expires_at(self) -> datetime:
        ends: list[datetime] = [certificate.not_valid_after_utc for certificate in self.chain]
        return min(ends)

    def as_line(self) -> str:
        return base64.b64encode(self.private_key + self.chain_pem).decode()


def current() -> OriginKey | None:
    """Return the key of the settings, None without one; raise KeyInvalid."""
    return _from_line(settings.ORIGIN_KEY) if settings.ORIGIN_KEY else None


@cache
def _from_line(line: str) -> OriginKey:
    try:
        return from_pem(base64.b64decode(line, validate=True))
    except binascii.Error as error:
        raise KeyInvalid("not a line that `manage.py origin_key` has printed") from error


def from_pem(pem: bytes) -> OriginKey:
    """Return the private key and chain in this PEM; raise KeyInvalid."""
    try:
        key = serialization.load_pem_private_key(pem, password=None)
        chain = tuple(x509.load_pem_x509_certificates(pem))
        for certificate, issuer in zip(chain, (*chain[1:], chain[-1]), strict=True):
            if certificate is not issuer or certificate.issuer == certificate.subject:
                certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature) as error:
        raise KeyInvalid(f"no PEM of a key and its certificates: {error!r}") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name not in ALGORITHMS:
        raise KeyInvalid("the key must be of the curve P-256 or P-384")
    if chain[0].public_key() != key.public_key():
        raise KeyInvalid("the first certificate is not that of the key")
    return OriginKey(_private_pem(key), ALGORITHMS[key.curve.name], chain)


def create(name: str) -> OriginKey:
    """Return a new key with a certificate of an issuer of its own, whose key is not kept."""
    issuer_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    issuer = _certificate(f"{name} CA", issuer_key, issuer=f"{name} CA", issuer_key=issuer_key)
    leaf = _certificate(name, key, issuer=f"{name} CA", issuer_key=issuer_key)
    return OriginKey(_private_pem(key), b"es256", (leaf, issuer))


def _private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    form, encryption = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return bytes(key.private_bytes(PEM, form, encryption))


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    *,
    issuer: str,
    issuer_key: ec.EllipticCurvePrivateKey,
) -> x509.Certificate:
    now, is_issuer = datetime.now(UTC), key is issuer_key
    builder = (
        x509.CertificateBuilder(_name(issuer), _name(name), key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + LIFETIME)
        .add_extension(
            x509.BasicConstraints(ca=is_issuer, path_length=0 if is_issuer else None), critical=True
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()),
            critical=False,
        )
        .add_extension(
            x509.KeyUsage(
                digital_signature=not is_issuer,
                key_cert_sign=is_issuer,
                crl_sign=is_issuer,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
    )
    if not is_issuer:
        purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
        builder = builder.add_extension(purpose, critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def _name(name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, name),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )
