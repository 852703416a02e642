"""Renewal quotes of organisations: numbered without a gap in a series of their own, and frozen (law.md 3.4)."""

import django.db.models.deletion
import djmoney.models.fields
from django.db import migrations, models

from payments.evidence import Protect


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0004_emptied"),
        ("subscriptions", "0010_price_changes"),
    ]

    operations = [
        migrations.CreateModel(
            name="QuoteSeries",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("year", models.PositiveSmallIntegerField(unique=True)),
                ("last_number", models.PositiveIntegerField(default=0)),
            ],
            options={
                "verbose_name_plural": "quote series",
            },
        ),
        migrations.CreateModel(
            name="Quote",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("reference", models.CharField(help_text="like D2027-0001", max_length=16, unique=True)),
                ("by_itself", models.BooleanField(help_text="made by the clock, once for each term")),
                ("issued_on", models.DateField()),
                ("valid_until", models.DateField(help_text="the last day")),
                ("title", models.CharField(help_text="the line, as printed", max_length=300)),
                ("copies", models.PositiveSmallIntegerField()),
                (
                    "amount_currency",
                    djmoney.models.fields.CurrencyField(
                        choices=[("EUR", "Euro")], default="EUR", editable=False, max_length=3
                    ),
                ),
                ("amount", djmoney.models.fields.MoneyField(decimal_places=2, max_digits=12)),
                (
                    "amount_ht_currency",
                    djmoney.models.fields.CurrencyField(
                        choices=[("EUR", "Euro")], default="EUR", editable=False, max_length=3
                    ),
                ),
                ("amount_ht", djmoney.models.fields.MoneyField(decimal_places=2, max_digits=12)),
                ("vat_zone", models.CharField(max_length=20)),
                ("vat_rate", models.DecimalField(decimal_places=2, max_digits=5)),
                ("legal_mention", models.CharField(blank=True, max_length=200)),
                ("starts_on", models.DateField()),
                ("ends_on", models.DateField()),
                ("issues", models.JSONField(help_text="of its copies, as planned: number, month, posted about")),
                ("seller", models.JSONField()),
                (
                    "buyer_kind",
                    models.CharField(
                        choices=[
                            ("consumer", "Private person"),
                            ("pro_fr", "French company"),
                            ("public_fr", "French public body"),
                            ("assoc", "Association"),
                            ("pro_eu", "Company or body in another EU state"),
                            ("pro_row", "Company or body outside the EU"),
                        ],
                        max_length=10,
                    ),
                ),
                ("buyer_name", models.CharField(max_length=120)),
                ("buyer_address", models.JSONField()),
                ("delivery_address", models.JSONField(help_text="empty when it is the same")),
                ("siren", models.CharField(blank=True, max_length=9)),
                ("siret", models.CharField(blank=True, max_length=14)),
                ("vat_number", models.CharField(blank=True, max_length=20)),
                ("actor", models.CharField(max_length=80)),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("at", models.DateTimeField()),
                (
                    "offer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="quotes", to="subscriptions.offer"
                    ),
                ),
                (
                    "price",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="quotes", to="subscriptions.price"
                    ),
                ),
                (
                    "subscription",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="quotes",
                        to="subscriptions.subscription",
                    ),
                ),
                (
                    "term",
                    models.ForeignKey(
                        help_text="the one it would follow",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="quotes",
                        to="subscriptions.term",
                    ),
                ),
                (
                    "series",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="quotes",
                        to="subscriptions.quoteseries",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="QuoteRendering",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("rendered_at", models.DateTimeField()),
                (
                    "document",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="payments.document"
                    ),
                ),
                (
                    "quote",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="rendering", to="subscriptions.quote"
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="quote",
            constraint=models.UniqueConstraint(fields=("series", "number"), name="quote_number_once"),
        ),
        migrations.AddConstraint(
            model_name="quote",
            constraint=models.UniqueConstraint(
                condition=models.Q(("by_itself", True)), fields=("term",), name="quote_by_itself_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="quote",
            constraint=models.CheckConstraint(condition=models.Q(("amount_currency", "EUR")), name="quote_eur"),
        ),
        migrations.AddConstraint(
            model_name="quote",
            constraint=models.CheckConstraint(condition=models.Q(("amount_ht_currency", "EUR")), name="quote_ht_eur"),
        ),
        migrations.AddConstraint(
            model_name="quote",
            constraint=models.CheckConstraint(condition=models.Q(("amount__gt", 0)), name="quote_positive"),
        ),
        migrations.AddConstraint(
            model_name="quote",
            constraint=models.CheckConstraint(
                condition=models.Q(("valid_until__gte", models.F("issued_on"))), name="quote_valid"
            ),
        ),
        Protect("subscriptions_quoteseries", mutable=("last_number",)),
        Protect("subscriptions_quote"),
        Protect("subscriptions_quoterendering"),
    ]
