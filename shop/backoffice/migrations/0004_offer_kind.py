"""The versions of an offer keep of which kind it is."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("backoffice", "0003_issue_numbers"),
    ]

    operations = [
        migrations.AddField(
            model_name="historicaloffer",
            name="kind",
            field=models.CharField(
                choices=[("subscription", "subscription"), ("single", "past issues, one by one")],
                default="subscription",
                max_length=12,
            ),
        ),
    ]
