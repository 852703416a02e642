"""The post office: every message to a person, queued with the fact that it tells, written, sent once, and proved."""

from subscriptions.notices.queueing import NoticeDraft, queue

__all__ = ["NoticeDraft", "queue"]
