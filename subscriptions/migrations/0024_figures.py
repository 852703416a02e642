"""Circulation: the rule of its figures, what was counted of each issue, print runs and what was advised for them."""

from datetime import UTC, date, datetime
from decimal import Decimal

import django.db.models.deletion
from django.db import migrations, models

from payments.evidence import Protect

#: Of the first rule: law.md 1.1 and 8.1. What no text says is said to be the publisher's own.
SOURCE = (
    "50 % du tarif imprimé, 80 % pour une vente couplée, 5 % de ventes en nombre : règlement d’application Presse Payante "
    "Grand Public de l’ACPM du 6 juin 2018 et règles OJD antérieures, à relire dans le règlement en vigueur. Quatre mois entre "
    "deux numéros, parution au moins trimestrielle, vente effective : CGI, ann. III, art. 72 et CPCE, art. D. 18. "
    "La moitié d’exemplaires payés parmi les exemplaires diffusés est le repère de l’éditeur pour la vente effective : "
    "aucun texte relu ne donne ce chiffre."
)


def customary(apps, schema_editor):
    rule = apps.get_model("subscriptions", "CirculationRule")
    rule.objects.using(schema_editor.connection.alias).create(
        valid_from=date(2018, 6, 6), source=SOURCE, actor="job:migration", reason="premières valeurs",
        created_at=datetime(2026, 11, 30, tzinfo=UTC),
    )  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [
        ("subscriptions", "0023_handovers_escrow"),
    ]

    operations = [
        migrations.CreateModel(
            name="Circulation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveSmallIntegerField(help_text="1, 2, 3… of its issue")),
                ("on", models.DateField(help_text="day of the posting, or of the correction")),
                ("lines", models.PositiveIntegerField()),
                ("copies", models.IntegerField(help_text="0 for a correction: copies only change their class")),
                ("sha256", models.CharField(max_length=64)),
                ("actor", models.CharField(max_length=80)),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("at", models.DateTimeField()),
                (
                    "issue",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="circulations",
                        to="subscriptions.issue",
                    ),
                ),
                (
                    "run",
                    models.OneToOneField(
                        help_text="null: a correction",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="circulation",
                        to="subscriptions.mailingrun",
                    ),
                ),
            ],
            options={
                "ordering": ["issue_id", "number"],
            },
        ),
        migrations.CreateModel(
            name="CirculationCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("klass", models.CharField(max_length=8)),
                ("band", models.CharField(blank=True, max_length=4)),
                ("zone", models.CharField(max_length=4)),
                ("code", models.CharField(blank=True, max_length=120)),
                ("copies", models.IntegerField()),
                ("paid", models.DecimalField(decimal_places=2, max_digits=12, null=True)),
                ("reference", models.DecimalField(decimal_places=2, max_digits=12, null=True)),
                ("lines", models.IntegerField()),
                (
                    "least_percent",
                    models.DecimalField(
                        decimal_places=1,
                        help_text="of the reference price, of the cheapest among them",
                        max_digits=6,
                        null=True,
                    ),
                ),
                (
                    "circulation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="counts",
                        to="subscriptions.circulation",
                    ),
                ),
                (
                    "offer",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="subscriptions.offer",
                    ),
                ),
            ],
            options={
                "ordering": ["circulation_id", "id"],
            },
        ),
        migrations.CreateModel(
            name="CirculationRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("valid_from", models.DateField()),
                (
                    "paid_least_percent",
                    models.DecimalField(
                        decimal_places=1,
                        default=Decimal("50"),
                        help_text="sold for less of the reference price: not a paid copy",
                        max_digits=4,
                    ),
                ),
                (
                    "coupled_least_percent",
                    models.DecimalField(
                        decimal_places=1,
                        default=Decimal("80"),
                        help_text="of the reference price: what a coupled sale has to keep",
                        max_digits=4,
                    ),
                ),
                (
                    "paid_share_least_percent",
                    models.DecimalField(
                        decimal_places=1,
                        default=Decimal("50"),
                        help_text="of the copies posted: paid ones, for the CPPAP",
                        max_digits=4,
                    ),
                ),
                (
                    "bulk_most_percent",
                    models.DecimalField(
                        decimal_places=1,
                        default=Decimal("5"),
                        help_text="of the paid copies: bought in number by third parties",
                        max_digits=4,
                    ),
                ),
                (
                    "gap_most_months",
                    models.PositiveSmallIntegerField(default=4, help_text="between two issues, tolerated once a year"),
                ),
                (
                    "issues_least",
                    models.PositiveSmallIntegerField(default=4, help_text="issues a year, a double one counted once"),
                ),
                (
                    "cppap_warn_days",
                    models.PositiveSmallIntegerField(default=180, help_text="before the registration ends"),
                ),
                (
                    "warn_points",
                    models.DecimalField(
                        decimal_places=1,
                        default=Decimal("5"),
                        help_text="so many points before a limit it is on the desk",
                        max_digits=4,
                    ),
                ),
                ("source", models.TextField(help_text="where the figures come from, in French")),
                ("actor", models.CharField(max_length=80)),
                ("reason", models.CharField(max_length=200)),
                ("created_at", models.DateTimeField()),
                (
                    "reference_offer",
                    models.ForeignKey(
                        help_text="whose price is the one printed in the magazine; null: the dearest yearly one of its zone",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="subscriptions.offer",
                    ),
                ),
            ],
            options={
                "ordering": ["valid_from", "id"],
            },
        ),
        migrations.AddField(
            model_name="circulation",
            name="rule",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="subscriptions.circulationrule"
            ),
        ),
        migrations.CreateModel(
            name="CountedCopy",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("klass", models.CharField(max_length=8)),
                ("band", models.CharField(blank=True, max_length=4)),
                ("zone", models.CharField(max_length=4)),
                ("code", models.CharField(blank=True, max_length=120)),
                ("copies", models.IntegerField()),
                ("paid", models.DecimalField(decimal_places=2, max_digits=12, null=True)),
                ("reference", models.DecimalField(decimal_places=2, max_digits=12, null=True)),
                (
                    "percent",
                    models.DecimalField(decimal_places=1, help_text="of the reference price", max_digits=6, null=True),
                ),
                (
                    "circulation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="rows", to="subscriptions.circulation"
                    ),
                ),
                (
                    "dispatch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="counted", to="subscriptions.dispatch"
                    ),
                ),
                (
                    "issue",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="subscriptions.issue",
                    ),
                ),
                (
                    "offer",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="subscriptions.offer",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="PrintAdvice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveSmallIntegerField(help_text="1, 2, 3… of its issue")),
                ("on", models.DateField()),
                ("low", models.PositiveIntegerField()),
                ("high", models.PositiveIntegerField()),
                ("parts", models.JSONField()),
                ("actor", models.CharField(max_length=80)),
                ("reason", models.CharField(max_length=200)),
                ("at", models.DateTimeField()),
                (
                    "issue",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="advices", to="subscriptions.issue"
                    ),
                ),
            ],
            options={
                "ordering": ["issue_id", "number"],
            },
        ),
        migrations.CreateModel(
            name="PrintAssumption",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "observed_least",
                    models.PositiveSmallIntegerField(
                        default=30, help_text="with fewer cases a rate is not taken from them"
                    ),
                ),
                ("renewed_low", models.DecimalField(decimal_places=1, default=Decimal("50"), max_digits=4)),
                ("renewed_high", models.DecimalField(decimal_places=1, default=Decimal("65"), max_digits=4)),
                ("claimed_low", models.DecimalField(decimal_places=1, default=Decimal("1"), max_digits=4)),
                ("claimed_high", models.DecimalField(decimal_places=1, default=Decimal("2"), max_digits=4)),
                ("new_low", models.PositiveIntegerField(default=0, help_text="new readers until the day of posting")),
                ("new_high", models.PositiveIntegerField(default=0)),
                ("single_low", models.PositiveIntegerField(default=0, help_text="sold one by one")),
                ("single_high", models.PositiveIntegerField(default=0)),
                ("reserve_low", models.DecimalField(decimal_places=1, default=Decimal("3"), max_digits=4)),
                ("reserve_high", models.DecimalField(decimal_places=1, default=Decimal("5"), max_digits=4)),
                ("actor", models.CharField(max_length=80)),
                ("reason", models.CharField(max_length=200)),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("claimed_high__gte", models.F("claimed_low")),
                            ("renewed_high__gte", models.F("renewed_low")),
                            ("new_high__gte", models.F("new_low")),
                            ("reserve_high__gte", models.F("reserve_low")),
                            ("single_high__gte", models.F("single_low")),
                        ),
                        name="print_assumption_ranges",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("claimed_high__lte", 100), ("renewed_high__lte", 100)),
                        name="print_assumption_percent",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PrintRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("copies", models.PositiveIntegerField()),
                ("on", models.DateField()),
                ("actor", models.CharField(max_length=80)),
                ("reason", models.CharField(max_length=200)),
                ("at", models.DateTimeField()),
                (
                    "issue",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="prints", to="subscriptions.issue"
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.AddConstraint(
            model_name="circulationrule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("paid_least_percent__range", (0, 100)),
                    ("paid_share_least_percent__range", (0, 100)),
                    ("bulk_most_percent__range", (0, 100)),
                    ("coupled_least_percent__range", (models.F("paid_least_percent"), 100)),
                ),
                name="circulation_rule_percent",
            ),
        ),
        migrations.AddConstraint(
            model_name="circulation",
            constraint=models.UniqueConstraint(fields=("issue", "number"), name="circulation_number_once"),
        ),
        migrations.AddConstraint(
            model_name="circulation",
            constraint=models.CheckConstraint(
                condition=models.Q(("run__isnull", False), ("copies", 0), _connector="OR"),
                name="circulation_correction_moves",
            ),
        ),
        migrations.AddIndex(
            model_name="countedcopy",
            index=models.Index(fields=["issue", "klass", "id"], name="counted_copy_class"),
        ),
        migrations.AddIndex(
            model_name="countedcopy",
            index=models.Index(
                condition=models.Q(("klass", "UNPAID")), fields=["dispatch"], name="counted_copy_unpaid"
            ),
        ),
        migrations.AddConstraint(
            model_name="countedcopy",
            constraint=models.UniqueConstraint(
                condition=models.Q(("copies__gt", 0)), fields=("circulation", "dispatch"), name="counted_copy_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="countedcopy",
            constraint=models.UniqueConstraint(
                condition=models.Q(("copies__lt", 0)), fields=("circulation", "dispatch"), name="counted_copy_out_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="countedcopy",
            constraint=models.CheckConstraint(
                condition=models.Q(("copies", 0), _negated=True), name="counted_copy_some"
            ),
        ),
        migrations.AddConstraint(
            model_name="printadvice",
            constraint=models.UniqueConstraint(fields=("issue", "number"), name="print_advice_number_once"),
        ),
        migrations.AddConstraint(
            model_name="printadvice",
            constraint=models.CheckConstraint(
                condition=models.Q(("high__gte", models.F("low"))), name="print_advice_range"
            ),
        ),
        migrations.AddConstraint(
            model_name="printrun",
            constraint=models.CheckConstraint(condition=models.Q(("copies__gt", 0)), name="print_run_some"),
        ),
        migrations.RunPython(customary, migrations.RunPython.noop),
        Protect("subscriptions_circulationrule"),
        Protect("subscriptions_circulation"),
        Protect("subscriptions_circulationcount"),
        Protect("subscriptions_countedcopy"),
        Protect("subscriptions_printassumption"),
        Protect("subscriptions_printadvice"),
        Protect("subscriptions_printrun"),
    ]
