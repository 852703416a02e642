"""The legal texts: their French sources beside this module, and the evidence they become."""

from subscriptions.texts.loading import (
    ON_DEMAND,
    TITLES,
    current_text,
    load_text,
    load_texts,
    mandate_words,
    online_functions,
)

__all__ = [
    "ON_DEMAND",
    "TITLES",
    "current_text",
    "load_text",
    "load_texts",
    "mandate_words",
    "online_functions",
]
