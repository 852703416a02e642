"""Refunds by bank transfer, invoices made out anew, and how much a role may give back without finance."""

from datetime import date

import django.db.models.deletion
import djmoney.models.fields
from django.conf import settings
from django.db import migrations, models

from payments.evidence import Protect

# Whatever way it goes back: no more is asked for than was received. What Stripe says it gave back is never refused.
NEVER_MORE = """
CREATE FUNCTION never_more_than_received() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    received numeric;
    given numeric;
BEGIN
    SELECT amount INTO received FROM payments_payment WHERE id = NEW.payment_id;
    SELECT coalesce((SELECT sum(amount) FROM payments_refund
                        WHERE payment_id = NEW.payment_id AND state <> 'failed'), 0)
         + coalesce((SELECT sum(amount) FROM payments_transfer
                        WHERE payment_id = NEW.payment_id AND state NOT IN ('failed', 'cancelled')), 0) INTO given;
    IF given > received THEN
        RAISE EXCEPTION 'payment % brought %, and % would be given back', NEW.payment_id, received, given
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER never_more_than_received AFTER INSERT ON payments_refund
    FOR EACH ROW WHEN (NEW.state = 'created')
    EXECUTE FUNCTION never_more_than_received();
CREATE TRIGGER never_more_than_received AFTER INSERT ON payments_transfer
    FOR EACH ROW WHEN (NEW.payment_id IS NOT NULL)
    EXECUTE FUNCTION never_more_than_received();
"""


def customary(apps, schema_editor):
    limit = apps.get_model("payments", "RefundLimit")
    limit.objects.using(schema_editor.connection.alias).create(
        role="support", amount="30.00", valid_from=date(2020, 1, 1)
    )


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0004_emptied"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="RefundLimit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("role", models.CharField(max_length=20)),
                (
                    "amount_currency",
                    djmoney.models.fields.CurrencyField(
                        choices=[("EUR", "Euro")], default="EUR", editable=False, max_length=3
                    ),
                ),
                ("amount", djmoney.models.fields.MoneyField(decimal_places=2, max_digits=12)),
                ("valid_from", models.DateField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("amount_currency", "EUR")), name="refund_limit_eur"),
                    models.CheckConstraint(condition=models.Q(("amount__gte", 0)), name="refund_limit_not_negative"),
                    models.UniqueConstraint(fields=("role", "valid_from"), name="refund_limit_one_start"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Reissue",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("actor", models.CharField(max_length=80)),
                ("reason", models.CharField(max_length=300)),
                ("at", models.DateTimeField()),
                (
                    "credit_note",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="made_room_for", to="payments.invoice"
                    ),
                ),
                (
                    "invoice",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="reissue_of", to="payments.invoice"
                    ),
                ),
                (
                    "original",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="reissued", to="payments.invoice"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Transfer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reference", models.CharField(max_length=24, unique=True)),
                (
                    "amount_currency",
                    djmoney.models.fields.CurrencyField(
                        choices=[("EUR", "Euro")], default="EUR", editable=False, max_length=3
                    ),
                ),
                ("amount", djmoney.models.fields.MoneyField(decimal_places=2, max_digits=12)),
                (
                    "because",
                    models.CharField(
                        choices=[
                            ("failed", "the refund through Stripe came back"),
                            ("too_old", "the payment is too old for Stripe"),
                            ("estate", "to the estate"),
                            ("offline", "not paid through Stripe"),
                        ],
                        max_length=8,
                    ),
                ),
                ("reason", models.CharField(max_length=300)),
                ("actor", models.CharField(max_length=80)),
                ("created_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("asked", "IBAN asked for"),
                            ("given", "IBAN given"),
                            ("approved", "approved"),
                            ("sent", "sent to the bank"),
                            ("done", "arrived"),
                            ("failed", "came back"),
                            ("cancelled", "cancelled"),
                        ],
                        default="asked",
                        max_length=10,
                    ),
                ),
                ("state_since", models.DateTimeField()),
                (
                    "holder",
                    models.CharField(blank=True, help_text="name of the account, as the bank writes it", max_length=70),
                ),
                ("iban", models.CharField(blank=True, max_length=34)),
                ("iban_end", models.CharField(blank=True, help_text="the last four signs, which stay", max_length=4)),
                ("given_by", models.CharField(blank=True, max_length=80)),
                ("approved_by", models.CharField(blank=True, max_length=80)),
                (
                    "alone_because",
                    models.CharField(blank=True, help_text="why one person gave and approved it", max_length=300),
                ),
                ("sent_on", models.DateField(null=True)),
                ("failure", models.CharField(blank=True, max_length=200)),
                (
                    "credit_note",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="transfers",
                        to="payments.invoice",
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="transfers",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "follows",
                    models.OneToOneField(
                        help_text="the transfer that came back",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="followed_by",
                        to="payments.transfer",
                    ),
                ),
                (
                    "payment",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="transfers",
                        to="payments.payment",
                    ),
                ),
                (
                    "refund",
                    models.ForeignKey(
                        help_text="which could not be done",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="transfers",
                        to="payments.refund",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="TransferEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("from_state", models.CharField(max_length=10)),
                ("to_state", models.CharField(max_length=10)),
                ("actor", models.CharField(max_length=80)),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("at", models.DateTimeField()),
                (
                    "transfer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="events", to="payments.transfer"
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="TransferFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reference", models.CharField(max_length=24, unique=True)),
                ("count", models.PositiveIntegerField()),
                (
                    "total_currency",
                    djmoney.models.fields.CurrencyField(
                        choices=[("EUR", "Euro")], default="EUR", editable=False, max_length=3
                    ),
                ),
                ("total", djmoney.models.fields.MoneyField(decimal_places=2, max_digits=12)),
                ("actor", models.CharField(max_length=80)),
                ("created_at", models.DateTimeField()),
                (
                    "orders",
                    models.ForeignKey(
                        help_text="pain.001",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="payments.document",
                    ),
                ),
                (
                    "reading",
                    models.ForeignKey(
                        help_text="CSV",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="payments.document",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="transfer",
            name="file",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="transfers",
                to="payments.transferfile",
            ),
        ),
        migrations.AddConstraint(
            model_name="transferfile",
            constraint=models.CheckConstraint(condition=models.Q(("total_currency", "EUR")), name="transfer_file_eur"),
        ),
        migrations.AddConstraint(
            model_name="transferfile",
            constraint=models.CheckConstraint(
                condition=models.Q(("count__gt", 0), ("total__gt", 0)), name="transfer_file_not_empty"
            ),
        ),
        migrations.AddIndex(
            model_name="transfer",
            index=models.Index(fields=["state", "state_since"], name="transfer_state"),
        ),
        migrations.AddConstraint(
            model_name="transfer",
            constraint=models.CheckConstraint(condition=models.Q(("amount_currency", "EUR")), name="transfer_eur"),
        ),
        migrations.AddConstraint(
            model_name="transfer",
            constraint=models.CheckConstraint(condition=models.Q(("amount__gt", 0)), name="transfer_positive"),
        ),
        migrations.AddConstraint(
            model_name="transfer",
            constraint=models.CheckConstraint(
                condition=models.Q(("payment__isnull", False), ("credit_note__isnull", False), _connector="OR"),
                name="transfer_for_something",
            ),
        ),
        migrations.AddConstraint(
            model_name="transfer",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["failed", "cancelled"]), _negated=True),
                fields=("payment", "credit_note"),
                name="transfer_one_living",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="transfer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["given", "approved", "sent"]), _negated=True),
                    models.Q(
                        models.Q(("iban", ""), _negated=True),
                        models.Q(("holder", ""), _negated=True),
                        models.Q(("given_by", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="transfer_given_to_an_account",
            ),
        ),
        migrations.AddConstraint(
            model_name="transfer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["done", "failed", "cancelled"]), _negated=True),
                    ("iban", ""),
                    _connector="OR",
                ),
                name="transfer_iban_forgotten",
            ),
        ),
        migrations.AddConstraint(
            model_name="transfer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["approved", "sent", "done"]), _negated=True),
                    models.Q(
                        models.Q(("approved_by", ""), _negated=True),
                        models.Q(
                            models.Q(("approved_by", models.F("given_by")), _negated=True),
                            models.Q(("alone_because", ""), _negated=True),
                            _connector="OR",
                        ),
                    ),
                    _connector="OR",
                ),
                name="transfer_four_eyes",
            ),
        ),
        migrations.AddConstraint(
            model_name="transfer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["sent", "done"]), _negated=True),
                    models.Q(("file__isnull", False), ("sent_on__isnull", False)),
                    _connector="OR",
                ),
                name="transfer_sent_on_a_day",
            ),
        ),
        migrations.RunSQL(NEVER_MORE, migrations.RunSQL.noop),
        migrations.RunPython(customary, migrations.RunPython.noop),
        Protect(
            "payments_transfer",
            mutable=(
                "state",
                "state_since",
                "holder",
                "iban",
                "iban_end",
                "given_by",
                "approved_by",
                "alone_because",
                "file_id",
                "sent_on",
                "failure",
                "customer_id",
            ),
        ),
        Protect("payments_transferevent"),
        Protect("payments_transferfile"),
        Protect("payments_reissue"),
        Protect("payments_refundlimit"),
    ]
