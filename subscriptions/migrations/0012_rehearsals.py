"""Rehearsals of what is charged, their lines, their signature and their comparison: evidence, each of them."""

import django.db.models.deletion
import djmoney.models.fields
from django.conf import settings
from django.db import migrations, models

from payments.evidence import Protect


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0004_emptied"),
        ("subscriptions", "0011_quotes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="UnsignedRunRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "choice",
                    models.CharField(
                        choices=[
                            ("silent", "charged without a word"),
                            ("warn", "charged, and finance is warned"),
                            ("hold", "not charged before somebody signs"),
                        ],
                        max_length=6,
                    ),
                ),
                ("actor", models.CharField(max_length=80)),
                ("reason", models.CharField(max_length=300)),
                ("at", models.DateTimeField()),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="Rehearsal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("first_on", models.DateField()),
                ("last_on", models.DateField()),
                ("lines_total", models.PositiveIntegerField(help_text="how many lines it has")),
                ("charged_total", models.PositiveIntegerField(help_text="how many of them are charged")),
                (
                    "amount_currency",
                    djmoney.models.fields.CurrencyField(
                        choices=[("EUR", "Euro")], default="EUR", editable=False, max_length=3
                    ),
                ),
                (
                    "amount",
                    djmoney.models.fields.MoneyField(
                        decimal_places=2, help_text="of those that are charged", max_digits=12
                    ),
                ),
                ("sha256", models.CharField(max_length=64)),
                ("actor", models.CharField(max_length=80)),
                ("reason", models.CharField(blank=True, max_length=300)),
                ("at", models.DateTimeField()),
            ],
            options={
                "indexes": [models.Index(fields=["last_on", "first_on"], name="rehearsal_span")],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("amount_currency", "EUR")), name="rehearsal_eur"),
                    models.CheckConstraint(
                        condition=models.Q(("first_on__lte", models.F("last_on"))), name="rehearsal_days"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("charged_total__lte", models.F("lines_total"))), name="rehearsal_totals"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RehearsalSignature",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(help_text="as it was on the day", max_length=150)),
                ("sha256", models.CharField(help_text="of the lines that were signed", max_length=64)),
                ("reason", models.CharField(max_length=300)),
                ("at", models.DateTimeField()),
                (
                    "rehearsal",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="signature",
                        to="subscriptions.rehearsal",
                    ),
                ),
                (
                    "signer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RehearsalLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("ordinal", models.PositiveIntegerField(help_text="1 to n, by day and subscription")),
                ("number", models.PositiveSmallIntegerField(help_text="of the term to come")),
                (
                    "state",
                    models.CharField(blank=True, help_text="of that renewal when it was rehearsed", max_length=16),
                ),
                ("renews_on", models.DateField(help_text="R")),
                ("day", models.DateField(help_text="on which it is charged, or would be")),
                (
                    "amount_currency",
                    djmoney.models.fields.CurrencyField(
                        choices=[("EUR", "Euro")], default="EUR", editable=False, max_length=3, null=True
                    ),
                ),
                ("amount", djmoney.models.fields.MoneyField(decimal_places=2, max_digits=12, null=True)),
                ("legal_on", models.DateField(help_text="day of the legal notice; null: none counts", null=True)),
                ("legal_sent", models.BooleanField(help_text="it had left when this was rehearsed")),
                ("pre_debit_on", models.DateField(null=True)),
                ("pre_debit_sent", models.BooleanField()),
                (
                    "card",
                    models.CharField(
                        choices=[
                            ("good", "good on the day"),
                            ("ends", "ends before the day"),
                            ("ended", "ended"),
                            ("none", "none is kept"),
                        ],
                        max_length=5,
                    ),
                ),
                (
                    "will",
                    models.CharField(
                        choices=[
                            ("charge", "charged"),
                            ("stopped", "not charged: the reader or the contract stopped it"),
                            ("disputed", "not charged: a payment is disputed"),
                            ("by_choice", "not charged: by choice only"),
                            ("no_card", "not charged: no means of payment is good on the day"),
                            ("waits", "not charged: it waits for its reader"),
                            ("in_hand", "not charged: its money is on its way already"),
                            ("unpriced", "not charged: there is no price"),
                        ],
                        max_length=9,
                    ),
                ),
                ("why", models.CharField(blank=True, help_text="in French, for staff", max_length=200)),
                (
                    "method",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="payments.savedmethod",
                    ),
                ),
                (
                    "price",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="subscriptions.price",
                    ),
                ),
                (
                    "rehearsal",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="lines", to="subscriptions.rehearsal"
                    ),
                ),
                (
                    "renewal",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rehearsed",
                        to="subscriptions.renewal",
                    ),
                ),
                (
                    "subscription",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="subscriptions.subscription"
                    ),
                ),
            ],
            options={
                "ordering": ["ordinal"],
                "constraints": [
                    models.UniqueConstraint(fields=("rehearsal", "ordinal"), name="rehearsal_line_nth"),
                    models.UniqueConstraint(fields=("rehearsal", "subscription", "number"), name="rehearsal_line_once"),
                    models.CheckConstraint(condition=models.Q(("amount_currency", "EUR")), name="rehearsal_line_eur"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("will", "charge"), _negated=True),
                            models.Q(
                                ("amount__gt", 0),
                                ("legal_on__isnull", False),
                                ("pre_debit_on__isnull", False),
                                ("price__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="rehearsal_line_charged_whole",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RehearsalReport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "rehearsed_currency",
                    djmoney.models.fields.CurrencyField(
                        choices=[("EUR", "Euro")], default="EUR", editable=False, max_length=3
                    ),
                ),
                ("rehearsed", djmoney.models.fields.MoneyField(decimal_places=2, max_digits=12)),
                (
                    "charged_currency",
                    djmoney.models.fields.CurrencyField(
                        choices=[("EUR", "Euro")], default="EUR", editable=False, max_length=3
                    ),
                ),
                ("charged", djmoney.models.fields.MoneyField(decimal_places=2, max_digits=12)),
                ("unexplained", models.PositiveIntegerField()),
                ("by_reason", models.JSONField()),
                ("sha256", models.CharField(help_text="of the compared lines", max_length=64)),
                ("actor", models.CharField(max_length=80)),
                ("at", models.DateTimeField()),
                (
                    "rehearsal",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="report", to="subscriptions.rehearsal"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("rehearsed_currency", "EUR")), name="rehearsal_report_eur"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("charged_currency", "EUR")), name="rehearsal_report_charged_eur"
                    ),
                ],
            },
        ),
        Protect("subscriptions_rehearsal"),
        Protect("subscriptions_rehearsalline"),
        Protect("subscriptions_rehearsalsignature"),
        Protect("subscriptions_rehearsalreport"),
        Protect("subscriptions_unsignedrunrule"),
    ]
