"""Cheques, the slips with which they go to the bank, and what is paid again after one bounced; money that never saw Stripe."""

from datetime import date

import django.db.models.deletion
import django.db.models.functions.text
import djmoney.models.fields
from django.conf import settings
from django.db import migrations, models

from payments.evidence import Protect

# What is frozen on a slip is what is on it; a cheque is for what its payment asks, and what is paid again for that cheque.
FITS = """
CREATE FUNCTION deposit_slip_adds_up() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    found record;
BEGIN
    SELECT count(*) AS many, coalesce(sum(amount), 0) AS total INTO found FROM payments_cheque WHERE slip_id = NEW.id;
    IF found.many <> NEW.count OR found.total <> NEW.total OR jsonb_array_length(NEW.lines) <> NEW.count THEN
        RAISE EXCEPTION 'the cheques of slip % are not those that it says', NEW.reference
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER adds_up AFTER INSERT ON payments_depositslip DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION deposit_slip_adds_up();

CREATE FUNCTION cheque_fits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT way = 'offline' AND method_kind = 'cheque' AND amount = NEW.amount FROM payments_payment
        WHERE id = NEW.payment_id) IS NOT TRUE
    THEN
        RAISE EXCEPTION 'cheque % is not for what its payment asks', NEW.reference
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER fits AFTER INSERT ON payments_cheque FOR EACH ROW EXECUTE FUNCTION cheque_fits();

CREATE FUNCTION cheque_stays_on_its_slip() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.slip_id IS NOT NULL AND NEW.slip_id IS DISTINCT FROM OLD.slip_id THEN
        RAISE EXCEPTION 'cheque % is on another slip', NEW.reference USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER stays AFTER UPDATE ON payments_cheque FOR EACH ROW EXECUTE FUNCTION cheque_stays_on_its_slip();

CREATE FUNCTION paid_again_fits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT bounced.state = 'bounced' AND bounced.given_up_at IS NULL AND bounced.amount = NEW.amount
            AND (NEW.by_id IS NULL OR EXISTS (SELECT FROM payments_cheque other WHERE other.id = NEW.by_id
                AND other.payment_id = bounced.payment_id AND other.id <> bounced.id))
        FROM payments_cheque bounced WHERE bounced.id = NEW.bounced_id) IS NOT TRUE
    THEN
        RAISE EXCEPTION 'cheque % is not paid again by this', NEW.bounced_id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER fits AFTER INSERT ON payments_paidagain FOR EACH ROW EXECUTE FUNCTION paid_again_fits();
"""


def seed(apps, schema_editor):
    alias = schema_editor.connection.alias
    account = apps.get_model("payments", "Account").objects.using(alias)
    account.get_or_create(code="511200", defaults={"label": "Chèques à encaisser"})
    mapping = apps.get_model("payments", "AccountMap").objects.using(alias)
    mapping.get_or_create(key="CHEQUES", valid_from=date(2020, 1, 1), defaults={"account_id": "511200"})


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0015_closing"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Cheque",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reference", models.CharField(max_length=24, unique=True)),
                ("number", models.CharField(help_text="as printed at its lower edge", max_length=12)),
                ("bank", models.CharField(help_text="as printed on it", max_length=60)),
                ("drawer", models.CharField(help_text="as written on it", max_length=120)),
                (
                    "amount_currency",
                    djmoney.models.fields.CurrencyField(
                        choices=[("EUR", "Euro")], default="EUR", editable=False, max_length=3
                    ),
                ),
                ("amount", djmoney.models.fields.MoneyField(decimal_places=2, max_digits=12)),
                (
                    "received_on",
                    models.DateField(help_text="the day it was handed over, when its VAT fell due (law.md 1.5)"),
                ),
                ("actor", models.CharField(max_length=80)),
                ("reason", models.CharField(max_length=300)),
                ("at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("received", "received"),
                            ("deposited", "deposited"),
                            ("credited", "credited by the bank"),
                            ("bounced", "bounced"),
                        ],
                        default="received",
                        max_length=10,
                    ),
                ),
                ("state_since", models.DateTimeField()),
                ("bounced_on", models.DateField(help_text="as the bank says", null=True)),
                (
                    "bounced_because",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("no_funds", "no funds"),
                            ("stopped", "stopped by its drawer"),
                            ("closed", "account closed"),
                            ("unusable", "not signed, altered or out of date"),
                            ("other", "another reason of the bank's"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "bounced_vat",
                    models.DecimalField(
                        decimal_places=2,
                        help_text="VAT that is no longer due since it bounced",
                        max_digits=12,
                        null=True,
                    ),
                ),
                ("given_up_at", models.DateTimeField(help_text="when nobody expected its money any more", null=True)),
            ],
        ),
        migrations.CreateModel(
            name="ChequeEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("from_state", models.CharField(max_length=10)),
                ("to_state", models.CharField(max_length=10)),
                ("actor", models.CharField(max_length=80)),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("at", models.DateTimeField()),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="DepositSlip",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField(unique=True)),
                ("reference", models.CharField(max_length=24, unique=True)),
                ("deposited_on", models.DateField()),
                ("count", models.PositiveIntegerField()),
                (
                    "total_currency",
                    djmoney.models.fields.CurrencyField(
                        choices=[("EUR", "Euro")], default="EUR", editable=False, max_length=3
                    ),
                ),
                ("total", djmoney.models.fields.MoneyField(decimal_places=2, max_digits=12)),
                (
                    "lines",
                    models.JSONField(help_text="as printed: reference, number, bank, drawer and amount of each cheque"),
                ),
                ("hash", models.CharField(help_text="SHA-256 of its number, day and lines", max_length=64)),
                ("credited_on", models.DateField(help_text="the day of the bank's line", null=True)),
                (
                    "credited",
                    models.DecimalField(
                        decimal_places=2,
                        help_text="what it credited: without cheques that came back before",
                        max_digits=12,
                        null=True,
                    ),
                ),
                ("actor", models.CharField(max_length=80)),
                ("reason", models.CharField(max_length=300)),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="PaidAgain",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "amount_currency",
                    djmoney.models.fields.CurrencyField(
                        choices=[("EUR", "Euro")], default="EUR", editable=False, max_length=3
                    ),
                ),
                ("amount", djmoney.models.fields.MoneyField(decimal_places=2, max_digits=12)),
                ("received_on", models.DateField(help_text="the day its VAT fell due again")),
                (
                    "bank_reference",
                    models.CharField(blank=True, help_text="of the transfer, as on the statement", max_length=80),
                ),
                ("actor", models.CharField(max_length=80)),
                ("reason", models.CharField(max_length=300)),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.AlterField(
            model_name="bankmatch",
            name="kind",
            field=models.CharField(
                choices=[
                    ("receipt", "a transfer that pays invoices"),
                    ("transfer", "a refund of ours by transfer"),
                    ("transfer_back", "a refund of ours that came back"),
                    ("rule", "by a rule"),
                    ("booked", "on an account, by hand"),
                    ("charges", "what a bank kept of a transfer"),
                    ("payout", "a payout of Stripe's"),
                    ("order", "a transfer that pays an order"),
                    ("deposit", "cheques deposited"),
                    ("bounced", "a cheque that came back unpaid"),
                    ("not_ours", "not the shop's"),
                ],
                max_length=13,
            ),
        ),
        migrations.AlterField(
            model_name="payment",
            name="way",
            field=models.CharField(
                choices=[
                    ("checkout", "hosted page"),
                    ("off_session", "off session"),
                    ("offline", "not through Stripe"),
                ],
                max_length=12,
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("way", "offline"), _negated=True),
                    models.Q(
                        ("called_at__isnull", True),
                        ("checkout_session__isnull", True),
                        ("method_kind__in", ["cheque", "transfer"]),
                        ("stripe_charge__isnull", True),
                        ("stripe_intent__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="payment_offline_without_stripe",
            ),
        ),
        migrations.AddField(
            model_name="cheque",
            name="payment",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="cheques", to="payments.payment"
            ),
        ),
        migrations.AddField(
            model_name="chequeevent",
            name="cheque",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="events", to="payments.cheque"
            ),
        ),
        migrations.AddField(
            model_name="depositslip",
            name="document",
            field=models.ForeignKey(
                help_text="PDF",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="payments.document",
            ),
        ),
        migrations.AddField(
            model_name="cheque",
            name="slip",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="cheques",
                to="payments.depositslip",
            ),
        ),
        migrations.AddField(
            model_name="paidagain",
            name="bounced",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="paid_again", to="payments.cheque"
            ),
        ),
        migrations.AddField(
            model_name="paidagain",
            name="by",
            field=models.OneToOneField(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="instead_of", to="payments.cheque"
            ),
        ),
        migrations.AddConstraint(
            model_name="depositslip",
            constraint=models.CheckConstraint(condition=models.Q(("total_currency", "EUR")), name="deposit_slip_eur"),
        ),
        migrations.AddConstraint(
            model_name="depositslip",
            constraint=models.CheckConstraint(
                condition=models.Q(("count__gt", 0), ("total__gt", 0)), name="deposit_slip_not_empty"
            ),
        ),
        migrations.AddConstraint(
            model_name="depositslip",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("credited__isnull", True), ("credited_on__isnull", True)),
                    models.Q(("credited__gt", 0), ("credited__lte", models.F("total")), ("credited_on__isnull", False)),
                    _connector="OR",
                ),
                name="deposit_slip_credited_whole",
            ),
        ),
        migrations.AddIndex(
            model_name="cheque",
            index=models.Index(fields=["state", "state_since"], name="cheque_state"),
        ),
        migrations.AddIndex(
            model_name="cheque",
            index=models.Index(condition=models.Q(("state", "bounced")), fields=["payment"], name="cheque_bounced"),
        ),
        migrations.AddConstraint(
            model_name="cheque",
            constraint=models.CheckConstraint(condition=models.Q(("amount_currency", "EUR")), name="cheque_eur"),
        ),
        migrations.AddConstraint(
            model_name="cheque",
            constraint=models.CheckConstraint(condition=models.Q(("amount__gt", 0)), name="cheque_positive"),
        ),
        migrations.AddConstraint(
            model_name="cheque",
            constraint=models.UniqueConstraint(
                models.F("number"),
                django.db.models.functions.text.Upper("bank"),
                models.F("amount"),
                name="cheque_noted_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="cheque",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "bounced"), _negated=True),
                fields=("payment",),
                name="cheque_one_living_per_payment",
            ),
        ),
        migrations.AddConstraint(
            model_name="cheque",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["deposited", "credited"]), _negated=True),
                    ("slip__isnull", False),
                    _connector="OR",
                ),
                name="cheque_on_its_slip",
            ),
        ),
        migrations.AddConstraint(
            model_name="cheque",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "received"), _negated=True), ("slip__isnull", True), _connector="OR"
                ),
                name="cheque_on_no_slip_yet",
            ),
        ),
        migrations.AddConstraint(
            model_name="cheque",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("bounced_on__isnull", False),
                        ("bounced_vat__gte", 0),
                        ("state", "bounced"),
                        models.Q(("bounced_because", ""), _negated=True),
                    ),
                    models.Q(
                        models.Q(("state", "bounced"), _negated=True),
                        ("bounced_because", ""),
                        ("bounced_on__isnull", True),
                        ("bounced_vat__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="cheque_bounced_on_a_day",
            ),
        ),
        migrations.AddConstraint(
            model_name="cheque",
            constraint=models.CheckConstraint(
                condition=models.Q(("given_up_at__isnull", True), ("state", "bounced"), _connector="OR"),
                name="cheque_given_up_bounced",
            ),
        ),
        migrations.AddConstraint(
            model_name="paidagain",
            constraint=models.CheckConstraint(condition=models.Q(("amount_currency", "EUR")), name="paid_again_eur"),
        ),
        migrations.AddConstraint(
            model_name="paidagain",
            constraint=models.CheckConstraint(condition=models.Q(("amount__gt", 0)), name="paid_again_positive"),
        ),
        migrations.AddConstraint(
            model_name="paidagain",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("bank_reference", ""), ("by__isnull", False)),
                    models.Q(("by__isnull", True), models.Q(("bank_reference", ""), _negated=True)),
                    _connector="OR",
                ),
                name="paid_again_one_way",
            ),
        ),
        migrations.RunPython(seed, migrations.RunPython.noop),
        migrations.RunSQL(FITS, migrations.RunSQL.noop),
        Protect(
            "payments_cheque",
            mutable=("state", "state_since", "slip_id", "bounced_on", "bounced_because", "bounced_vat", "given_up_at"),
        ),
        Protect("payments_depositslip", mutable=("document_id", "credited_on", "credited")),
        Protect("payments_chequeevent"),
        Protect("payments_paidagain"),
    ]
