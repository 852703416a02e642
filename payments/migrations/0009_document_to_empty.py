"""Each night asks which documents may be emptied: without reading those that have years to go."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("payments", "0008_disputes")]

    operations = [
        migrations.AddIndex(
            model_name="document",
            index=models.Index(
                condition=models.Q(("purged_on", None)), fields=["keep_until"], name="document_to_empty"
            ),
        ),
    ]
