"""Properties run the same examples everywhere, and are never timed: the machine may be busy."""

from hypothesis import settings

settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")
