"""Frozen months: the figures of each, once, as evidence."""

import django.db.models.deletion
from django.db import migrations, models

from payments.evidence import Protect


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0019_unbooked"),
    ]

    operations = [
        migrations.CreateModel(
            name="MonthSnapshot",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("first_day", models.DateField(unique=True)),
                ("figures", models.JSONField(help_text="by section: key, count, amount as text")),
                ("previous_hash", models.CharField(blank=True, max_length=64)),
                ("hash", models.CharField(max_length=64, unique=True)),
                ("actor", models.CharField(max_length=80)),
                ("at", models.DateTimeField()),
                (
                    "closing",
                    models.ForeignKey(
                        help_text="null: by its day",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="snapshots",
                        to="payments.periodclosing",
                    ),
                ),
            ],
            options={
                "ordering": ["first_day"],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("first_day__day", 1)), name="month_snapshot_of_a_month"),
                ],
            },
        ),
        Protect("payments_monthsnapshot"),
    ]
