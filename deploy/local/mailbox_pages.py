"""The mailbox's two pages, in French, drawn like the shop they belong to."""

from __future__ import annotations

from datetime import datetime
from html import escape
from zoneinfo import ZoneInfo

from deploy.local.letters import Letter

PARIS = ZoneInfo("Europe/Paris")
MONTHS = ("janv.", "févr.", "mars", "avril", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc.")

STYLE = """
:root { --paper:#f7f4ee; --ink:#12141a; --soft:#5c5a54; --rule:#d9d3c7; --accent:#b52c16; color-scheme: light dark; }
@media (prefers-color-scheme: dark) {
  :root { --paper:#12141a; --ink:#efeae0; --soft:#aaa498; --rule:#3a3c43; --accent:#ff6a4d; }
}
* { box-sizing: border-box; }
body { margin:0 auto; max-width:62rem; padding:1.5rem 1rem 3rem; background:var(--paper); color:var(--ink);
  font:17px/1.5 Seravek,"Gill Sans Nova",Ubuntu,Calibri,"DejaVu Sans",sans-serif; }
h1,h2 { font-family:Charter,"Bitstream Charter","Sitka Text",Cambria,serif; font-weight:600; line-height:1.2; margin:0; }
h1 { font-size:2rem; overflow-wrap:anywhere; } h2 { font-size:1.25rem; margin:2rem 0 .5rem; }
header p, footer, .soft { color:var(--soft); } header { border-bottom:1px solid var(--ink); padding-bottom:1rem; }
header p { margin:.25rem 0 0; } footer { border-top:1px solid var(--rule); margin-top:3rem; padding-top:1rem; font-size:.85rem; }
a { color:inherit; text-underline-offset:.2em; } a:hover { color:var(--accent); }
:focus-visible { outline:2px solid var(--accent); outline-offset:3px; }
ol.letters { list-style:none; margin:0; padding:0; }
ol.letters a { display:grid; grid-template-columns:minmax(9rem,14rem) 1fr auto; gap:0 1.5rem; align-items:baseline;
  padding:.8rem .25rem; border-bottom:1px solid var(--rule); text-decoration:none; }
ol.letters .to { overflow:hidden; text-overflow:ellipsis; white-space:nowrap; color:var(--soft); }
ol.letters .subject { font-family:Charter,"Bitstream Charter","Sitka Text",Cambria,serif; font-size:1.1rem; }
ol.letters .with { font:0.8rem Seravek,"Gill Sans Nova",Ubuntu,Calibri,"DejaVu Sans",sans-serif; white-space:nowrap; }
ol.letters time { font-variant-numeric:tabular-nums; color:var(--soft); white-space:nowrap; }
@media (max-width:40rem) { ol.letters a { grid-template-columns:1fr; } }
.empty { font:italic 1.35rem/1.4 Charter,"Bitstream Charter",Cambria,serif; padding:4rem 0; text-align:center; }
dl { display:grid; grid-template-columns:auto 1fr; gap:.2rem 1.2rem; margin:1rem 0; } dt { color:var(--soft); }
dd { margin:0; overflow-wrap:anywhere; }
iframe { width:100%; height:46rem; border:1px solid var(--rule); background:#fff; border-radius:2px; }
pre { white-space:pre-wrap; overflow-wrap:anywhere; border:1px solid var(--rule); padding:1rem; margin:0;
  font:.88rem/1.5 ui-monospace,"DejaVu Sans Mono",monospace; }
.returns { display:flex; flex-wrap:wrap; gap:.75rem; } button { font:inherit; color:inherit; background:none;
  border:1px solid var(--ink); border-radius:2px; padding:.6rem 1rem; min-height:44px; cursor:pointer; }
details { margin-top:1.5rem; } summary { cursor:pointer; padding:.4rem 0; } ul { padding-left:1.2rem; }
"""


def list_page(letters: list[Letter], *, total: int, filter_: str) -> str:
    """Every letter, newest first; `filter_` is the address looked for, if any."""
    count = {0: "Aucun courrier", 1: "1 courrier"}.get(total, f"{total} courriers")
    heading = f"<h1>Courrier sortant</h1><p>{count}, du plus récent au plus ancien. <a href=''>Actualiser</a></p>"
    if filter_:
        heading += f"<p>Pour « {escape(filter_)} » seulement. <a href='/'>Tout voir</a></p>"
    if letters:
        rows = "".join(_row(letter) for letter in letters)
        body = f"<ol class='letters'>{rows}</ol>"
        if len(letters) < total:
            body += f"<p class='soft'>Les {len(letters)} plus récents sont affichés.</p>"
    else:
        body = "<p class='empty'>Rien n’est encore parti. Le premier courrier s’affichera ici.</p>"
    return _page("Courrier sortant", heading, body)


RETURNS = {
    "hard": "Faire revenir : adresse inconnue",
    "soft": "Faire revenir : boîte pleine, pour l’instant",
    "complaint": "Signaler comme indésirable",
    "delivered": "Confirmer la remise",
}


def letter_page(letter: Letter, *, plays: bool = False) -> str:
    """One letter: envelope, HTML in a closed frame, text, attachments, headers; `plays`: and what may become of it."""
    subject = letter.subject or "(sans objet)"
    heading = f"<p><a href='/'>← Tous les courriers</a></p><h1>{escape(subject)}</h1>"
    here = f"/lettre/{letter.identity}"
    facts = (("De", escape(letter.sender)), ("À", escape(letter.recipients)), ("Date", _moment(letter.sent)))
    parts = ["<dl>", *(f"<dt>{word}</dt><dd>{value}</dd>" for word, value in facts), "</dl>"]
    if letter.attachments:
        items = "".join(
            f"<li><a href='{here}/piece/{letter.pieces.index(piece)}'>{escape(piece.name)}</a> "
            f"<span class='soft'>{escape(piece.kind)}, {_size(len(piece.body))}</span></li>"
            for piece in letter.attachments
        )
        parts.append(f"<h2>Pièces jointes</h2><ul>{items}</ul>")
    if letter.html:
        parts.append(
            f"<h2>Mis en page</h2><iframe src='{here}/html' title='Le courrier, mis en page'"
            " sandbox='allow-popups allow-popups-to-escape-sandbox'></iframe>"
        )
    if letter.text:
        parts.append(f"<h2>En texte seul</h2><pre>{escape(letter.text)}</pre>")
    if plays:
        buttons = "".join(
            f"<form method='post' action='{here}/retour/{kind}'><button>{escape(words)}</button></form>"
            for kind, words in RETURNS.items()
        )
        parts.append(
            "<h2>Et ensuite ?</h2><p class='soft'>Comme le ferait un prestataire d’envoi, la boîte aux lettres annonce à la "
            f"boutique ce que ce courrier est devenu.</p><div class='returns'>{buttons}</div>"
        )
    headers = "".join(f"{escape(name)}: {escape(value)}\n" for name, value in letter.headers)
    parts.append(
        f"<details><summary>En-têtes</summary><pre>{headers}</pre></details>"
        f"<p><a href='{here}/brut'>Télécharger le courrier tel quel (.eml)</a></p>"
    )
    return _page(subject, heading, "".join(parts))


def told_page(letter: Letter, kind: str, *, heard: bool) -> str:
    """What was told to the shop, and whether it heard."""
    said = "La boutique en a pris note." if heard else "La boutique n’a pas répondu, ou n’a pas reconnu la signature."
    return _page(
        "Retour annoncé" if heard else "Retour non entendu",
        f"<p><a href='/lettre/{letter.identity}'>← Le courrier</a></p><h1>{escape(RETURNS.get(kind, kind))}</h1>",
        f"<p>{said}</p>",
    )


def missing_page() -> str:
    return _page(
        "Courrier introuvable",
        "<h1>Courrier introuvable</h1>",
        "<p>Il n’existe pas. <a href='/'>Tous les courriers</a></p>",
    )


def framed(letter: Letter) -> str:
    """The letter's HTML for the frame: inner pictures point here, links open in a window of their own."""
    html = letter.html
    for number, piece in enumerate(letter.pieces):
        if piece.content_id:
            html = html.replace(f"cid:{piece.content_id}", f"/lettre/{letter.identity}/piece/{number}")
    base = '<base target="_blank">'
    start = html.lower().find("<head>")
    return html[: start + 6] + base + html[start + 6 :] if start >= 0 else base + html


def _row(letter: Letter) -> str:
    mark = " <span class='soft with'>avec pièce jointe</span>" if letter.attachments else ""
    return (
        f"<li><a href='/lettre/{letter.identity}'><span class='to'>{escape(letter.recipients)}</span>"
        f"<span class='subject'>{escape(letter.subject or '(sans objet)')}{mark}</span>"
        f"<span>{_moment(letter.sent)}</span></a></li>"
    )


def _moment(sent: datetime | None) -> str:
    if sent is None:
        return "<span class='soft'>sans date</span>"
    there = sent.astimezone(PARIS)
    day = "1er" if there.day == 1 else str(there.day)
    return f"<time datetime='{there.isoformat()}'>{day} {MONTHS[there.month - 1]} {there.year}, {there:%H} h {there:%M}</time>"


def _size(octets: int) -> str:
    return f"{octets} o" if octets < 1024 else f"{octets // 1024} Ko"


def _page(title: str, heading: str, body: str) -> str:
    return (
        "<!doctype html><html lang='fr'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<title>{escape(title)} · boîte aux lettres de la démonstration</title><style>{STYLE}</style></head>"
        f"<body><header>{heading}</header><main>{body}</main><footer>Boîte aux lettres de la démonstration : rien ne "
        "quitte cette machine. Une adresse en @refus.example est refusée (550), une adresse en @plustard.example est "
        "remise à plus tard (451).</footer></body></html>"
    )
