"""Envelopes: bytes that only the holders of certain certificates can read (CMS EnvelopedData, RFC 5652, AES-256).

An open format: `openssl cms -decrypt` opens it, and so does every mail program that knows S/MIME. The certificates are public
and stand in settings and rows; the private keys are with their holders. An envelope hides, it does not sign: whoever has the
certificates can make one, so a hash that came another way says whether it is ours. Built in memory, some copies of the content
at once: meant for tens of megabytes (a hundred thousand lines are fifteen), not for gigabytes.

The library is loaded by whoever calls, and not by whoever imports: it costs a process twenty megabytes, and most never need it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

#: Bits of an RSA key below which nothing is enveloped.
SHORTEST = 2048


class NoCertificate(ValueError):
    """These bytes are no certificate that can be enveloped to."""


class CannotOpen(ValueError):
    """This key does not open this envelope, or the bytes are none."""


def certificate_of(pem: bytes) -> Certificate:
    """The one certificate in PEM. Raises NoCertificate: unreadable, not RSA (the only key CMS sends to here), or too short."""
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import rsa

    try:
        certificate = x509.load_pem_x509_certificate(pem)
        key = certificate.public_key()
    except ValueError as trouble:
        raise NoCertificate("not a certificate in PEM") from trouble
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < SHORTEST:
        raise NoCertificate(f"not a certificate of an RSA key of {SHORTEST} bits or more")
    return certificate


def holder_of(certificate: Certificate) -> str:
    """Whose it is: its common name, else its whole subject."""
    from cryptography.x509.oid import NameOID

    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else certificate.subject.rfc4514_string()


def fingerprint_of(certificate: Certificate) -> str:
    """Its SHA-256, as `openssl x509 -fingerprint -sha256` says it without colons."""
    from cryptography.hazmat.primitives import hashes

    return certificate.fingerprint(hashes.SHA256()).hex()


def enveloped(content: bytes, certificates: Sequence[Certificate]) -> bytes:
    """The content for the holders of the certificates, each of whom can open it alone; other bytes each time. DER."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.ciphers import algorithms
    from cryptography.hazmat.primitives.serialization import pkcs7

    builder = pkcs7.PKCS7EnvelopeBuilder().set_data(content).set_content_encryption_algorithm(algorithms.AES256)
    for certificate in certificates:
        builder = builder.add_recipient(certificate)
    return builder.encrypt(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary])


def opened(envelope: bytes, *, key: bytes, certificate: bytes, password: bytes | None = None) -> bytes:
    """What is inside, with a private key and its certificate, both in PEM. Raises CannotOpen."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import pkcs7

    try:
        private = serialization.load_pem_private_key(key, password)
        if not isinstance(private, rsa.RSAPrivateKey):
            raise CannotOpen("the key is not an RSA key")
        return pkcs7.pkcs7_decrypt_der(envelope, certificate_of(certificate), private, [])
    except (ValueError, TypeError) as trouble:
        raise CannotOpen(f"{trouble}") from trouble


def same_key(key: bytes, certificate: bytes) -> bool:
    """Whether a private key without a password, in PEM, is that of a certificate. Raises ValueError, TypeError."""
    from cryptography.hazmat.primitives import serialization

    private = serialization.load_pem_private_key(key, None)
    return private.public_key() == certificate_of(certificate).public_key()
