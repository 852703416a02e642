"""The versions of an issue keep its second number."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("backoffice", "0002_bulk_acts"),
    ]

    operations = [
        migrations.AddField(
            model_name="historicalissue",
            name="last_number",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="second number of a double issue, one copy all the same; empty for a single one",
                null=True,
            ),
        ),
    ]
