"""Properties run the same examples everywhere, and are never timed: the machine may be busy."""

import pytest
from django.utils import translation
from hypothesis import settings

settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")


@pytest.fixture(autouse=True)
def in_the_words_of_the_source():
    """Sentences are compared as the code says them; their French has tests of its own."""
    with translation.override("en"):
        yield
