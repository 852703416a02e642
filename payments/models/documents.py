"""Bodies of letters, invoices and texts, apart from the rows that state facts about them."""

from __future__ import annotations

from django.db import models


class Document(models.Model):
    """Bytes under their hash. The purge may empty a body after `keep_until`; the hash stays as a tombstone."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    body = models.BinaryField(null=True)
    media_type = models.CharField(max_length=100)
    size = models.PositiveIntegerField()
    keep_until = models.DateField()
    purged_on = models.DateField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(body__isnull=False, purged_on__isnull=True)
                # Said twice on purpose: beside a NULL the comparison alone would be no refusal.
                | models.Q(body__isnull=True, purged_on__isnull=False, purged_on__gte=models.F("keep_until")),
                name="document_kept_until",
            ),
        ]
        indexes = [models.Index(fields=["keep_until"], condition=models.Q(purged_on=None), name="document_to_empty")]

    def __str__(self) -> str:
        return f"{self.media_type} {self.sha256[:12]}"
