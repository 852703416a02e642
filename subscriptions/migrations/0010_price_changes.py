"""Changes of price as dated events; the total that was told, beside each proof; no attempt takes another (design, rule 11)."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import django.db.models.functions.comparison
import djmoney.models.fields
from django.db import migrations, models

import subscriptions.models.offers
from payments.evidence import Protect

# The prices are protected anew, with one more end that may be set once.
UNGUARD_PRICES = """
DROP TRIGGER keep ON subscriptions_price;
DROP TRIGGER keep_all ON subscriptions_price;
DROP TRIGGER keep_facts ON subscriptions_price;
"""
PRICE_ENDS_ONCE = """
CREATE OR REPLACE FUNCTION price_ends_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.valid_to IS NOT NULL AND OLD.valid_to IS DISTINCT FROM NEW.valid_to
        OR OLD.renewals_to IS NOT NULL AND OLD.renewals_to IS DISTINCT FROM NEW.renewals_to THEN
        RAISE EXCEPTION 'the end of price % is already set', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
"""
TOTAL_TOLD = """
CREATE FUNCTION attempt_takes_what_was_told() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    told numeric;
    taken numeric;
BEGIN
    SELECT amount INTO told FROM subscriptions_renewalproof
        WHERE renewal_id = NEW.renewal_id AND renews_on = NEW.renews_on
            AND kind = NEW.legal_kind AND ordinal = NEW.legal_ordinal;
    SELECT amount INTO taken FROM payments_payment WHERE id = NEW.payment_id;
    IF told IS NOT NULL AND taken IS DISTINCT FROM told THEN
        RAISE EXCEPTION 'renewal % was told %, it is not charged %', NEW.renewal_id, told, taken
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER attempt_takes_what_was_told BEFORE INSERT ON subscriptions_renewalattempt
    FOR EACH ROW EXECUTE FUNCTION attempt_takes_what_was_told();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("subscriptions", "0009_pauses"),
    ]

    operations = [
        migrations.CreateModel(
            name="PriceChangeEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("from_state", models.CharField(blank=True, max_length=9)),
                ("to_state", models.CharField(max_length=9)),
                ("actor", models.CharField(max_length=80)),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("figures", models.JSONField(default=dict, help_text="the cohort as it was shown")),
                ("at", models.DateTimeField()),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.AddField(
            model_name="price",
            name="renewals_from",
            field=models.DateField(blank=True, help_text="first R that costs it; null: valid_from", null=True),
        ),
        migrations.AddField(
            model_name="price",
            name="renewals_to",
            field=models.DateField(blank=True, help_text="first R that no longer does; null: valid_to", null=True),
        ),
        migrations.AddField(
            model_name="renewalproof",
            name="amount",
            field=models.DecimalField(
                decimal_places=2,
                help_text="the total that was told: no attempt by this proof takes another",
                max_digits=8,
                null=True,
            ),
        ),
        migrations.CreateModel(
            name="PriceChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("zones", models.JSONField(help_text="delivery zones, in order")),
                (
                    "amount_currency",
                    djmoney.models.fields.CurrencyField(
                        choices=[("EUR", "Euro")], default="EUR", editable=False, max_length=3
                    ),
                ),
                ("amount", djmoney.models.fields.MoneyField(decimal_places=2, max_digits=12)),
                ("orders_from", models.DateField(help_text="first day on which orders pay it")),
                ("renewals_from", models.DateField(help_text="first R that costs it")),
                (
                    "state",
                    models.CharField(
                        choices=[("prepared", "prepared"), ("signed", "signed"), ("cancelled", "cancelled")],
                        default="prepared",
                        max_length=9,
                    ),
                ),
                ("state_since", models.DateTimeField()),
                ("actor", models.CharField(max_length=80)),
                ("reason", models.CharField(max_length=200)),
                ("at", models.DateTimeField()),
                (
                    "offer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="price_changes",
                        to="subscriptions.offer",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.AddField(
            model_name="price",
            name="change",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="prices",
                to="subscriptions.pricechange",
            ),
        ),
        migrations.AddConstraint(
            model_name="price",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                expressions=[
                    ("offer", "="),
                    ("delivery_zone", "="),
                    (
                        subscriptions.models.offers.DateRange(
                            django.db.models.functions.comparison.Coalesce("renewals_from", "valid_from"),
                            django.db.models.functions.comparison.Coalesce("renewals_to", "valid_to"),
                            django.contrib.postgres.fields.ranges.RangeBoundary(),
                        ),
                        "&&",
                    ),
                ],
                name="price_one_a_renewal",
            ),
        ),
        migrations.AddConstraint(
            model_name="price",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("renewals_from", None), ("renewals_from__gte", models.F("valid_from")), _connector="OR"
                ),
                name="price_orders_first",
            ),
        ),
        migrations.AddConstraint(
            model_name="price",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("renewals_from", None),
                    ("valid_to", None),
                    ("renewals_to__isnull", False),
                    ("valid_to__gte", models.F("renewals_from")),
                    _connector="OR",
                ),
                name="price_ends_for_renewals",
            ),
        ),
        migrations.AddField(
            model_name="pricechangeevent",
            name="change",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="events", to="subscriptions.pricechange"
            ),
        ),
        migrations.AddConstraint(
            model_name="pricechange",
            constraint=models.CheckConstraint(condition=models.Q(("amount_currency", "EUR")), name="price_change_eur"),
        ),
        migrations.AddConstraint(
            model_name="pricechange",
            constraint=models.CheckConstraint(condition=models.Q(("amount__gt", 0)), name="price_change_positive"),
        ),
        migrations.AddConstraint(
            model_name="pricechange",
            constraint=models.CheckConstraint(
                condition=models.Q(("renewals_from__gte", models.F("orders_from"))), name="price_change_orders_first"
            ),
        ),
        migrations.RunSQL(PRICE_ENDS_ONCE, migrations.RunSQL.noop),
        migrations.RunSQL(UNGUARD_PRICES, migrations.RunSQL.noop),
        Protect("subscriptions_price", mutable=("valid_to", "renewals_to")),
        migrations.RunSQL(TOTAL_TOLD, migrations.RunSQL.noop),
        Protect("subscriptions_pricechange", mutable=("state", "state_since")),
        Protect("subscriptions_pricechangeevent"),
    ]
