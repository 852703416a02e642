"""Disputes: rows of their own, with every step; what a bank has taken back cannot be given back once more."""

import django.db.models.deletion
import djmoney.models.fields
from django.db import migrations, models

from payments.evidence import Protect

# As in migration 0005, and what the bank has taken over a dispute counts too.
NEVER_MORE = """
CREATE OR REPLACE FUNCTION never_more_than_received() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    received numeric;
    given numeric;
BEGIN
    SELECT amount INTO received FROM payments_payment WHERE id = NEW.payment_id;
    SELECT coalesce((SELECT sum(amount) FROM payments_refund
                        WHERE payment_id = NEW.payment_id AND state <> 'failed'), 0)
         + coalesce((SELECT sum(amount) FROM payments_transfer
                        WHERE payment_id = NEW.payment_id AND state NOT IN ('failed', 'cancelled')), 0)
         + coalesce((SELECT sum(taken - returned) FROM payments_dispute WHERE payment_id = NEW.payment_id), 0) INTO given;
    IF given > received THEN
        RAISE EXCEPTION 'payment % brought %, and % would be given back', NEW.payment_id, received, given
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0007_mandate_reference"),
    ]

    operations = [
        migrations.CreateModel(
            name="Dispute",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("stripe_dispute", models.CharField(max_length=255, unique=True)),
                (
                    "amount_currency",
                    djmoney.models.fields.CurrencyField(
                        choices=[("EUR", "Euro")], default="EUR", editable=False, max_length=3
                    ),
                ),
                ("amount", djmoney.models.fields.MoneyField(decimal_places=2, max_digits=12)),
                ("reason", models.CharField(blank=True, help_text="Stripe's word", max_length=60)),
                ("opened_at", models.DateTimeField()),
                ("respond_by", models.DateTimeField(null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "open"), ("won", "ended without loss"), ("lost", "lost")],
                        default="open",
                        max_length=4,
                    ),
                ),
                ("state_since", models.DateTimeField()),
                ("taken", models.DecimalField(decimal_places=2, default=0, max_digits=12)),
                ("returned", models.DecimalField(decimal_places=2, default=0, max_digits=12)),
                (
                    "cleared",
                    models.DecimalField(
                        decimal_places=2,
                        default=0,
                        help_text="of credit notes, which the bank has given back in our place",
                        max_digits=12,
                    ),
                ),
                ("settled_at", models.DateTimeField(null=True)),
                ("looked_up_at", models.DateTimeField()),
                (
                    "credit_note",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="dispute",
                        to="payments.invoice",
                    ),
                ),
                (
                    "payment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="disputes", to="payments.payment"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="DisputeEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("from_state", models.CharField(blank=True, max_length=4)),
                ("to_state", models.CharField(max_length=4)),
                ("actor", models.CharField(max_length=80)),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("at", models.DateTimeField()),
                (
                    "dispute",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="events", to="payments.dispute"
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.AddIndex(
            model_name="dispute",
            index=models.Index(
                condition=models.Q(("settled_at", None)), fields=["payment"], name="dispute_not_settled"
            ),
        ),
        migrations.AddConstraint(
            model_name="dispute",
            constraint=models.CheckConstraint(condition=models.Q(("amount_currency", "EUR")), name="dispute_eur"),
        ),
        migrations.AddConstraint(
            model_name="dispute",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("amount__gt", 0),
                    ("cleared__gte", 0),
                    ("cleared__lte", models.F("taken")),
                    ("returned__gte", 0),
                    ("taken__gte", 0),
                ),
                name="dispute_amounts",
            ),
        ),
        migrations.AddConstraint(
            model_name="dispute",
            constraint=models.CheckConstraint(
                condition=models.Q(("settled_at", None), models.Q(("state", "open"), _negated=True), _connector="OR"),
                name="dispute_settled_once_decided",
            ),
        ),
        migrations.RunSQL(NEVER_MORE, migrations.RunSQL.noop),
        Protect(
            "payments_dispute",
            mutable=(
                "state",
                "state_since",
                "taken",
                "returned",
                "respond_by",
                "looked_up_at",
                "credit_note_id",
                "cleared",
                "settled_at",
            ),
        ),
        Protect("payments_disputeevent"),
    ]
