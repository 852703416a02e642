"""Who holds the demo's escrow: a made-up notary and the shop's own rehearsals, with certificates that it makes itself, once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

TEN_YEARS = timedelta(days=3652)
HOLDERS = {"notaire": "Étude de démonstration, notaires", "repetition": "Répétitions de la boutique"}


def hold(home: Path) -> Mapping[str, str]:
    """The settings of the demo's escrow and of its mailing house's folder; makes what is not there yet, closed to others."""
    keys, escrow, house = home / "depositaires", home / "sequestre", home / "routeur"
    for folder in (keys, escrow, house, house / "ouest"):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name, who in HOLDERS.items():
        if not (keys / f"{name}.pem").exists():
            _make(keys / f"{name}.pem", who)
    return {
        "ESCROW_FOLDER": str(escrow),
        "ESCROW_CERTIFICATES": ",".join(str(keys / f"{name}.pem") for name in HOLDERS),
        "ESCROW_REHEARSAL_KEY": str(keys / "repetition.pem"),
        "HAND_OVER_FOLDER": str(house),
    }


def _make(place: Path, who: str) -> None:
    """A private key and its certificate in one file: here everybody is on one machine, and waits for it to start."""
    from cryptography import x509  # only once, and not for whoever just stops the demo
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.x509.oid import NameOID

    key = rsa.generate_private_key(65537, 2048)
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, who)]), datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + TEN_YEARS)
        .sign(key, hashes.SHA256())
    )
    making = place.with_suffix(".new")
    with open(os.open(making, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        out.write(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        out.write(certificate.public_bytes(serialization.Encoding.PEM))
    making.rename(place)
