"""Past issues sold one by one: their offer, what orders bought of them, and the lines by which they leave."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import djmoney.models.fields
from django.db import migrations, models

import subscriptions.models.offers
from payments.evidence import Protect

# An order is for a subscription or for past issues: neither becomes the other.
ONE_OR_THE_OTHER = """
CREATE FUNCTION single_issues_apart() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT offer.kind = 'single' FROM subscriptions_order placed
        JOIN subscriptions_offer offer ON offer.id = placed.offer_id WHERE placed.id = NEW.order_id)
        IS DISTINCT FROM (TG_TABLE_NAME = 'subscriptions_soldissue') THEN
        RAISE EXCEPTION 'order % is for a subscription or for past issues, not for both', NEW.order_id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER single_issues_apart BEFORE INSERT ON subscriptions_soldissue
    FOR EACH ROW EXECUTE FUNCTION single_issues_apart();
CREATE TRIGGER single_issues_apart BEFORE INSERT ON subscriptions_term
    FOR EACH ROW WHEN (NEW.order_id IS NOT NULL) EXECUTE FUNCTION single_issues_apart();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("subscriptions", "0024_figures"),
    ]

    operations = [
        migrations.CreateModel(
            name="SoldIssue",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("copies", models.PositiveSmallIntegerField()),
                (
                    "amount_currency",
                    djmoney.models.fields.CurrencyField(
                        choices=[("EUR", "Euro")], default="EUR", editable=False, max_length=3
                    ),
                ),
                ("amount", djmoney.models.fields.MoneyField(decimal_places=2, max_digits=12)),
                (
                    "value_ht",
                    models.DecimalField(decimal_places=2, help_text="without VAT, as its invoice has it", max_digits=8),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("reserved", "reserved until it is paid"),
                            ("owed", "owed"),
                            ("assigned", "in the file"),
                            ("served", "sent"),
                            ("held", "held"),
                            ("void", "taken back"),
                        ],
                        default="reserved",
                        max_length=8,
                    ),
                ),
            ],
            options={
                "ordering": ["order_id", "id"],
            },
        ),
        migrations.CreateModel(
            name="SoldIssueMovement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("grant", "paid"),
                            ("assign", "put in the file"),
                            ("serve", "sent"),
                            ("hold", "held"),
                            ("release", "released"),
                            ("void", "taken back"),
                        ],
                        max_length=8,
                    ),
                ),
                ("actor", models.CharField(max_length=80)),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("on", models.DateField()),
                ("at", models.DateTimeField()),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.RemoveConstraint(
            model_name="dispatch",
            name="dispatch_for_one",
        ),
        migrations.AddField(
            model_name="offer",
            name="kind",
            field=models.CharField(
                choices=[("subscription", "subscription"), ("single", "past issues, one by one")],
                default="subscription",
                max_length=12,
            ),
        ),
        migrations.AlterField(
            model_name="dispatch",
            name="contract",
            field=models.CharField(
                help_text="the number and the term, or the order, that it belongs to", max_length=16
            ),
        ),
        migrations.AlterField(
            model_name="dispatch",
            name="kind",
            field=models.CharField(
                choices=[
                    ("ABO", "subscription"),
                    ("GFT", "gift"),
                    ("GRA", "complimentary"),
                    ("JUS", "voucher copy"),
                    ("RCL", "sent again"),
                    ("VAN", "sold singly"),
                ],
                max_length=3,
            ),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "single"), _negated=True),
                    models.Q(("copies", 1), ("renewal", "fixed")),
                    _connector="OR",
                ),
                name="offer_single_is_one_copy",
            ),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                condition=models.Q(("kind", "single")),
                expressions=[
                    ("magazine", "="),
                    (
                        subscriptions.models.offers.DateRange(
                            "on_sale_from", "on_sale_to", django.contrib.postgres.fields.ranges.RangeBoundary()
                        ),
                        "&&",
                    ),
                ],
                name="offer_one_single_a_day",
            ),
        ),
        migrations.AddField(
            model_name="soldissue",
            name="issue",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="sold", to="subscriptions.issue"
            ),
        ),
        migrations.AddField(
            model_name="soldissue",
            name="order",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="sold_issues", to="subscriptions.order"
            ),
        ),
        migrations.AddField(
            model_name="soldissue",
            name="replaces",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="replaced_by",
                to="subscriptions.soldissue",
            ),
        ),
        migrations.AddField(
            model_name="dispatch",
            name="sold",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="dispatches",
                to="subscriptions.soldissue",
            ),
        ),
        migrations.AddConstraint(
            model_name="dispatch",
            constraint=models.UniqueConstraint(fields=("sold",), name="dispatch_sold_once"),
        ),
        migrations.AddConstraint(
            model_name="dispatch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("entitlement__isnull", False),
                        ("free_copy", None),
                        ("restored", None),
                        ("sold", None),
                        ("subscription__isnull", False),
                    ),
                    models.Q(
                        ("entitlement", None),
                        ("free_copy__isnull", False),
                        ("restored", None),
                        ("sold", None),
                        ("subscription", None),
                    ),
                    models.Q(
                        ("entitlement", None),
                        ("free_copy", None),
                        ("restored", None),
                        ("sold__isnull", False),
                        ("subscription", None),
                    ),
                    models.Q(
                        ("entitlement", None),
                        ("free_copy", None),
                        ("restored__isnull", False),
                        ("sold", None),
                        ("subscription", None),
                    ),
                    _connector="OR",
                ),
                name="dispatch_for_one",
            ),
        ),
        migrations.AddField(
            model_name="soldissuemovement",
            name="sold",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="movements", to="subscriptions.soldissue"
            ),
        ),
        migrations.AddIndex(
            model_name="soldissue",
            index=models.Index(
                condition=models.Q(("state__in", ["reserved", "owed", "held"])),
                fields=["issue"],
                name="sold_issue_waiting",
            ),
        ),
        migrations.AddConstraint(
            model_name="soldissue",
            constraint=models.CheckConstraint(condition=models.Q(("amount_currency", "EUR")), name="sold_issue_eur"),
        ),
        migrations.AddConstraint(
            model_name="soldissue",
            constraint=models.UniqueConstraint(
                condition=models.Q(("replaces", None)), fields=("order", "issue"), name="sold_issue_once_an_order"
            ),
        ),
        migrations.AddConstraint(
            model_name="soldissue",
            constraint=models.CheckConstraint(condition=models.Q(("copies__gt", 0)), name="sold_issue_some"),
        ),
        migrations.AddConstraint(
            model_name="soldissue",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("amount__gt", 0),
                        ("replaces", None),
                        ("value_ht__gt", 0),
                        ("value_ht__lte", models.F("amount")),
                    ),
                    models.Q(("amount", 0), ("replaces__isnull", False), ("value_ht", 0)),
                    _connector="OR",
                ),
                name="sold_issue_worth",
            ),
        ),
        migrations.AddConstraint(
            model_name="soldissuemovement",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind__in", ["grant", "assign", "serve", "void"])),
                fields=("sold", "kind"),
                name="sold_moved_once",
            ),
        ),
        migrations.RunSQL(ONE_OR_THE_OTHER, migrations.RunSQL.noop),
        Protect("subscriptions_soldissue", mutable=("state",)),
        Protect("subscriptions_soldissuemovement"),
    ]
