"""Stands in for the foundation's own; dropped when main is merged."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("subscriptions", "0016_forgotten_links")]

    operations = [
        migrations.AddField("term", "quantity", models.PositiveSmallIntegerField(default=1)),
    ]
