"""Typesetting: a template and plain data in, a PDF out; the same again is the same bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

ROOT = Path(__file__).resolve().parent.parent
# PDF/A-3: kept for ten years and ready to carry the XML of an electronic invoice. PDF/UA: read aloud in order.
STANDARDS: list[Literal["a-3a", "ua-1"]] = ["a-3a", "ua-1"]


def typeset(template: Path, facts: Mapping[str, Any], *, on: date) -> bytes:
    """The PDF of `template` (a .typ file below ROOT) with `facts` under `sys.inputs.facts`, dated `on`.

    Data is handed over as JSON and never as markup, so nothing in it can be read as an instruction. Fonts are those
    inside typst: a machine's own fonts would change the bytes. Nothing is fetched.
    """
    # Imported when the first document is set: a web process that sets none does not carry it.
    import typst

    body: bytes = typst.compile(
        str(template),
        root=str(ROOT),
        font_paths=_fonts(),
        ignore_system_fonts=True,
        format="pdf",
        pdf_standards=[*STANDARDS],
        timestamp=datetime.combine(on, time(12), tzinfo=UTC),
        sys_inputs={"facts": json.dumps(facts, ensure_ascii=False)},
    )
    return body


@lru_cache(maxsize=1)
def _fonts() -> Any:
    import typst

    return typst.Fonts(include_system_fonts=False)
