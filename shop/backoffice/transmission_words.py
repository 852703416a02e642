"""Words of transmissions and of the escrow at the desks: states, ways, what went wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy, pgettext_lazy

from shop.backoffice.words import BAD, GOOD, WAIT, Words

TRANSMISSION: Words = {
    "queued": (pgettext_lazy("transmission", "waits to be sent"), WAIT),
    "in_flight": (pgettext_lazy("transmission", "on its way"), WAIT),
    "done": (pgettext_lazy("transmission", "arrived"), GOOD),
    "failed": (pgettext_lazy("transmission", "given up"), BAD),
}
WAY: Mapping[str, Any] = {
    "download": gettext_lazy("by download: a person sends it"),
    "folder": gettext_lazy("into a folder of the shop’s machine"),
    "sftp": gettext_lazy("by SFTP"),
}
WAY_SHORT: Mapping[str, Any] = {"folder": gettext_lazy("folder"), "sftp": "SFTP"}
#: The words of `subscriptions.transmitting.outcomes`.
FAULT: Mapping[str, Any] = {
    "unreachable": gettext_lazy("the server does not answer"),
    "broken off": gettext_lazy("the line broke off"),
    "stalled": gettext_lazy("nobody saw its end"),
    "renaming": gettext_lazy("its end was not seen while it got its name"),
    "doubtful": gettext_lazy("it may have been picked up; nobody saw it"),
    "full": gettext_lazy("no room is left there"),
    "server": gettext_lazy("the server refuses to write"),
    "corrupted": gettext_lazy("read back, it was another file"),
    "host key": gettext_lazy("the server shows another key"),
    "refused": gettext_lazy("our key or password is refused"),
    "secret": gettext_lazy("the key or password is missing here"),
    "folder": gettext_lazy("the folder is missing or shut"),
    "occupied": gettext_lazy("another file has its name there"),
    "certificate": gettext_lazy("the certificate cannot be used"),
    "changed": gettext_lazy("the file no longer gives its hash"),
    "otherwise": gettext_lazy("handed over in another way"),
}
ESCROW: Words = {
    "queued": (pgettext_lazy("escrow", "waits to be written"), WAIT),
    "in_flight": (pgettext_lazy("escrow", "being written"), WAIT),
    "done": (pgettext_lazy("escrow", "written"), GOOD),
    "failed": (pgettext_lazy("escrow", "failed"), BAD),
}
#: What went wrong with a night: the words of `subscriptions.escrow.keeping`; any other is the name of an exception.
ESCROW_FAULT: Mapping[str, Any] = {
    "disk full": gettext_lazy("the disk is full"),
    "folder": gettext_lazy("the folder is missing or shut"),
    "certificate": gettext_lazy("the certificate cannot be used"),
    "stalled": gettext_lazy("nobody saw its end"),
    "missed": gettext_lazy("its night was over"),
}
REHEARSAL: Mapping[str, Any] = {
    "opened": gettext_lazy("opened and looked through"),
    "restored": gettext_lazy("restored into an empty database"),
}
#: What a rehearsal found wrong: the words of `subscriptions.escrow.rehearsing`.
WRONG: Mapping[str, Any] = {
    "missing": gettext_lazy("it cannot be read"),
    "key": gettext_lazy("the key of rehearsals does not open it"),
    "changed": gettext_lazy("it is no longer the file that was written"),
    "format": gettext_lazy("what is inside has another form"),
    "files": gettext_lazy("other files are inside than its manifest names"),
    "hash": gettext_lazy("a file inside has another hash"),
    "lines": gettext_lazy("a file cannot be made from its lines"),
}
