"""What the hosted page looks like in each of its states."""

from html import escape

from payments.sandbox.finishing import return_address
from payments.sandbox.pages import fields, shell
from payments.sandbox.store import Obj
from payments.sandbox.wire import Response
from payments.sandbox.wording import euros

CHOICES = {"card": ("carte", "Carte bancaire"), "sepa_debit": ("prelevement", "Prélèvement SEPA")}
MANDATE = (
    "En confirmant, vous signez un mandat de prélèvement SEPA : vous autorisez {merchant} et son prestataire de "
    "paiement à demander à votre banque de débiter votre compte, et votre banque à le débiter. Vous pouvez vous faire "
    "rembourser par votre banque, selon votre convention avec elle, dans les huit semaines qui suivent le débit. "
    "Vous serez prévenu avant chaque prélèvement."
)
SAVED = "Votre moyen de paiement sera enregistré et pourra servir aux paiements que vous avez acceptés d’avance."


def merchant(session: Obj | None) -> str:
    """The seller's name as the session gives it."""
    return str(((session or {}).get("branding_settings") or {}).get("display_name") or "la boutique")


def asked(session: Obj, kind: str) -> tuple[fields.Field, ...]:
    """The fields for this way to pay, with the e-mail address when nobody told it yet."""
    known = (session.get("customer_details") or {}).get("email")
    if session.get("customer_email") or (session.get("customer") and known):
        return fields.ASKED[kind]
    return (fields.EMAIL, *fields.ASKED[kind])


def checkout(
    session: Obj,
    kind: str,
    *,
    typed: dict[str, str] | None = None,
    wrong: dict[str, str] | None = None,
    refusal: str | None = None,
    status: int = 200,
) -> Response:
    """The form, with what was typed, what is wrong, and why the bank refused the last try."""
    pays = session["mode"] == "payment"
    heading = f"Payer {merchant(session)}" if pays else "Enregistrer un moyen de paiement"
    total = euros(session["amount_total"]) if pays else ""
    back = f'<p><a href="{escape(session["cancel_url"])}">← Retour</a></p>' if session.get("cancel_url") else ""
    custom = ((session.get("custom_text") or {}).get("submit") or {}).get("message")
    terms = [custom] if custom else []
    if kind == "sepa_debit":
        terms.append(MANDATE.format(merchant=merchant(session)))
    elif not pays or (session.get("_given") or {}).get("setup_future_usage"):
        terms.append(SAVED)
    button = f"Payer {total}" if pays else "Enregistrer"
    body = shell.filled(
        "checkout.html",
        back=back,
        merchant=escape(merchant(session)),
        heading=escape(heading),
        total=f'<p class="total">{escape(total)}</p>' if pays else "",
        lines=_lines(session),
        question="Comment payez-vous\u202f?" if pays else "Quel moyen de paiement\u202f?",
        choice=_choice(session, kind),
        alert=f'<div class="alert" role="alert"><p>{escape(refusal)}</p></div>' if refusal else "",
        action=f"/c/pay/{session['id']}",
        kind=CHOICES[kind][0],
        fields=fields.html(asked(session, kind), typed or _known(session), wrong or {}),
        terms="".join(f'<p class="mandate">{escape(text)}</p>' for text in terms),
        button=escape(button),
    )
    title = ("Erreur : " if wrong or refusal else "") + heading
    return shell.shown(title, body, status=status, leads_to=_ways_out(session))


def authentication(session: Obj | None, intent: Obj, path: str) -> Response:
    """The bank's question."""
    what = f"Un paiement de {euros(intent['amount'])}" if "amount" in intent else "L’enregistrement de votre carte"
    form = (
        f'<form method="post" action="{escape(path)}">'
        '<button type="submit" name="reponse" value="autoriser">Autoriser</button>'
        '<button class="quiet" type="submit" name="reponse" value="refuser">Refuser</button></form>'
    )
    body = shell.filled(
        "message.html",
        merchant="Banque de test · 3-D Secure",
        heading="Votre banque vous demande votre accord",
        text=escape(f"{what} pour {merchant(session)} attend votre accord."),
        more=form,
    )
    action = intent["next_action"].get("redirect_to_url") or {}
    leads_to = (*_ways_out(session), action.get("return_url") or "")
    return shell.shown("Authentification 3-D Secure", body, leads_to=leads_to)


def done(session: Obj) -> Response:
    """A completed page opened again."""
    text = (
        "Le paiement est déjà fait : il n’y a rien à payer ici."
        if session["mode"] == "payment"
        else "Votre moyen de paiement est déjà enregistré."
    )
    return shell.message("C’est déjà fait", text, more=shell.link(return_address(session), "Continuer"))


def expired(session: Obj) -> Response:
    """A page whose time is over; 410 whatever was sent to it."""
    url = session.get("cancel_url")
    more = shell.link(url, "← Retour") if url else ""
    text = "Cette page de paiement a expiré. Rien n’a été prélevé : revenez à la boutique pour recommencer."
    return shell.message("Page expirée", text, more=more, status=410)


def _known(session: Obj) -> dict[str, str]:
    details = session.get("customer_details") or {}
    return {"email": details.get("email") or "", "nom": details.get("name") or ""}


def _ways_out(session: Obj | None) -> tuple[str, ...]:
    return () if session is None else (session["success_url"], session.get("cancel_url") or "")


def _choice(session: Obj, kind: str) -> str:
    if len(session["payment_method_types"]) == 1:
        return ""
    links = [
        f'<li><a href="/c/pay/{session["id"]}?moyen={name}"{" aria-current=true" if one == kind else ""}>{label}</a></li>'
        for one, (name, label) in CHOICES.items()
        if one in session["payment_method_types"]
    ]
    return f'<ul class="choice">{"".join(links)}</ul>'


def _lines(session: Obj) -> str:
    rows = []
    for line in session.get("_lines", []):
        times = f"{line['quantity']} × " if line["quantity"] > 1 else ""
        more = f"<small>{escape(line['_more'])}</small>" if line["_more"] else ""
        label = f"<span>{times}{escape(line['description'])}{more}</span>"
        rows.append(f"<li>{label}<span>{euros(line['amount_total'])}</span></li>")
    return f'<ul class="lines">{"".join(rows)}</ul>' if rows else ""
