"""Envelopes: bytes that only the holders of certain certificates can read (CMS EnvelopedData, RFC 5652, AES-256).

An open format: `openssl cms -decrypt` opens it, and so does every mail program that knows S/MIME. The certificates are public
and stand in settings and rows; the private keys are with their holders. An envelope hides, it does not sign: whoever has the
certificates can make one, so a hash that came another way says whether it is ours. Built in memory, some copies of the content
at once: meant for tens of megabytes (a hundred thousand lines are fifteen), not for gigabytes.
"""

from __future__ import annotations

from collections.abc import Sequence

from cryptography import x509
from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers import algorithms
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import NameOID

#: Bits of an RSA key below which nothing is enveloped.
SHORTEST = 2048


class NoCertificate(ValueError):
    """These bytes are no certificate that can be enveloped to."""


class CannotOpen(ValueError):
    """This key does not open this envelope, or the bytes are none."""


def certificate_of(pem: bytes) -> x509.Certificate:
    """The one certificate in PEM. Raises NoCertificate: unreadable, not RSA (the only key CMS sends to here), or too short."""
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        key = certificate.public_key()
    except ValueError as trouble:
        raise NoCertificate("not a certificate in PEM") from trouble
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < SHORTEST:
        raise NoCertificate(f"not a certificate of an RSA key of {SHORTEST} bits or more")
    return certificate


def holder_of(certificate: x509.Certificate) -> str:
    """Whose it is: its common name, else its whole subject."""
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else certificate.subject.rfc4514_string()


def fingerprint_of(certificate: x509.Certificate) -> str:
    """Its SHA-256, as `openssl x509 -fingerprint -sha256` says it without colons."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def enveloped(content: bytes, certificates: Sequence[x509.Certificate]) -> bytes:
    """The content for the holders of the certificates, each of whom can open it alone; other bytes each time. DER."""
    builder = pkcs7.PKCS7EnvelopeBuilder().set_data(content).set_content_encryption_algorithm(algorithms.AES256)
    for certificate in certificates:
        builder = builder.add_recipient(certificate)
    return builder.encrypt(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary])


def opened(envelope: bytes, *, key: bytes, certificate: bytes, password: bytes | None = None) -> bytes:
    """What is inside, with a private key and its certificate, both in PEM. Raises CannotOpen."""
    try:
        private = serialization.load_pem_private_key(key, password)
        if not isinstance(private, rsa.RSAPrivateKey):
            raise CannotOpen("the key is not an RSA key")
        own = certificate_of(certificate)
        return pkcs7.pkcs7_decrypt_der(envelope, own, private, [])
    except (ValueError, TypeError, InvalidKey) as trouble:
        raise CannotOpen(f"{trouble}") from trouble


def same_key(key: bytes, certificate: bytes) -> bool:
    """Whether a private key without a password, in PEM, is that of a certificate. Raises ValueError, TypeError."""
    private = serialization.load_pem_private_key(key, None)
    return private.public_key() == certificate_of(certificate).public_key()
