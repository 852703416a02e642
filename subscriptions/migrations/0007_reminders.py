"""The series of reminders of fixed terms (law.md 7.7): a table, with the customary steps for a quarterly."""

import django.db.models.deletion
from django.db import migrations, models

from payments.evidence import Keep

#: code, place, trigger, issues from the last, days after, letter.
SERIES = (
    ("RA1", 1, "posted", -2, 0, "reminder_two_left"),
    ("RA2", 2, "posted", -1, 0, "reminder_one_left"),
    ("R0", 3, "posted", 0, 7, "reminder_last_posted"),
    ("RE1", 4, "lapsed", 0, 30, "reminder_lapsed"),
    ("RE2", 5, "posted", 1, 0, "reminder_next_posted"),
    ("RE3", 6, "posted", 2, 0, "reminder_farewell"),
)


def customary(apps, schema_editor):
    step = apps.get_model("subscriptions", "ReminderStep")
    step.objects.using(schema_editor.connection.alias).bulk_create(
        [
            step(code=code, place=place, trigger=trigger, issues_from_last=issue, days_after=days, letter=letter)
            for code, place, trigger, issue, days, letter in SERIES
        ]
    )


class Migration(migrations.Migration):
    dependencies = [
        ("subscriptions", "0006_renewal_plan_index"),
    ]

    operations = [
        migrations.AlterField(
            model_name="consent",
            name="matter",
            field=models.CharField(
                choices=[
                    ("terms", "terms of sale"),
                    ("mandate", "card or debit mandate"),
                    ("similar_offers", "similar offers (soft opt-in)"),
                    ("newsletter", "newsletter"),
                    ("reminders", "reminders to renew"),
                ],
                max_length=16,
            ),
        ),
        migrations.CreateModel(
            name="ReminderStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.SlugField(help_text="RA1 to RE3; counted as the source of orders", max_length=12)),
                ("place", models.PositiveSmallIntegerField(help_text="in the series: 1, 2, 3…")),
                (
                    "trigger",
                    models.CharField(
                        choices=[("posted", "an issue was posted"), ("lapsed", "the subscription lapsed")], max_length=6
                    ),
                ),
                (
                    "issues_from_last",
                    models.SmallIntegerField(
                        default=0, help_text="posted: which issue, counted from that of the last copy: -2 to 2"
                    ),
                ),
                ("days_after", models.PositiveSmallIntegerField(default=0)),
                (
                    "late_days",
                    models.PositiveSmallIntegerField(default=60, help_text="so many days late it is not sent any more"),
                ),
                ("channel", models.CharField(choices=[("email", "e-mail")], default="email", max_length=5)),
                ("letter", models.CharField(help_text="a kind of subscriptions.notices.letters", max_length=40)),
                ("active", models.BooleanField(default=True)),
                (
                    "magazine",
                    models.ForeignKey(
                        blank=True,
                        help_text="null: every magazine",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reminder_steps",
                        to="subscriptions.magazine",
                    ),
                ),
            ],
            options={
                "ordering": ["place"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("magazine", "code"), name="reminder_code_once", nulls_distinct=False
                    ),
                    models.UniqueConstraint(
                        fields=("magazine", "place"), name="reminder_place_once", nulls_distinct=False
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("issues_from_last__range", (-8, 8))), name="reminder_issue_near_the_last"
                    ),
                ],
            },
        ),
        migrations.RunPython(customary, migrations.RunPython.noop),
        Keep("subscriptions_reminderstep"),
    ]
