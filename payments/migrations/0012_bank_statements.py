"""Statements of our bank, their lines and what each was; evidence. Accounts for what banks charge and pay (law.md 6.2)."""

from datetime import date

import django.db.models.deletion
from django.db import migrations, models

from payments.evidence import Keep, Protect

# A statement leads from its first balance to its last by the lines that it has, all of them.
ADDS_UP = """
CREATE FUNCTION bank_statement_adds_up() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    found record;
BEGIN
    SELECT count(*) AS lines, coalesce(sum(amount), 0) AS moved, coalesce(max(place), 0) AS last, bool_and(same) AS whole
    INTO found FROM (SELECT amount, place, account_id = NEW.account_id AS same
        FROM payments_bankline WHERE statement_id = NEW.id) AS line;
    IF found.lines <> NEW.lines_count OR found.last <> NEW.lines_count OR NEW.opening + found.moved <> NEW.closing
        OR NOT coalesce(found.whole, true)
    THEN
        RAISE EXCEPTION 'the lines of bank statement % do not lead from its first balance to its last', NEW.reference
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER adds_up AFTER INSERT ON payments_bankstatement DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION bank_statement_adds_up();
"""
# Nothing explains more of a line than it is, and what is left of it is what its matches leave.
MATCHES_FIT = """
CREATE FUNCTION bank_matches_fit() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    line payments_bankline;
    explained numeric;
BEGIN
    SELECT * INTO line FROM payments_bankline WHERE id = NEW.line_id;
    SELECT coalesce(sum(amount), 0) INTO explained FROM payments_bankmatch WHERE line_id = NEW.line_id;
    IF explained NOT BETWEEN least(line.amount, 0) AND greatest(line.amount, 0) OR line.left <> line.amount - explained THEN
        RAISE EXCEPTION 'what explains bank line % does not fit it', NEW.line_id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.undoes_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM payments_bankmatch undone WHERE undone.id = NEW.undoes_id AND undone.line_id = NEW.line_id
            AND undone.amount = -NEW.amount AND undone.source = NEW.source AND undone.undoes_id IS NULL)
    THEN
        RAISE EXCEPTION 'match % undoes another thing than it names', NEW.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.source <> '' AND NEW.kind <> 'payout' AND EXISTS (
        SELECT FROM payments_bankmatch other WHERE other.source = NEW.source AND other.line_id <> NEW.line_id
            AND NOT EXISTS (SELECT FROM payments_bankmatch undoing WHERE undoing.undoes_id = other.id)
            AND other.undoes_id IS NULL AND NEW.undoes_id IS NULL)
    THEN
        RAISE EXCEPTION 'another bank line is % already', NEW.source USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER matches_fit AFTER INSERT ON payments_bankmatch DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION bank_matches_fit();
"""
CHART = {
    "471000": "Compte d’attente",
    "627000": "Services bancaires",
    "661600": "Intérêts bancaires",
    "768000": "Autres produits financiers",
}
MAP = {
    "SUSPENSE": "471000",
    "BANK_FEES": "627000",
    "BANK_INTEREST": "661600",
    "INTEREST_EARNED": "768000",
}


def seed(apps, schema_editor):
    alias = schema_editor.connection.alias
    account = apps.get_model("payments", "Account").objects.using(alias)
    for code, label in CHART.items():
        account.get_or_create(code=code, defaults={"label": label})
    mapping = apps.get_model("payments", "AccountMap").objects.using(alias)
    for key, code in MAP.items():
        mapping.get_or_create(key=key, valid_from=date(2020, 1, 1), defaults={"account_id": code})


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0011_single_sales"),
    ]

    operations = [
        migrations.CreateModel(
            name="BankAccount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("iban", models.CharField(max_length=34, unique=True)),
                ("created_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="BankRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "words",
                    models.CharField(help_text="all of these words, in this order, stand in the label", max_length=120),
                ),
                ("side", models.CharField(choices=[("out", "debits"), ("in", "credits")], max_length=3)),
                (
                    "most",
                    models.DecimalField(decimal_places=2, help_text="larger lines are left to a person", max_digits=12),
                ),
                ("key", models.CharField(help_text="key of the account, as in the map", max_length=20)),
                ("valid_from", models.DateField()),
                (
                    "ended_on",
                    models.DateField(
                        blank=True, help_text="lines booked from this day on are no longer meant", null=True
                    ),
                ),
                ("actor", models.CharField(max_length=80)),
                ("reason", models.CharField(max_length=300)),
                ("at", models.DateTimeField()),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("most__gt", 0)), name="bank_rule_most"),
                    models.CheckConstraint(
                        condition=models.Q(("words", ""), _negated=True), name="bank_rule_says_something"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("ended_on__isnull", True)),
                        fields=("words", "side"),
                        name="bank_rule_one_living",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="BankStatement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reference", models.CharField(max_length=24, unique=True)),
                ("place", models.PositiveSmallIntegerField(help_text="which of the statements in its file")),
                (
                    "format",
                    models.CharField(
                        choices=[("camt.053", "camt.053"), ("mt940", "MT940"), ("csv", "CSV")], max_length=8
                    ),
                ),
                ("file_name", models.CharField(max_length=120)),
                ("identifier", models.CharField(blank=True, help_text="the bank's own", max_length=80)),
                ("sequence", models.CharField(blank=True, max_length=20)),
                ("opened_on", models.DateField()),
                ("closed_on", models.DateField()),
                ("opening", models.DecimalField(decimal_places=2, max_digits=14)),
                ("closing", models.DecimalField(decimal_places=2, max_digits=14)),
                ("lines_count", models.PositiveIntegerField()),
                (
                    "reading",
                    models.JSONField(
                        default=dict, help_text="what was not in the file: the CSV profile, balances typed"
                    ),
                ),
                ("warnings", models.JSONField(default=list, help_text="what whoever let it in had been told")),
                ("actor", models.CharField(max_length=80)),
                ("reason", models.CharField(max_length=300)),
                ("at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="statements",
                        to="payments.bankaccount",
                    ),
                ),
                (
                    "document",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="payments.document"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="BankLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("place", models.PositiveIntegerField()),
                ("booked_on", models.DateField()),
                ("value_on", models.DateField()),
                ("amount", models.DecimalField(decimal_places=2, max_digits=14)),
                ("currency", models.CharField(default="EUR", max_length=3)),
                ("nth", models.PositiveIntegerField(help_text="which of the lines of this amount on that day")),
                ("text", models.TextField(blank=True)),
                ("counterparty", models.CharField(blank=True, max_length=140)),
                (
                    "counterparty_end",
                    models.CharField(blank=True, help_text="last four signs of its account", max_length=4),
                ),
                ("bank_reference", models.CharField(blank=True, max_length=80)),
                ("end_to_end", models.CharField(blank=True, max_length=80)),
                (
                    "code",
                    models.CharField(blank=True, help_text="the bank's code for this kind of line", max_length=40),
                ),
                ("reversal", models.BooleanField(default=False)),
                ("batch", models.BooleanField(default=False, help_text="one of several that the bank booked as one")),
                ("left", models.DecimalField(decimal_places=2, help_text="what nothing explains yet", max_digits=14)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="payments.bankaccount"
                    ),
                ),
                (
                    "statement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="lines", to="payments.bankstatement"
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="CsvProfile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60, unique=True)),
                ("separator", models.CharField(default=";", max_length=1)),
                ("encoding", models.CharField(default="utf-8", max_length=20)),
                ("decimal", models.CharField(choices=[(",", "27,60"), (".", "27.60")], default=",", max_length=1)),
                ("date_format", models.CharField(default="%d/%m/%Y", max_length=20)),
                ("booked_on", models.CharField(max_length=80)),
                ("value_on", models.CharField(blank=True, max_length=80)),
                ("text", models.CharField(help_text="one column, or several with a | between them", max_length=300)),
                ("amount", models.CharField(blank=True, max_length=80)),
                ("debit", models.CharField(blank=True, max_length=80)),
                ("credit", models.CharField(blank=True, max_length=80)),
                ("reference", models.CharField(blank=True, max_length=80)),
                ("counterparty", models.CharField(blank=True, max_length=80)),
                ("balance", models.CharField(blank=True, help_text="balance after each line", max_length=80)),
                ("actor", models.CharField(max_length=80)),
                ("changed_at", models.DateTimeField()),
            ],
            options={
                "ordering": ["name"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(models.Q(("amount", ""), _negated=True), ("debit", ""), ("credit", "")),
                            models.Q(
                                ("amount", ""),
                                models.Q(("debit", ""), _negated=True),
                                models.Q(("credit", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="csv_profile_one_way_of_amounts",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="BankMatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("receipt", "a transfer that pays invoices"),
                            ("transfer", "a refund of ours by transfer"),
                            ("transfer_back", "a refund of ours that came back"),
                            ("rule", "by a rule"),
                            ("booked", "on an account, by hand"),
                            ("charges", "what a bank kept of a transfer"),
                            ("payout", "a payout of Stripe's"),
                            ("not_ours", "not the shop's"),
                        ],
                        max_length=13,
                    ),
                ),
                ("amount", models.DecimalField(decimal_places=2, max_digits=14)),
                ("source", models.CharField(blank=True, max_length=80)),
                ("because", models.JSONField(default=list, help_text="reasons by code, with what they name")),
                ("automatic", models.BooleanField(default=False)),
                ("actor", models.CharField(max_length=80)),
                ("reason", models.CharField(max_length=300)),
                ("at", models.DateTimeField()),
                (
                    "line",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="matches", to="payments.bankline"
                    ),
                ),
                (
                    "undoes",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="undone_by",
                        to="payments.bankmatch",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("source", ""), _negated=True), fields=["source"], name="bank_match_source"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount", 0), _negated=True), name="bank_match_of_something"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "not_ours"), ("source", "")),
                            models.Q(
                                models.Q(("kind", "not_ours"), _negated=True), models.Q(("source", ""), _negated=True)
                            ),
                            _connector="OR",
                        ),
                        name="bank_match_booked_or_not_ours",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="bank_match_has_reason"
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="bankstatement",
            index=models.Index(fields=["account", "closed_on"], name="bank_statement_day"),
        ),
        migrations.AddConstraint(
            model_name="bankstatement",
            constraint=models.UniqueConstraint(fields=("document", "place"), name="bank_statement_file_once"),
        ),
        migrations.AddConstraint(
            model_name="bankstatement",
            constraint=models.UniqueConstraint(
                condition=models.Q(("identifier", ""), _negated=True),
                fields=("account", "identifier", "sequence", "closed_on"),
                name="bank_statement_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="bankstatement",
            constraint=models.CheckConstraint(
                condition=models.Q(("closed_on__gte", models.F("opened_on"))), name="bank_statement_days"
            ),
        ),
        migrations.AddIndex(
            model_name="bankline",
            index=models.Index(
                condition=models.Q(("left", 0), _negated=True), fields=["booked_on", "id"], name="bank_line_unexplained"
            ),
        ),
        migrations.AddIndex(
            model_name="bankline",
            index=models.Index(
                condition=models.Q(("end_to_end", ""), _negated=True),
                fields=["end_to_end"],
                name="bank_line_end_to_end",
            ),
        ),
        migrations.AddConstraint(
            model_name="bankline",
            constraint=models.CheckConstraint(condition=models.Q(("currency", "EUR")), name="bank_line_eur"),
        ),
        migrations.AddConstraint(
            model_name="bankline",
            constraint=models.UniqueConstraint(fields=("statement", "place"), name="bank_line_place"),
        ),
        migrations.AddConstraint(
            model_name="bankline",
            constraint=models.UniqueConstraint(fields=("account", "booked_on", "amount", "nth"), name="bank_line_once"),
        ),
        migrations.RunSQL(ADDS_UP, migrations.RunSQL.noop),
        migrations.RunSQL(MATCHES_FIT, migrations.RunSQL.noop),
        Keep("payments_bankaccount"),
        Keep("payments_csvprofile"),
        Protect("payments_bankstatement"),
        Protect("payments_bankline", mutable=("left",)),
        Protect("payments_bankrule", mutable=("ended_on",)),
        Protect("payments_bankmatch"),
        migrations.RunPython(seed, migrations.RunPython.noop),
    ]
