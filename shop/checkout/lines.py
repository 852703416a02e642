"""What people type into one line, or into several: words, without the signs that nobody sees.

A browser sends neither line breaks nor control characters from a one-line field, a program may. PostgreSQL cannot keep a
NUL, no header of a letter a line break, and marks of direction turn round what stands beside a name.
"""

from __future__ import annotations

from typing import Any

from django import forms


def one_line(text: str) -> str:
    """The words of a text, a space between each."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


class Line(forms.CharField):
    """One line of text."""

    def to_python(self, value: Any) -> str:
        return one_line(super().to_python(value) or "")


class Lines(forms.CharField):
    """Several lines of text."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        rows = (super().to_python(value) or "").splitlines()
        return "\n".join("".join(sign for sign in row if sign.isprintable()).strip() for row in rows).strip()
