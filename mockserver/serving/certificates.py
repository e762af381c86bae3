"""A certificate that a server signs for itself, for browsers and SDKs that insist on HTTPS."""

from __future__ import annotations

import ipaddress
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from mockserver.world import entropy

VALID_DAYS = 365
NAMES = ("localhost",)
ADDRESSES = ("127.0.0.1", "::1")
MISSING = "a self-signed certificate needs cryptography: pip install 'posthog-mockserver[https]'; or give --certificate"


class NoCertificate(Exception):
    """There is nothing to serve HTTPS with; the message says what to do."""


def make_certificate(host: str, folder: Path) -> tuple[Path, Path]:
    """Write a self-signed certificate for this machine and `host`, and its key, into a folder; return both files.

    Raises: NoCertificate where the package that makes them is not installed.
    """
    try:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec
    except ImportError:
        raise NoCertificate(MISSING) from None
    key = ec.generate_private_key(ec.SECP256R1())
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )  # fmt: skip
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mockserver")])
    now = entropy.system_time()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(int.from_bytes(sha256(public).digest()[:16], "big") | 1)
        .not_valid_before(now - timedelta(hours=1))  # clocks of containers are not always right
        .not_valid_after(now + timedelta(days=VALID_DAYS))
        .add_extension(x509.SubjectAlternativeName(_names(x509, host)), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = folder / "certificate.pem", folder / "private-key.pem"
    files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files[1].touch(mode=0o600)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )  # fmt: skip
    files[1].write_bytes(secret)
    return files


def _names(x509: Any, host: str) -> list[Any]:
    addresses = [ipaddress.ip_address(text) for text in ADDRESSES]
    names = [*NAMES]
    try:
        given = ipaddress.ip_address(host)
        addresses += [given] if given not in addresses and not given.is_unspecified else []
    except ValueError:
        names += [host] if host not in names else []
    return [*map(x509.DNSName, names), *map(x509.IPAddress, addresses)]
