"""Running subscribers of another house: their files, the gate before their first charge, and an account for their debt.

Nobody of an import is charged before the day that was given with it: an attempt that would, the database refuses. It
stands beside the gate of migration 0005, which it does not open: both notices are needed as well.
"""

from datetime import date

import django.db.models.deletion
from django.db import migrations, models

from payments.evidence import Protect

NOT_BEFORE = """
CREATE FUNCTION import_may_be_charged() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    earliest date;
BEGIN
    SELECT max(f.charge_from) INTO earliest
        FROM subscriptions_renewal r
        JOIN subscriptions_term t ON t.subscription_id = r.subscription_id
        JOIN subscriptions_importrow i ON i.term_id = t.id
        JOIN subscriptions_importfile f ON f.id = i.file_id
        WHERE r.id = NEW.renewal_id;
    IF NEW.charged_on < earliest OR NEW.renews_on < earliest THEN
        RAISE EXCEPTION 'renewal % was taken over from another house: it is not charged before %', NEW.renewal_id, earliest
            USING ERRCODE = 'check_violation', CONSTRAINT = 'import_not_charged_before';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER import_may_be_charged BEFORE INSERT ON subscriptions_renewalattempt
    FOR EACH ROW EXECUTE FUNCTION import_may_be_charged();
"""


def name_the_account(apps, schema_editor):
    """A default that finance may succeed by another account from a later day on (law.md 6.2)."""
    alias = schema_editor.connection.alias
    account, mapping = apps.get_model("payments", "Account"), apps.get_model("payments", "AccountMap")
    account.objects.using(alias).get_or_create(
        code="467800", defaults={"label": "Abonnements repris d’une autre maison, dette à servir"}
    )
    mapping.objects.using(alias).get_or_create(
        key="TAKEN_OVER", valid_from=date(2020, 1, 1), defaults={"account_id": "467800"}
    )


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0009_document_to_empty"),
        ("subscriptions", "0018_issue_calendar"),
    ]

    operations = [
        migrations.CreateModel(
            name="ImportFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source", models.SlugField(help_text="the house that the readers come from", max_length=40)),
                ("name", models.CharField(help_text="of the file", max_length=120)),
                ("sha256", models.CharField(max_length=64)),
                ("size", models.PositiveIntegerField(help_text="bytes")),
                ("lines_total", models.PositiveIntegerField(help_text="subscribers in it")),
                ("lines_declared", models.PositiveIntegerField()),
                ("copies_declared", models.PositiveIntegerField(help_text="copies owed")),
                (
                    "deferred_declared",
                    models.DecimalField(
                        decimal_places=2, help_text="value of the copies owed, without VAT", max_digits=12
                    ),
                ),
                ("charge_from", models.DateField(help_text="nobody of this file is charged before it")),
                ("letters", models.BooleanField(help_text="each payer is told that this shop serves them now")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("to_check", "being read"),
                            ("checked", "read"),
                            ("approved", "approved: being let in"),
                            ("let_in", "let in"),
                            ("discarded", "put aside"),
                        ],
                        default="to_check",
                        max_length=9,
                    ),
                ),
                ("state_since", models.DateTimeField()),
                ("checked_on", models.DateField(help_text="what was read holds for this day", null=True)),
                ("alone", models.BooleanField(default=False, help_text="approved by the one who handed it in")),
                ("actor", models.CharField(max_length=80)),
                ("reason", models.CharField(max_length=200)),
                ("at", models.DateTimeField()),
            ],
            options={
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "discarded"), _negated=True),
                        fields=("source", "sha256"),
                        name="import_file_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("source__in", ["", "shop", "gift"]), _negated=True),
                        name="import_file_elsewhere",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ["checked", "approved", "let_in"]), _negated=True),
                            ("checked_on__isnull", False),
                            _connector="OR",
                        ),
                        name="import_file_checked",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ImportFileEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("from_state", models.CharField(blank=True, max_length=9)),
                ("to_state", models.CharField(max_length=9)),
                ("actor", models.CharField(max_length=80)),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("figures", models.JSONField(default=dict)),
                ("at", models.DateTimeField()),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="subscriptions.importfile",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="ImportRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("line", models.PositiveIntegerField(help_text="in the file; the heads are line 1")),
                ("foreign_ref", models.CharField(blank=True, max_length=60)),
                ("fingerprint", models.CharField(max_length=64)),
                (
                    "cells",
                    models.JSONField(default=dict, help_text="by column; emptied once it is let in or put aside"),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("waiting", "to be read"),
                            ("ready", "to be let in"),
                            ("faulty", "faulty"),
                            ("known", "here already, the same"),
                            ("different", "here already, and said otherwise"),
                            ("let_in", "let in"),
                        ],
                        default="waiting",
                        max_length=9,
                    ),
                ),
                ("faults", models.JSONField(default=list)),
                ("warnings", models.JSONField(default=list)),
                ("copies_left", models.PositiveIntegerField(help_text="of all issues to come", null=True)),
                (
                    "deferred",
                    models.DecimalField(
                        decimal_places=2, help_text="of the copies left, without VAT", max_digits=8, null=True
                    ),
                ),
                ("vat_rate", models.DecimalField(decimal_places=2, max_digits=5, null=True)),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="rows", to="subscriptions.importfile"
                    ),
                ),
                (
                    "term",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="taken_over",
                        to="subscriptions.term",
                    ),
                ),
            ],
            options={
                "ordering": ["file_id", "line"],
                "indexes": [
                    models.Index(fields=["file", "outcome", "line"], name="import_row_outcome"),
                    models.Index(
                        condition=models.Q(("outcome", "let_in")), fields=["foreign_ref"], name="import_row_known"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("file", "line"), name="import_row_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("cells", {}),
                                ("copies_left__isnull", False),
                                ("deferred__isnull", False),
                                ("outcome", "let_in"),
                                ("term__isnull", False),
                                ("vat_rate__isnull", False),
                            ),
                            models.Q(models.Q(("outcome", "let_in"), _negated=True), ("term", None)),
                            _connector="OR",
                        ),
                        name="import_row_let_in_whole",
                    ),
                ],
            },
        ),
        Protect("subscriptions_importfile", mutable=("state", "state_since", "checked_on", "alone")),
        Protect("subscriptions_importfileevent"),
        Protect(
            "subscriptions_importrow",
            mutable=("cells", "outcome", "faults", "warnings", "copies_left", "deferred", "vat_rate", "term_id"),
        ),
        migrations.RunSQL(NOT_BEFORE, migrations.RunSQL.noop),
        migrations.RunPython(name_the_account, migrations.RunPython.noop),
    ]
