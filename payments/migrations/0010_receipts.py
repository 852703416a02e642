"""Transfers that come to our account, and the invoices they pay; evidence (law.md 1.5, 6.3)."""

import django.db.models.deletion
import djmoney.models.fields
from django.conf import settings
from django.db import migrations, models

from payments.evidence import Protect

# A transfer pays no more than it brought, and no invoice takes more than it asks for.
SHARES_FIT = """
CREATE FUNCTION receipt_shares_fit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT sum(amount) FROM payments_receiptshare WHERE receipt_id = NEW.receipt_id)
        > (SELECT amount FROM payments_bankreceipt WHERE id = NEW.receipt_id)
    THEN
        RAISE EXCEPTION 'the shares of receipt % are more than it brought', NEW.receipt_id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF ((SELECT sum(amount) FROM payments_receiptshare WHERE invoice_id = NEW.invoice_id)
        <= (SELECT total_ttc FROM payments_invoice WHERE id = NEW.invoice_id AND kind = 'invoice' AND payment_id IS NULL)
        ) IS NOT TRUE
    THEN
        RAISE EXCEPTION 'invoice % would be paid twice', NEW.invoice_id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER receipt_shares_fit AFTER INSERT ON payments_receiptshare
    FOR EACH ROW EXECUTE FUNCTION receipt_shares_fit();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0009_document_to_empty"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="BankReceipt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reference", models.CharField(max_length=24, unique=True)),
                ("bank_reference", models.CharField(help_text="as on the statement", max_length=80)),
                (
                    "received_on",
                    models.DateField(help_text="the day it was credited, when its VAT fell due (law.md 1.5)"),
                ),
                (
                    "amount_currency",
                    djmoney.models.fields.CurrencyField(
                        choices=[("EUR", "Euro")], default="EUR", editable=False, max_length=3
                    ),
                ),
                ("amount", djmoney.models.fields.MoneyField(decimal_places=2, max_digits=12)),
                ("payer", models.CharField(help_text="as on the statement", max_length=120)),
                ("actor", models.CharField(max_length=80)),
                ("reason", models.CharField(max_length=300)),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="ReceiptShare",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "amount_currency",
                    djmoney.models.fields.CurrencyField(
                        choices=[("EUR", "Euro")], default="EUR", editable=False, max_length=3
                    ),
                ),
                ("amount", djmoney.models.fields.MoneyField(decimal_places=2, max_digits=12)),
                (
                    "vat_currency",
                    djmoney.models.fields.CurrencyField(
                        choices=[("EUR", "Euro")], default="EUR", editable=False, max_length=3
                    ),
                ),
                ("vat", djmoney.models.fields.MoneyField(decimal_places=2, max_digits=12)),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.RemoveConstraint(
            model_name="transfer",
            name="transfer_for_something",
        ),
        migrations.RemoveConstraint(
            model_name="transfer",
            name="transfer_one_living",
        ),
        migrations.AddConstraint(
            model_name="bankreceipt",
            constraint=models.CheckConstraint(condition=models.Q(("amount_currency", "EUR")), name="receipt_eur"),
        ),
        migrations.AddConstraint(
            model_name="bankreceipt",
            constraint=models.CheckConstraint(condition=models.Q(("amount__gt", 0)), name="receipt_positive"),
        ),
        migrations.AddConstraint(
            model_name="bankreceipt",
            constraint=models.UniqueConstraint(fields=("bank_reference", "received_on"), name="receipt_noted_once"),
        ),
        migrations.AddField(
            model_name="transfer",
            name="receipt",
            field=models.ForeignKey(
                help_text="what it brought too much of goes back",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="transfers",
                to="payments.bankreceipt",
            ),
        ),
        migrations.AddConstraint(
            model_name="transfer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("payment__isnull", False),
                    ("credit_note__isnull", False),
                    ("receipt__isnull", False),
                    _connector="OR",
                ),
                name="transfer_for_something",
            ),
        ),
        migrations.AddConstraint(
            model_name="transfer",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["failed", "cancelled"]), _negated=True),
                fields=("payment", "credit_note", "receipt"),
                name="transfer_one_living",
                nulls_distinct=False,
            ),
        ),
        migrations.AddField(
            model_name="receiptshare",
            name="invoice",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="shares", to="payments.invoice"
            ),
        ),
        migrations.AddField(
            model_name="receiptshare",
            name="receipt",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="shares", to="payments.bankreceipt"
            ),
        ),
        migrations.AddConstraint(
            model_name="receiptshare",
            constraint=models.CheckConstraint(condition=models.Q(("amount_currency", "EUR")), name="receipt_share_eur"),
        ),
        migrations.AddConstraint(
            model_name="receiptshare",
            constraint=models.CheckConstraint(
                condition=models.Q(("vat_currency", "EUR")), name="receipt_share_vat_eur"
            ),
        ),
        migrations.AddConstraint(
            model_name="receiptshare",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gt", 0), ("vat__gte", 0)), name="receipt_share_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="receiptshare",
            constraint=models.UniqueConstraint(fields=("receipt", "invoice"), name="receipt_share_once"),
        ),
        migrations.AddIndex(
            model_name="invoice",
            index=models.Index(
                condition=models.Q(("kind", "invoice"), ("payment__isnull", True)),
                fields=["due_on"],
                name="invoice_paid_later",
            ),
        ),
        migrations.CreateModel(
            name="WriteOff",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "amount_currency",
                    djmoney.models.fields.CurrencyField(
                        choices=[("EUR", "Euro")], default="EUR", editable=False, max_length=3
                    ),
                ),
                ("amount", djmoney.models.fields.MoneyField(decimal_places=2, max_digits=12)),
                (
                    "vat_currency",
                    djmoney.models.fields.CurrencyField(
                        choices=[("EUR", "Euro")], default="EUR", editable=False, max_length=3
                    ),
                ),
                ("vat", djmoney.models.fields.MoneyField(decimal_places=2, max_digits=12)),
                ("actor", models.CharField(max_length=80)),
                ("reason", models.CharField(max_length=300)),
                ("at", models.DateTimeField()),
                (
                    "invoice",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="write_off", to="payments.invoice"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("amount_currency", "EUR")), name="write_off_eur"),
                    models.CheckConstraint(condition=models.Q(("vat_currency", "EUR")), name="write_off_vat_eur"),
                    models.CheckConstraint(
                        condition=models.Q(("amount__gt", 0), ("vat__gte", 0)), name="write_off_positive"
                    ),
                ],
            },
        ),
        migrations.RunSQL(SHARES_FIT, migrations.RunSQL.noop),
        Protect("payments_bankreceipt"),
        Protect("payments_receiptshare"),
        Protect("payments_writeoff"),
    ]
