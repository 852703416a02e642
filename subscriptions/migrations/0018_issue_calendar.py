"""Days of issues that moved, issues with two numbers, and addresses that hold for a while; what was given is evidence."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.comparison
from django.db import migrations, models

import subscriptions.models.offers
from payments.evidence import Protect

# An address that was given is not made to hold longer, and ended once.
ENDS_EARLIER = """
CREATE FUNCTION temporary_address_ends_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.until <> OLD.to_on + 1 OR NEW.until >= OLD.until THEN
        RAISE EXCEPTION 'the end of temporary address % only comes forward, once', OLD.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER temporary_address_ends_once BEFORE UPDATE ON subscriptions_temporaryaddress
    FOR EACH ROW EXECUTE FUNCTION temporary_address_ends_once();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("subscriptions", "0017_mailing_runs"),
    ]

    operations = [
        migrations.CreateModel(
            name="IssueMove",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("old_cutoff_on", models.DateField()),
                ("cutoff_on", models.DateField()),
                ("old_post_on", models.DateField()),
                ("post_on", models.DateField()),
                ("actor", models.CharField(max_length=80)),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("at", models.DateTimeField()),
                ("told_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="TemporaryAddress",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("from_on", models.DateField()),
                ("to_on", models.DateField(help_text="last day, as it was given")),
                ("until", models.DateField(help_text="first day on which it holds no more")),
                ("actor", models.CharField(max_length=80)),
                ("reason", models.CharField(blank=True, max_length=300)),
                ("at", models.DateTimeField()),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="TemporaryAddressEnd",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("until", models.DateField(help_text="first day on which it holds no more")),
                ("actor", models.CharField(max_length=80)),
                ("reason", models.CharField(blank=True, max_length=300)),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name="issue",
            name="last_number",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="second number of a double issue, one copy all the same; empty for a single one",
                null=True,
            ),
        ),
        migrations.AddConstraint(
            model_name="issue",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("last_number", None),
                    (
                        "last_number",
                        django.db.models.expressions.CombinedExpression(models.F("number"), "+", models.Value(1)),
                    ),
                    _connector="OR",
                ),
                name="issue_two_numbers",
            ),
        ),
        migrations.AddConstraint(
            model_name="issue",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                expressions=[
                    ("magazine", "="),
                    (
                        subscriptions.models.offers.NumberRange(
                            "number",
                            django.db.models.functions.comparison.Coalesce("last_number", "number"),
                            models.Value("[]"),
                        ),
                        "&&",
                    ),
                ],
                name="issue_numbers_apart",
            ),
        ),
        migrations.AddField(
            model_name="issuemove",
            name="issue",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="moves", to="subscriptions.issue"
            ),
        ),
        migrations.AddField(
            model_name="temporaryaddress",
            name="address",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="subscriptions.postaladdress"
            ),
        ),
        migrations.AddField(
            model_name="temporaryaddress",
            name="recipient",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="temporary_addresses",
                to="subscriptions.recipient",
            ),
        ),
        migrations.AddField(
            model_name="temporaryaddressend",
            name="temporary",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="end", to="subscriptions.temporaryaddress"
            ),
        ),
        migrations.AddIndex(
            model_name="issuemove",
            index=models.Index(condition=models.Q(("told_at", None)), fields=["issue"], name="issue_move_to_tell"),
        ),
        migrations.AddConstraint(
            model_name="temporaryaddress",
            constraint=models.CheckConstraint(
                condition=models.Q(("to_on__gte", models.F("from_on"))), name="temporary_address_days"
            ),
        ),
        migrations.AddConstraint(
            model_name="temporaryaddress",
            constraint=models.CheckConstraint(
                condition=models.Q(("until__gte", models.F("from_on"))), name="temporary_address_until"
            ),
        ),
        migrations.AddConstraint(
            model_name="temporaryaddress",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                expressions=[
                    ("recipient", "="),
                    (
                        subscriptions.models.offers.DateRange(
                            "from_on", "until", django.contrib.postgres.fields.ranges.RangeBoundary()
                        ),
                        "&&",
                    ),
                ],
                name="temporary_address_one_a_day",
            ),
        ),
        Protect("subscriptions_issuemove", mutable=("told_at",)),
        Protect("subscriptions_temporaryaddress", mutable=("until",)),
        Protect("subscriptions_temporaryaddressend"),
        migrations.RunSQL(ENDS_EARLIER, migrations.RunSQL.noop),
    ]
