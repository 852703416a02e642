"""How accounts behave here: nobody signs up by hand, and every letter goes through the post office."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter


class Adapter(DefaultAccountAdapter):
    """Accounts are made by a first purchase; the sign-in page makes none."""

    def is_open_for_signup(self, request: object) -> bool:
        return False
