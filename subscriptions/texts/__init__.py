"""The legal texts: their French sources beside this module, and the evidence they become."""

from subscriptions.texts.loading import TITLES, current_text, load_texts, mandate_words, online_functions

__all__ = ["TITLES", "current_text", "load_texts", "mandate_words", "online_functions"]
