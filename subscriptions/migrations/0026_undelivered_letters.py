"""Letters that failed or are doubtful are counted on every dashboard: by an index of their own."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("subscriptions", "0025_single_issues"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(
                condition=models.Q(("state__in", ["failed", "doubtful"])), fields=["id"], name="notice_undelivered"
            ),
        ),
    ]
