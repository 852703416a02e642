"""What all pages for people share: the frame, escaping, the style sheet, and the headers that keep them safe."""

from html import escape
from pathlib import Path
from string import Template
from urllib.parse import urlsplit

from payments.sandbox.wire import Response

HERE = Path(__file__).parent
STYLE = (HERE / "style.css").read_bytes()
_TEMPLATES = {path.name: Template(path.read_text(encoding="utf-8")) for path in HERE.glob("*.html")}


def filled(name: str, **parts: str) -> str:
    """A template with its parts, which must be HTML already."""
    return _TEMPLATES[name].substitute(parts)


def shown(title: str, body: str, *, status: int = 200, leads_to: tuple[str, ...] = ()) -> Response:
    """A whole page. `leads_to` are addresses its form may be redirected to: browsers hold redirects to form-action."""
    origins = " ".join(sorted({origin(url) for url in leads_to if url}))
    policy = (
        "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'; "
        f"form-action 'self' {origins}".rstrip()
    )
    page = filled("base.html", title=escape(title), body=body)
    return Response(
        status,
        page.encode(),
        {
            "Content-Type": "text/html; charset=utf-8",
            "Content-Security-Policy": policy,
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        },
    )


def message(title: str, text: str, *, more: str = "", merchant: str = "Paiement", status: int = 200) -> Response:
    """A page that says one thing; `more` is HTML below it."""
    body = filled("message.html", merchant=escape(merchant), heading=escape(title), text=escape(text), more=more)
    return shown(title, body, status=status)


def link(url: str, label: str, *, kind: str = "button") -> str:
    """A link as HTML."""
    return f'<p><a class="{kind}" href="{escape(url)}">{escape(label)}</a></p>'


def style() -> Response:
    """The style sheet."""
    return Response(200, STYLE, {"Content-Type": "text/css; charset=utf-8", "Cache-Control": "max-age=3600"})


def origin(url: str) -> str:
    """Scheme and host of an address."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
