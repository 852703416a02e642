"""The stand-in's own tests use the fixtures it offers to everyone."""

from tests.sandbox.fixtures import standin, standin_inprocess

__all__ = ["standin", "standin_inprocess"]
