"""A list of hundreds of choices in a form, written out in one go."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString


class Select(forms.Select):
    """What Django's own would draw, at a hundredth of its cost: it renders a template for each of 250 countries.

    For flat lists of choices only. Its name is Django's, by which the templates know how wide a field is.
    """

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        """The whole list; what is chosen is compared as text, as a form brings it back."""
        chosen = frozenset(map(str, self.format_value(value)))
        options = _options(tuple((str(key), str(label)) for key, label in self.choices), chosen)
        whole = self.build_attrs(self.attrs, {"name": name, **(attrs or {})})
        return format_html("<select{}>\n{}\n</select>", flatatt(whole), options)


@lru_cache(maxsize=50)
def _options(choices: tuple[tuple[str, str], ...], chosen: frozenset[str]) -> SafeString:
    """The countries of the world are the same for the next reader, and mostly so is what is chosen of them."""
    return format_html_join(
        "\n",
        '  <option value="{}"{}>{}</option>',
        ((key, SafeString(" selected") if key in chosen else "", label) for key, label in choices),
    )
