"""The press: a program of its own that sets documents with typst, so that no process of the shop has to carry it.

One request is one line of JSON on the standard input; its answer is one line of JSON, then the PDF. The press leaves when
nobody asked for a while or whoever started it is gone, and gives back some 55 MiB: the library, its fonts, and what it
remembers of the documents before, which makes the next ones ten times faster. It knows nothing of the shop.
"""

from __future__ import annotations

import json
import select
import signal
import sys
from datetime import datetime
from typing import Any

import typst

IDLE = 8.0  # seconds: longer than between two strokes of the letters, which would else start it anew at each
#: No document takes a second. One that takes a minute never ends, and neither would a press that nobody waits for.
TOO_LONG = 60


def main() -> None:
    """Answer until nobody asks any more."""
    fonts = typst.Fonts(include_system_fonts=False)
    asked, answers = sys.stdin.buffer, sys.stdout.buffer
    # One request at a time: none is hidden from `select` in the buffer.
    while select.select([asked], [], [], IDLE)[0] and (line := asked.readline()):
        signal.alarm(TOO_LONG)
        body, trouble = b"", ""
        try:
            body = _set(json.loads(line), fonts)
        except typst.TypstError as error:
            trouble = str(error)
        signal.alarm(0)
        answers.write(json.dumps({"size": len(body), "trouble": trouble}).encode() + b"\n" + body)
        answers.flush()


def _set(request: dict[str, Any], fonts: Any) -> bytes:
    body: bytes = typst.compile(
        request["template"],
        root=request["root"],
        font_paths=fonts,
        ignore_system_fonts=True,
        format="pdf",
        pdf_standards=request["standards"],
        timestamp=datetime.fromisoformat(request["at"]),
        sys_inputs={"facts": request["facts"]},
    )
    return body


if __name__ == "__main__":
    main()
