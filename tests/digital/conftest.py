"""What the stories of the digital edition share: a directory of their own, and pages in the language of the source."""

from __future__ import annotations

import pytest

from tests.account.conftest import _plain_static, _source_language, elodie, karim, offers

__all__ = ["_plain_static", "_source_language", "elodie", "karim", "offers"]


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.DIGITAL_FILES = tmp_path / "digital"
