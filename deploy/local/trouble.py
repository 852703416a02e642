"""The one exception a person is meant to read."""


class Trouble(Exception):
    """Something the person at the keyboard can act on, said in one clear sentence; shown without a traceback."""
