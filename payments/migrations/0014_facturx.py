"""Factur-X, Chorus Pro and e-reporting: what invoices state besides, deposits and their steps, daily totals (law.md 3)."""

from decimal import Decimal

import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models

from payments.evidence import Protect


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0013_payouts"),
    ]

    operations = [
        migrations.CreateModel(
            name="ChorusDeposit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("to_deposit", "to be deposited"),
                            ("deposited", "deposited"),
                            ("available", "made available"),
                            ("suspended", "suspended"),
                            ("recycled", "to be sent elsewhere"),
                            ("rejected", "rejected"),
                            ("mandated", "mandated"),
                            ("paid", "paid"),
                            ("not_needed", "not through Chorus Pro"),
                        ],
                        default="to_deposit",
                        max_length=12,
                    ),
                ),
                ("state_since", models.DateTimeField()),
                (
                    "chorus_number",
                    models.CharField(blank=True, help_text="as Chorus Pro names the deposit", max_length=40),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ChorusEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("from_state", models.CharField(max_length=12)),
                ("to_state", models.CharField(max_length=12)),
                ("on", models.DateField(help_text="the day that Chorus Pro gives")),
                ("actor", models.CharField(max_length=80)),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("at", models.DateTimeField()),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="EPaymentRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("rate", models.DecimalField(decimal_places=2, help_text="percent", max_digits=5)),
                ("ttc", models.DecimalField(decimal_places=2, max_digits=12)),
                ("written_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="EReportRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                (
                    "category",
                    models.CharField(
                        choices=[("TLB1", "goods, taxed in France"), ("TNT1", "not taxed in France")], max_length=4
                    ),
                ),
                ("rate", models.DecimalField(decimal_places=2, help_text="percent", max_digits=5)),
                ("ht", models.DecimalField(decimal_places=2, max_digits=12)),
                ("vat", models.DecimalField(decimal_places=2, max_digits=12)),
                ("ttc", models.DecimalField(decimal_places=2, max_digits=12)),
                ("documents", models.IntegerField(help_text="how many more, or fewer")),
                ("written_at", models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name="invoice",
            name="delivery_country",
            field=models.CharField(blank=True, default="", max_length=2),
        ),
        migrations.AddField(
            model_name="invoiceline",
            name="discount_ht",
            field=models.DecimalField(decimal_places=2, default=Decimal("0"), max_digits=12),
        ),
        migrations.AddField(
            model_name="invoiceline",
            name="discount_percent",
            field=models.DecimalField(decimal_places=2, default=Decimal("0"), max_digits=4),
        ),
        migrations.AddConstraint(
            model_name="invoiceline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("discount_ht", 0), ("discount_percent", 0)),
                    models.Q(("discount_ht__gte", 0), ("discount_percent__gt", 0)),
                    _connector="OR",
                ),
                name="invoice_line_discount",
            ),
        ),
        migrations.AddField(
            model_name="chorusdeposit",
            name="invoice",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="chorus", to="payments.invoice"
            ),
        ),
        migrations.AddField(
            model_name="chorusevent",
            name="deposit",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="events", to="payments.chorusdeposit"
            ),
        ),
        migrations.AddIndex(
            model_name="epaymentrow",
            index=models.Index(fields=["day", "rate"], name="epayment_day"),
        ),
        migrations.AddConstraint(
            model_name="epaymentrow",
            constraint=models.CheckConstraint(
                condition=models.Q(("ttc", 0), _negated=True), name="epayment_says_something"
            ),
        ),
        migrations.AddIndex(
            model_name="ereportrow",
            index=models.Index(fields=["day", "category", "rate"], name="ereport_day"),
        ),
        migrations.AddConstraint(
            model_name="ereportrow",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("ttc", django.db.models.expressions.CombinedExpression(models.F("ht"), "+", models.F("vat")))
                ),
                name="ereport_adds_up",
            ),
        ),
        migrations.AddConstraint(
            model_name="ereportrow",
            constraint=models.CheckConstraint(
                condition=models.Q(("documents", 0), ("ht", 0), ("vat", 0), _negated=True),
                name="ereport_says_something",
            ),
        ),
        migrations.AddIndex(
            model_name="chorusdeposit",
            index=models.Index(fields=["state", "state_since"], name="chorus_state"),
        ),
        migrations.AddConstraint(
            model_name="chorusevent",
            constraint=models.CheckConstraint(
                condition=models.Q(("to_state", ""), _negated=True), name="chorus_event_somewhere"
            ),
        ),
        migrations.AddIndex(
            model_name="invoice",
            index=models.Index(
                fields=["issued_on"], condition=models.Q(("vat_zone", "EU")), name="invoice_to_the_union"
            ),
        ),
        migrations.CreateModel(
            name="VatCheck",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("vat_number", models.CharField(max_length=20)),
                (
                    "outcome",
                    models.CharField(
                        choices=[("valid", "valid"), ("invalid", "not valid"), ("unknown", "no answer")], max_length=7
                    ),
                ),
                (
                    "consultation",
                    models.CharField(blank=True, help_text="number of the consultation, the proof", max_length=40),
                ),
                ("name", models.CharField(blank=True, help_text="as the register has it", max_length=200)),
                ("address", models.CharField(blank=True, max_length=300)),
                ("trouble", models.CharField(blank=True, max_length=120)),
                ("actor", models.CharField(max_length=80)),
                ("asked_at", models.DateTimeField()),
            ],
            options={
                "indexes": [models.Index(fields=["vat_number", "-asked_at"], name="vat_check_latest")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("outcome", "unknown"), ("trouble", ""), _connector="OR"),
                        name="vat_check_answered_or_not",
                    )
                ],
            },
        ),
        Protect("payments_chorusdeposit", mutable=["state", "state_since", "chorus_number"]),
        Protect("payments_chorusevent"),
        Protect("payments_ereportrow"),
        Protect("payments_epaymentrow"),
        Protect("payments_vatcheck"),
    ]
