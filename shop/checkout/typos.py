"""Slips in the domain of an e-mail: « gmial.com » becomes a question to the reader, never a correction. No look-up."""

from __future__ import annotations

# Where French readers have their mail. A domain that is one of these is never questioned.
USUAL = (
    "gmail.com", "hotmail.fr", "hotmail.com", "outlook.fr", "outlook.com", "live.fr", "live.com", "msn.com",
    "yahoo.fr", "yahoo.com", "orange.fr", "wanadoo.fr", "free.fr", "sfr.fr", "neuf.fr", "bbox.fr", "laposte.net",
    "icloud.com", "me.com", "mac.com", "proton.me", "protonmail.com", "numericable.fr", "club-internet.fr",
    "aliceadsl.fr", "googlemail.com",
)  # fmt: skip
# Real domains that look like slips of one above.
OTHERS = frozenset(
    {
        "mail.com", "ymail.com", "gmx.com", "gmx.fr", "gmx.de", "email.com", "fastmail.com", "hotmail.be", "hotmail.ch",
        "hotmail.it", "hotmail.es", "hotmail.de", "hotmail.ca", "outlook.be", "outlook.de", "outlook.es", "outlook.it",
        "live.be", "live.ca", "live.nl", "live.it", "live.de", "yahoo.de", "yahoo.it", "yahoo.es", "yahoo.ca", "yahoo.be",
        "orange.com", "orange.es", "free.com", "sfr.net", "proton.ch", "pm.me", "msn.fr", "aol.com", "mac.fr", "ma.com",
    }
)  # fmt: skip
SHORTEST = 8  # characters: a shorter domain (free.fr) has too many honest neighbours


def suggestion(email: str) -> str:
    """The address probably meant, or "" if nothing is to be asked. « jean@gmial.com » → « jean@gmail.com »."""
    name, at_sign, domain = email.strip().rpartition("@")
    domain = domain.lower()
    if not at_sign or not name or domain in USUAL or domain in OTHERS:
        return ""
    if domain.endswith((".con", ".cmo", ".ocm")) and domain[:-4] + ".com" in USUAL:
        return f"{name}@{domain[:-4]}.com"
    near = [usual for usual in USUAL if len(usual) >= SHORTEST and one_slip(domain, usual)]
    return f"{name}@{near[0]}" if near else ""


def one_slip(typed: str, meant: str) -> bool:
    """Whether one letter added, left out, replaced, or two neighbours swapped, lead from one to the other."""
    if typed == meant or abs(len(typed) - len(meant)) > 1:
        return False
    start = next((i for i, (a, b) in enumerate(zip(typed, meant, strict=False)) if a != b), min(len(typed), len(meant)))
    left, right = typed[start:], meant[start:]
    if len(typed) > len(meant):
        return left[1:] == right
    if len(typed) < len(meant):
        return left == right[1:]
    return left[1:] == right[1:] or (left[:2] == right[1::-1] and left[2:] == right[2:])
