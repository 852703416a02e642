"""Issues that readers put off, two of a term at most (law.md 7.6); what was asked for is evidence."""

import django.db.models.deletion
from django.db import migrations, models

from payments.evidence import Protect


class Migration(migrations.Migration):
    dependencies = [
        ("subscriptions", "0008_gifts"),
    ]

    operations = [
        migrations.CreateModel(
            name="Pause",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("request", models.UUIDField(help_text="the same for all that one wish asked for")),
                ("place", models.PositiveSmallIntegerField(help_text="1 or 2: which of those that one term allows")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("held", "the copy is held"),
                            ("over", "the issue has left without it"),
                            ("called_off", "called off: the issue comes after all"),
                        ],
                        default="held",
                        max_length=10,
                    ),
                ),
                ("state_since", models.DateTimeField()),
                ("actor", models.CharField(max_length=80)),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("at", models.DateTimeField()),
                (
                    "entitlement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="pauses",
                        to="subscriptions.entitlement",
                    ),
                ),
                (
                    "issue",
                    models.ForeignKey(
                        help_text="that does not come",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="pauses",
                        to="subscriptions.issue",
                    ),
                ),
                (
                    "term",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="pauses", to="subscriptions.term"
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="PauseEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("from_state", models.CharField(blank=True, max_length=10)),
                ("to_state", models.CharField(max_length=10)),
                ("actor", models.CharField(max_length=80)),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("at", models.DateTimeField()),
                (
                    "pause",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="events", to="subscriptions.pause"
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.AddIndex(
            model_name="pause",
            index=models.Index(condition=models.Q(("state", "held")), fields=["issue"], name="pause_held"),
        ),
        migrations.AddConstraint(
            model_name="pause",
            constraint=models.CheckConstraint(condition=models.Q(("place__range", (1, 2))), name="pause_two_of_a_term"),
        ),
        migrations.AddConstraint(
            model_name="pause",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "called_off"), _negated=True),
                fields=("term", "place"),
                name="pause_place_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="pause",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "called_off"), _negated=True),
                fields=("term", "issue"),
                name="pause_issue_once",
            ),
        ),
        Protect("subscriptions_pause", mutable=("state", "state_since", "entitlement_id")),
        Protect("subscriptions_pauseevent"),
    ]
