"""GET /_control/: what this server is, and the test cards and accounts it takes."""

from html import escape

from payments.sandbox.cards import CARDS
from payments.sandbox.ibans import ACCOUNTS
from payments.sandbox.pages import shell
from payments.sandbox.wire import Response

INTRODUCTION = (
    "Ce serveur remplace Stripe sur cette machine : il parle son API, montre sa page de paiement et ne touche à aucun "
    "argent. Pour une carte, toute date à venir et tout code à trois chiffres conviennent."
)


def page(origin: str) -> Response:
    """The page for people."""
    cards = [(_spaced(card.number), card.label, card.token) for card in CARDS.values()]
    accounts = [(_spaced(account.iban), account.label, account.token) for account in ACCOUNTS.values()]
    body = shell.filled(
        "message.html",
        merchant="Bac à sable",
        heading="Doublure de Stripe",
        text=escape(INTRODUCTION),
        more=_table("Cartes de test", cards) + _table("Comptes SEPA de test", accounts),
    )
    return shell.shown("Doublure de Stripe", body)


def _table(caption: str, rows: list[tuple[str, str, str]]) -> str:
    lines = "".join(
        f"<tr><td>{escape(number)}</td><td>{escape(label)}</td><td>{escape(token)}</td></tr>"
        for number, label, token in rows
    )
    head = '<tr><th scope="col">Numéro</th><th scope="col">Effet</th><th scope="col">Jeton</th></tr>'
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(caption)}"><table>'
        f"<caption>{escape(caption)}</caption><thead>{head}</thead><tbody>{lines}</tbody></table></div>"
    )


def _spaced(text: str) -> str:
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))
