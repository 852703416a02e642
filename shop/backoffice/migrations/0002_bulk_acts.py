"""Acts on many things at once: the frozen list is evidence; what became of each row is written beside it."""

import django.db.models.deletion
from django.db import migrations, models

from payments.evidence import Protect


class Migration(migrations.Migration):
    dependencies = [
        ("backoffice", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="BulkAct",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(help_text="of shop.backoffice.bulk.KINDS", max_length=20)),
                ("parameters", models.JSONField(default=dict)),
                ("chosen", models.JSONField(default=dict, help_text="the filters that the rows were chosen by")),
                ("rows_total", models.PositiveIntegerField()),
                ("left_out_total", models.PositiveIntegerField()),
                ("sha256", models.CharField(help_text="over the rows as they were shown", max_length=64)),
                ("actor", models.CharField(max_length=80)),
                ("reason", models.CharField(max_length=300)),
                ("at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [models.Index(condition=models.Q(("finished_at", None)), fields=["id"], name="bulk_open")],
            },
        ),
        migrations.CreateModel(
            name="BulkRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("ordinal", models.PositiveIntegerField()),
                ("key", models.BigIntegerField(help_text="of the renewal or letter")),
                ("name", models.CharField(help_text="its number, or the kind of letter", max_length=40)),
                (
                    "shown",
                    models.CharField(
                        help_text="what would happen to it, or why nothing, as it was shown", max_length=300
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting"),
                            ("left_out", "left out"),
                            ("done", "done as it was shown"),
                            ("otherwise", "done, otherwise than it was shown"),
                            ("refused", "not done: it may not be any more"),
                            ("failed", "not done: a fault of ours"),
                        ],
                        default="waiting",
                        max_length=9,
                    ),
                ),
                ("became", models.CharField(blank=True, max_length=300)),
                ("done_at", models.DateTimeField(null=True)),
                (
                    "bulk",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="rows", to="backoffice.bulkact"
                    ),
                ),
            ],
            options={
                "ordering": ["ordinal"],
                "indexes": [
                    models.Index(condition=models.Q(("state", "waiting")), fields=["id"], name="bulk_row_waiting")
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("bulk", "ordinal"), name="bulk_row_nth"),
                    models.UniqueConstraint(fields=("bulk", "key"), name="bulk_row_once"),
                ],
            },
        ),
        Protect("backoffice_bulkact", mutable=("finished_at",)),
        Protect("backoffice_bulkrow", mutable=("state", "became", "done_at")),
    ]
