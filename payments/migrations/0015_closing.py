"""Closings: entries are numbered without a gap, days follow one another, nothing is booked in a closed month; seals and
kept files are evidence (law.md 2.4, 6.1; design, rules 4, 9, 12)."""

import django.db.models.deletion
from django.db import migrations, models

from payments.evidence import Keep, Protect

# Every booking holds the lock of the books together with all others; whoever signs or opens a period holds it alone
# (`payments.closing.periods`): what was looked at before the signature is what was signed.
OPEN_DAYS = """
CREATE FUNCTION entry_on_open_day() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(487102);
    IF EXISTS (SELECT FROM payments_periodclosing c WHERE NEW.booked_on BETWEEN c.first_day AND c.last_day
            AND NOT EXISTS (SELECT FROM payments_reopening r WHERE r.closing_id = c.id)) THEN
        RAISE EXCEPTION 'entry % is refused: % is in a closed period', NEW.source, NEW.booked_on
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER entry_on_open_day BEFORE INSERT ON payments_ledgerentry
    FOR EACH ROW EXECUTE FUNCTION entry_on_open_day();

CREATE FUNCTION period_closed_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM payments_periodclosing c WHERE c.kind = NEW.kind AND c.first_day = NEW.first_day
            AND NOT EXISTS (SELECT FROM payments_reopening r WHERE r.closing_id = c.id)) THEN
        RAISE EXCEPTION 'period % of % is closed already', NEW.kind, NEW.first_day USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER period_closed_once BEFORE INSERT ON payments_periodclosing
    FOR EACH ROW EXECUTE FUNCTION period_closed_once();
"""

# Numbers go on from the last of their year, and none is given in the name of a day that is closed; days close one by one.
FOLLOWS = """
CREATE FUNCTION entry_numbers_follow() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    given record;
BEGIN
    FOR given IN SELECT year, min(number) AS low, max(number) AS high, count(*) AS many FROM fresh GROUP BY year LOOP
        IF given.high - given.low + 1 <> given.many OR (given.low > 1 AND NOT EXISTS (
                SELECT FROM payments_entrynumber n WHERE n.year = given.year AND n.number = given.low - 1)) THEN
            RAISE EXCEPTION 'entry numbers % to % of % leave a gap', given.low, given.high, given.year
                USING ERRCODE = 'check_violation';
        END IF;
    END LOOP;
    IF EXISTS (SELECT FROM payments_dayclosing d WHERE d.day >= (SELECT min(validated_on) FROM fresh)) THEN
        RAISE EXCEPTION 'entry numbers are refused: their day is closed' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER entry_numbers_follow AFTER INSERT ON payments_entrynumber
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION entry_numbers_follow();

CREATE FUNCTION day_closing_follows() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before record;
BEGIN
    SELECT day, hash INTO before FROM payments_dayclosing ORDER BY day DESC LIMIT 1;
    IF FOUND AND (before.day + 1 <> NEW.day OR before.hash <> NEW.previous_hash) THEN
        RAISE EXCEPTION 'the closing of % does not follow that of %', NEW.day, before.day
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER day_closing_follows BEFORE INSERT ON payments_dayclosing
    FOR EACH ROW EXECUTE FUNCTION day_closing_follows();
"""

# Where the result of a closed year stands in the opening entries of the next; finance's to change, as every key.
RESULT = """
INSERT INTO payments_account (code, label) VALUES
    ('120000', 'Résultat de l’exercice (bénéfice)'), ('129000', 'Résultat de l’exercice (perte)') ON CONFLICT DO NOTHING;
INSERT INTO payments_accountmap (key, account_id, valid_from) VALUES
    ('RESULT_PROFIT', '120000', DATE '2020-01-01'), ('RESULT_LOSS', '129000', DATE '2020-01-01') ON CONFLICT DO NOTHING;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0014_facturx"),
    ]

    operations = [
        migrations.CreateModel(
            name="EntrySeries",
            fields=[
                ("year", models.PositiveSmallIntegerField(primary_key=True, serialize=False)),
                ("last_number", models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="ClosingTick",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(choices=[("month", "month"), ("year", "year")], max_length=5)),
                ("first_day", models.DateField()),
                ("version", models.PositiveSmallIntegerField()),
                ("line", models.CharField(max_length=40)),
                ("actor", models.CharField(max_length=80)),
                ("reason", models.CharField(max_length=300)),
                ("at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("kind", "first_day", "version", "line"), name="closing_tick_once"),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="closing_tick_says_why"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DayClosing",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField(unique=True)),
                ("entries", models.PositiveIntegerField()),
                ("debit", models.DecimalField(decimal_places=2, max_digits=14)),
                ("credit", models.DecimalField(decimal_places=2, max_digits=14)),
                ("numbers", models.JSONField(help_text="first and last number given, by year")),
                ("received", models.DecimalField(decimal_places=2, max_digits=14)),
                ("given_back", models.DecimalField(decimal_places=2, max_digits=14)),
                ("month_received", models.DecimalField(decimal_places=2, max_digits=14)),
                ("year_received", models.DecimalField(decimal_places=2, max_digits=14)),
                ("ever_received", models.DecimalField(decimal_places=2, max_digits=16)),
                ("ever_given_back", models.DecimalField(decimal_places=2, max_digits=16)),
                ("rows_hash", models.CharField(max_length=64)),
                ("previous_hash", models.CharField(blank=True, max_length=64)),
                ("hash", models.CharField(max_length=64, unique=True)),
                ("actor", models.CharField(max_length=80)),
                ("at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("debit", models.F("credit"))), name="day_closing_balances"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="EntryNumber",
            fields=[
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="numbered",
                        serialize=False,
                        to="payments.ledgerentry",
                    ),
                ),
                ("year", models.PositiveSmallIntegerField()),
                ("number", models.PositiveIntegerField()),
                ("validated_on", models.DateField(help_text="the day whose closing gave the number (ValidDate)")),
            ],
            options={
                "indexes": [models.Index(fields=["validated_on"], name="entry_number_day")],
                "constraints": [
                    models.UniqueConstraint(fields=("year", "number"), name="entry_number_once"),
                    models.CheckConstraint(condition=models.Q(("number__gt", 0)), name="entry_number_positive"),
                ],
            },
        ),
        migrations.CreateModel(
            name="KeptFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(choices=[("fec", "FEC"), ("archive", "archive of a year")], max_length=8)),
                ("name", models.CharField(max_length=100)),
                ("year", models.PositiveSmallIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("size", models.PositiveBigIntegerField()),
                ("lines", models.PositiveIntegerField(default=0)),
                ("parts", models.JSONField(help_text="hashes of the documents, in order")),
                ("actor", models.CharField(max_length=80)),
                ("at", models.DateTimeField()),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("kind", "year", "sha256"), name="kept_file_once")],
            },
        ),
        migrations.CreateModel(
            name="PeriodClosing",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(choices=[("month", "month"), ("year", "year")], max_length=5)),
                ("first_day", models.DateField()),
                ("last_day", models.DateField()),
                ("version", models.PositiveSmallIntegerField()),
                ("checks", models.JSONField()),
                ("figures", models.JSONField()),
                ("sha256", models.CharField(max_length=64)),
                ("signed_by", models.CharField(max_length=80)),
                ("reason", models.CharField(max_length=300)),
                ("at", models.DateTimeField()),
            ],
            options={
                "indexes": [models.Index(fields=["last_day"], name="period_closing_until")],
                "constraints": [
                    models.UniqueConstraint(fields=("kind", "first_day", "version"), name="period_closing_once"),
                    models.CheckConstraint(
                        condition=models.Q(("last_day__gte", models.F("first_day"))), name="period_closing_days"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReopeningAsked",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("asked_by", models.CharField(max_length=80)),
                ("reason", models.CharField(max_length=300)),
                ("at", models.DateTimeField()),
                (
                    "closing",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reopening_asked",
                        to="payments.periodclosing",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SealedRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "chain",
                    models.CharField(
                        choices=[
                            ("payments", "steps of payments"),
                            ("refunds", "steps of refunds"),
                            ("ledger", "ledger entries"),
                        ],
                        max_length=8,
                    ),
                ),
                ("position", models.PositiveBigIntegerField()),
                ("row", models.PositiveBigIntegerField(help_text="key of the row that is sealed")),
                ("row_hash", models.CharField(max_length=64)),
                ("hash", models.CharField(max_length=64)),
                ("at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("chain", "position"), name="seal_one_per_place"),
                    models.UniqueConstraint(fields=("chain", "row"), name="seal_one_per_row"),
                ],
            },
        ),
        migrations.CreateModel(
            name="TechnicalEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("version", "version started"),
                            ("setting", "setting that touches money changed"),
                            ("clock", "the clock jumped"),
                            ("restore", "the database was restored"),
                        ],
                        max_length=8,
                    ),
                ),
                ("name", models.CharField(max_length=80)),
                ("before", models.CharField(blank=True, max_length=200)),
                ("after", models.CharField(blank=True, max_length=200)),
                ("reason", models.CharField(blank=True, max_length=300)),
                ("actor", models.CharField(max_length=80)),
                ("at", models.DateTimeField()),
            ],
            options={
                "indexes": [models.Index(fields=["kind", "name"], name="technical_event_name")],
            },
        ),
        migrations.CreateModel(
            name="Reopening",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("agreed_by", models.CharField(max_length=80)),
                ("alone", models.BooleanField()),
                ("reason", models.CharField(max_length=300)),
                ("at", models.DateTimeField()),
                (
                    "closing",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reopening",
                        to="payments.periodclosing",
                    ),
                ),
                (
                    "asked",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reopening",
                        to="payments.reopeningasked",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("alone", False), models.Q(("reason", ""), _negated=True), _connector="OR"),
                        name="reopening_alone_says_why",
                    )
                ],
            },
        ),
        migrations.RunSQL(OPEN_DAYS, migrations.RunSQL.noop),
        migrations.RunSQL(FOLLOWS, migrations.RunSQL.noop),
        migrations.RunSQL(RESULT, migrations.RunSQL.noop),
        Keep("payments_entryseries"),
        Protect("payments_entrynumber"),
        Protect("payments_dayclosing"),
        Protect("payments_periodclosing"),
        Protect("payments_closingtick"),
        Protect("payments_reopeningasked"),
        Protect("payments_reopening"),
        Protect("payments_sealedrow"),
        Protect("payments_technicalevent"),
        Protect("payments_keptfile"),
    ]
