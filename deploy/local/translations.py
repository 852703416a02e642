"""`make messages`: collect the English sentences marked in code and templates, keep their French, compile it.

No gettext program is needed. With `--check` nothing is written: it fails when a marked sentence is not in the catalogue,
has no French, is fuzzy, has other placeholders in French, or when the compiled file is not the catalogue's.
"""

from __future__ import annotations

import io
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import polib
from babel.messages.extract import extract_python
from django.conf import settings
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent.parent
CATALOGUE = ROOT / "shop" / "locale" / "fr" / "LC_MESSAGES" / "django.po"
CODE = ("payments", "subscriptions", "shop", "tasks")
TEMPLATES = ("templates", *CODE)
KEYWORDS = (
    *("_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy"),
    *("pgettext", "pgettext_lazy", "npgettext", "npgettext_lazy"),
)
PLACEHOLDER = re.compile(r"%\(\w+\)[sdf]|%[sdf]|\{\w*[^{}]*\}")

# (context, sentence, plural): the last is "" where there is none, the first is None.
Key = tuple[str | None, str, str]


def marked() -> dict[Key, list[tuple[str, str]]]:
    """Every marked sentence, with the files and lines where it stands."""
    found: dict[Key, list[tuple[str, str]]] = defaultdict(list)
    for path in _files(CODE, "*.py"):
        _collect(found, path, path.read_text(encoding="utf-8"))
    for path in _files(TEMPLATES, "*.html", "*.txt", "*.mjml", "*.svg"):
        _collect(found, path, templatize(path.read_text(encoding="utf-8")))
    return dict(found)


def collect(path: Path = CATALOGUE) -> None:
    """Write the catalogue anew: marked sentences with the French they had, the rest dropped; compile it."""
    known = {_key(entry): entry for entry in polib.pofile(str(path))} if path.exists() else {}
    catalogue = polib.POFile(wrapwidth=100)
    catalogue.metadata = {
        "Language": "fr",
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": "nplurals=2; plural=(n > 1);",
    }
    for key, places in sorted(marked().items(), key=lambda item: (item[0][1], item[0][0] or "")):
        context, sentence, plural = key
        entry = polib.POEntry(msgid=sentence, occurrences=sorted({(name, "") for name, _line in places}))
        entry.msgctxt = context
        if plural:
            entry.msgid_plural = plural
            entry.msgstr_plural = {0: "", 1: ""}
        if before := known.get(key):
            entry.msgstr, entry.msgstr_plural = before.msgstr, before.msgstr_plural or entry.msgstr_plural
            entry.flags, entry.tcomment = before.flags, before.tcomment
        if PLACEHOLDER.search(sentence) and "%(" in sentence and "python-format" not in entry.flags:
            entry.flags.append("python-format")
        catalogue.append(entry)
    path.parent.mkdir(parents=True, exist_ok=True)
    catalogue.save(str(path))
    catalogue.save_as_mofile(str(path.with_suffix(".mo")))


def troubles(path: Path = CATALOGUE) -> Iterator[str]:
    """One sentence for each thing that is wrong."""
    if not path.exists():
        yield f"{path.relative_to(ROOT)} does not exist: make messages."
        return
    entries = {_key(entry): entry for entry in polib.pofile(str(path))}
    for key, places in sorted(marked().items(), key=lambda item: item[1]):
        if key not in entries:
            yield f"{':'.join(places[0])}: not collected (make messages): {key[1]!r}"
    for key, entry in entries.items():
        french = list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]
        if not all(french):
            yield f"no French: {key[1]!r}"
        elif entry.fuzzy:
            yield f"fuzzy: {key[1]!r}"
        else:
            wanted = set(PLACEHOLDER.findall(key[1])) | set(PLACEHOLDER.findall(key[2]))
            for text in french:
                extra = set(PLACEHOLDER.findall(text)) - wanted
                lost = set(PLACEHOLDER.findall(key[2] or key[1])) - set(PLACEHOLDER.findall(text))
                if extra or (lost and not entry.msgid_plural):
                    yield f"other placeholders in French: {key[1]!r}"
    compiled = path.with_suffix(".mo")
    translated = {_key(entry): (entry.msgstr, entry.msgstr_plural) for entry in entries.values() if entry.translated()}
    if not compiled.exists():
        yield f"{compiled.relative_to(ROOT)} does not exist: make messages."
    elif {_key(entry): (entry.msgstr, entry.msgstr_plural) for entry in polib.mofile(str(compiled))} != translated:
        yield f"{compiled.relative_to(ROOT)} is older than the catalogue: make messages."


def _files(folders: tuple[str, ...], *patterns: str) -> Iterator[Path]:
    found = {path for folder in folders for pattern in patterns for path in (ROOT / folder).rglob(pattern)}
    yield from (path for path in sorted(found) if "migrations" not in path.parts and "static" not in path.parts)


def _collect(found: dict[Key, list[tuple[str, str]]], path: Path, source: str) -> None:
    keywords = dict.fromkeys(KEYWORDS)
    for line, function, messages, _comments in extract_python(
        io.BytesIO(source.encode()), keywords, (), {"encoding": "utf-8"}
    ):
        name = str(function)
        heard: object = messages  # Babel's types promise a list; it hands out a tuple, a string or None
        parts: list[object] = list(heard) if isinstance(heard, list | tuple) else [heard]
        constant = [part for part in parts[: _width(name)] if isinstance(part, str)]
        if len(constant) < _width(name) or not constant[0]:
            continue  # not a constant: marked elsewhere
        context = constant.pop(0) if "pgettext" in name else None
        plural = constant[1] if name.startswith("n") else ""
        found[context, constant[0], plural].append((str(path.relative_to(ROOT)), str(line)))


def _width(function: str) -> int:
    return 1 + ("pgettext" in function) + function.startswith("n")


def _key(entry: polib.POEntry | polib.MOEntry) -> Key:
    return entry.msgctxt, entry.msgid, entry.msgid_plural or ""


def main(arguments: list[str]) -> int:
    if not settings.configured:
        settings.configure(USE_I18N=True)  # all that reading templates needs
    if "--check" not in arguments:
        collect()
    found = list(troubles())
    for sentence in found:
        sys.stdout.write(sentence + "\n")
    return 1 if found and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
