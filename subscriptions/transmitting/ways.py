"""How the mailing house gets its files: entered by people, newest row in force, with its history and without a secret."""

from __future__ import annotations

from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from payments.actors import Actor
from payments.desk import record_act
from subscriptions.enveloping import NoCertificate, certificate_of
from subscriptions.models import Magazine, TransmissionWay

Way = TransmissionWay.Way


class WrongWay(ValidationError):
    """A way that cannot be used; the message is a sentence for staff, `code` says which field."""


def way_in_force(magazine_id: int) -> TransmissionWay | None:
    """The way of files from now on; None: by download, as where nobody ever said otherwise."""
    way = TransmissionWay.objects.filter(magazine=magazine_id).order_by("-pk").first()
    return None if way is None or way.way == Way.DOWNLOAD else way


@transaction.atomic
def succeed(magazine_id: int, *, actor: Actor, at: datetime, reason: str, **facts: Any) -> TransmissionWay:
    """Enter a way in the place of the one in force, with the fields of `TransmissionWay` in `facts`. Raises WrongWay."""
    check(**facts)
    Magazine.objects.select_for_update(no_key=True).get(pk=magazine_id)
    way = TransmissionWay.objects.create(magazine_id=magazine_id, actor=str(actor), reason=reason[:200], at=at, **facts)
    record_act(
        "changed how files are transmitted", subject=f"magazine:{magazine_id}", actor=actor, at=at, reason=reason,
        facts={"way": way.way, "enveloped": bool(way.certificate)},
    )  # fmt: skip
    return way


def check(
    *, way: str, directory: str = "", host: str = "", port: int = 22, username: str = "", host_key: str = "", secret: str = "",
    certificate: str = "",
) -> None:  # fmt: skip
    """Whether such a way can be used at all. Raises WrongWay; nothing is asked of the other side."""
    if way == Way.SFTP and not (host and username and secret):
        raise WrongWay(_("SFTP wants a server, a user and the name of a key or password."), code="host")
    if way == Way.SFTP:
        import asyncssh  # heavy, and for this one question only

        try:
            asyncssh.import_public_key(host_key)
        except (asyncssh.KeyImportError, ValueError) as trouble:
            raise WrongWay(
                _("The server’s own key is pinned: paste it as in known_hosts, type and key."), code="host_key"
            ) from trouble
    if secret and (PurePosixPath(secret).name != secret or secret.startswith(".")):
        raise WrongWay(_("The name of a secret is no path."), code="secret")
    if way == Way.FOLDER:
        path = PurePosixPath(directory)
        if not directory or path.is_absolute() or ".." in path.parts:
            raise WrongWay(
                _("The folder lies below that of the settings: give its name, without a leading slash."),
                code="directory",
            )
    if certificate:
        try:
            certificate_of(certificate.encode())
        except NoCertificate as trouble:
            raise WrongWay(
                _("This is no certificate of an RSA key of 2,048 bits or more, in PEM."), code="certificate"
            ) from trouble
