"""Payouts, their movements and what reconciliation could not explain; accounts of what comes beside readers' money."""

from datetime import date

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from payments.evidence import Protect

# The lines of Stripe's balance are protected anew: what they mean is decided later than they are read.
UNGUARD_MOVEMENTS = """
DROP TRIGGER keep ON payments_balancemovement;
DROP TRIGGER keep_all ON payments_balancemovement;
DROP TRIGGER keep_facts ON payments_balancemovement;
"""
CHART = {
    "467100": "Autres produits du compte Stripe, à reverser",
    "467200": "Autres produits du compte Stripe, en devise, à reverser",
    "471000": "Mouvements Stripe à expliquer",
    "517100": "Stripe, fonds retenus",
    "580000": "Virements Stripe en cours",
    "658000": "Ajustements Stripe",
}
MAP = {
    "FOREIGN": "467100",
    "FOREIGN_MONEY": "467200",
    "UNEXPLAINED": "471000",
    "RESERVE": "517100",
    "TRANSIT": "580000",
    "ADJUSTMENTS": "658000",
}


def seed(apps, schema_editor):
    alias = schema_editor.connection.alias
    account = apps.get_model("payments", "Account").objects.using(alias)
    account.bulk_create([account.model(code=code, label=label) for code, label in CHART.items()], ignore_conflicts=True)
    mapping = apps.get_model("payments", "AccountMap").objects.using(alias)
    mapping.bulk_create(
        [mapping.model(key=key, account_id=code, valid_from=date(2020, 1, 1)) for key, code in MAP.items()]
    )


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0012_bank_statements"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PayoutEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("from_state", models.CharField(blank=True, max_length=10)),
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
            name="ReconciliationRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("since", models.DateTimeField()),
                ("started_at", models.DateTimeField()),
                ("cursor", models.CharField(blank=True, max_length=255)),
                ("read_to_end", models.BooleanField(default=False)),
                ("payouts", models.PositiveIntegerField(default=0)),
                ("finished_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.AddField(
            model_name="balancemovement",
            name="category",
            field=models.CharField(blank=True, help_text="Stripe's reporting category", max_length=60),
        ),
        migrations.AddField(
            model_name="balancemovement",
            name="charge",
            field=models.CharField(blank=True, help_text="the charge that it is, or is about", max_length=255),
        ),
        migrations.AddField(
            model_name="balancemovement",
            name="converted",
            field=models.BooleanField(default=False, help_text="paid in another currency"),
        ),
        migrations.AddField(
            model_name="balancemovement",
            name="meaning",
            field=models.CharField(
                blank=True,
                choices=[
                    ("payment", "a payment of ours"),
                    ("refund", "a refund of ours"),
                    ("refund_failed", "a refund of ours came back"),
                    ("dispute", "taken by a bank"),
                    ("dispute_returned", "given back by a bank"),
                    ("stripe_fee", "Stripe's own fee"),
                    ("adjustment", "Stripe's adjustment"),
                    ("reserve", "held back by Stripe, or released"),
                    ("payout", "sent to the bank"),
                    ("payout_back", "a payout came back"),
                    ("topup", "sent from the bank to Stripe"),
                    ("foreign", "of another product"),
                    ("converted", "paid in another currency, for another product"),
                    ("elsewhere", "of a balance in another currency"),
                    ("unknown_charge", "a charge of ours that the books do not know"),
                    ("unknown_refund", "a refund of ours that the books do not know"),
                    ("unknown_dispute", "a dispute that the books do not know"),
                    ("doubled", "a second charge of one payment"),
                    ("other_amount", "not the amount in the books"),
                    ("other_currency", "a payment of ours, in another currency"),
                    ("unknown_type", "of a type that the shop does not know"),
                ],
                max_length=16,
            ),
        ),
        migrations.AddField(
            model_name="balancemovement",
            name="reference",
            field=models.CharField(blank=True, help_text="ours, as its source names it", max_length=40),
        ),
        migrations.AddField(
            model_name="balancemovement",
            name="names_us",
            field=models.BooleanField(default=False, help_text="its source names a reference or a reader of ours"),
        ),
        migrations.AlterField(
            model_name="balancemovement",
            name="kind",
            field=models.CharField(help_text="Stripe's type", max_length=60),
        ),
        migrations.CreateModel(
            name="Discrepancy",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("missing_line", "received in the books, and not on Stripe's balance"),
                            ("missing_refund", "given back in the books, and not on Stripe's balance"),
                            ("unknown_charge", "a charge of ours that the books do not know"),
                            ("unknown_refund", "a refund of ours that the books do not know"),
                            ("unknown_dispute", "a dispute that the books do not know"),
                            ("doubled", "a second charge of one payment"),
                            ("other_amount", "not the amount in the books"),
                            ("other_currency", "a payment of ours, in another currency"),
                            ("unknown_type", "a movement of an unknown type"),
                            ("changed", "a line that Stripe shows otherwise than before"),
                            ("foreign", "money of another product in a payout"),
                            ("remainder", "a payout that is not the sum of its movements"),
                            ("payout_failed", "a payout that did not reach the bank"),
                            ("failed_after_paid", "a payout that came back after it was paid"),
                        ],
                        max_length=20,
                    ),
                ),
                ("subject", models.CharField(help_text="payment:<id>, movement:<id>, payout:<id>…", max_length=80)),
                ("at_stripe", models.DecimalField(decimal_places=2, max_digits=12, null=True)),
                ("in_books", models.DecimalField(decimal_places=2, max_digits=12, null=True)),
                ("found_at", models.DateTimeField()),
                (
                    "end",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("matched", "matched"),
                            ("explained", "explained"),
                            ("booked", "booked"),
                            ("gone", "gone"),
                        ],
                        max_length=9,
                    ),
                ),
                ("ended_at", models.DateTimeField(null=True)),
                ("ended_by", models.CharField(blank=True, max_length=80)),
                ("ended_because", models.CharField(blank=True, max_length=300)),
                (
                    "movement",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="discrepancies",
                        to="payments.balancemovement",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="discrepancies",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "discrepancies",
            },
        ),
        migrations.CreateModel(
            name="DiscrepancyEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "step",
                    models.CharField(
                        choices=[
                            ("found", "found"),
                            ("taken", "taken in hand"),
                            ("matched", "matched"),
                            ("explained", "explained"),
                            ("booked", "booked"),
                            ("gone", "gone"),
                        ],
                        max_length=9,
                    ),
                ),
                ("actor", models.CharField(max_length=80)),
                ("reason", models.CharField(blank=True, max_length=300)),
                ("at", models.DateTimeField()),
                (
                    "discrepancy",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="events", to="payments.discrepancy"
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="Payout",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("stripe_payout", models.CharField(max_length=255, unique=True)),
                ("amount", models.DecimalField(decimal_places=2, max_digits=12)),
                ("currency", models.CharField(max_length=3)),
                ("created", models.DateTimeField(help_text="by Stripe's clock")),
                ("arrives_on", models.DateField(help_text="the day that Stripe expects it at the bank")),
                ("automatic", models.BooleanField(help_text="only these are itemised")),
                ("instant", models.BooleanField(default=False)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("in_transit", "in transit"),
                            ("paid", "paid"),
                            ("failed", "failed"),
                            ("cancelled", "cancelled"),
                        ],
                        max_length=10,
                    ),
                ),
                ("state_since", models.DateTimeField()),
                ("failure_code", models.CharField(blank=True, help_text="Stripe's word", max_length=80)),
                ("itemised", models.BooleanField(default=False, help_text="its list of movements is complete")),
                ("movement", models.CharField(blank=True, help_text="its own line of the balance", max_length=255)),
                (
                    "failure_movement",
                    models.CharField(blank=True, help_text="the line that brought it back", max_length=255),
                ),
                ("trace", models.CharField(blank=True, help_text="as the bank may show it", max_length=255)),
                ("looked_up_at", models.DateTimeField()),
                ("cursor", models.CharField(blank=True, max_length=255)),
                ("read_at", models.DateTimeField(null=True)),
                ("arrived_on", models.DateField(null=True)),
                ("bank_reference", models.CharField(blank=True, help_text="as on the statement", max_length=80)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["-created"], name="payout_created"),
                    models.Index(
                        condition=models.Q(("itemised", True), ("read_at", None)),
                        fields=["created"],
                        name="payout_to_read",
                    ),
                    models.Index(
                        condition=models.Q(("arrived_on", None)), fields=["arrives_on"], name="payout_waits_for_bank"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("arrived_on", None), ("bank_reference", "")),
                            models.Q(("arrived_on__isnull", False), models.Q(("bank_reference", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="payout_arrived_with_its_line",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("read_at", None), ("itemised", True), _connector="OR"),
                        name="payout_read_once_itemised",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="discrepancy",
            name="payout",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="discrepancies",
                to="payments.payout",
            ),
        ),
        migrations.AddField(
            model_name="balancemovement",
            name="payout",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="movements", to="payments.payout"
            ),
        ),
        migrations.AddIndex(
            model_name="balancemovement",
            index=models.Index(
                condition=models.Q(
                    (
                        "meaning__in",
                        [
                            "",
                            "unknown_charge",
                            "unknown_refund",
                            "unknown_dispute",
                            "doubled",
                            "other_amount",
                            "other_currency",
                            "unknown_type",
                        ],
                    )
                ),
                fields=["id"],
                name="movement_to_explain",
            ),
        ),
        migrations.AddIndex(
            model_name="balancemovement",
            index=models.Index(
                condition=models.Q(
                    ("meaning", "foreign"),
                    models.Q(("payment__isnull", False), ("refund__isnull", False), _connector="OR"),
                ),
                fields=["id"],
                name="movement_ours_after_all",
            ),
        ),
        migrations.AddIndex(
            model_name="balancemovement",
            index=models.Index(fields=["-created"], name="movement_created"),
        ),
        migrations.AddField(
            model_name="payoutevent",
            name="payout",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="events", to="payments.payout"
            ),
        ),
        migrations.AddIndex(
            model_name="reconciliationrun",
            index=models.Index(fields=["-started_at"], name="reconciliation_latest"),
        ),
        migrations.AddConstraint(
            model_name="reconciliationrun",
            constraint=models.UniqueConstraint(
                condition=models.Q(("finished_at", None), ("read_to_end", False)),
                fields=("read_to_end",),
                name="reconciliation_one_reads",
            ),
        ),
        migrations.AddConstraint(
            model_name="reconciliationrun",
            constraint=models.CheckConstraint(
                condition=models.Q(("finished_at", None), ("read_to_end", True), _connector="OR"),
                name="reconciliation_finished_is_read",
            ),
        ),
        migrations.AddField(
            model_name="discrepancy",
            name="run",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="found",
                to="payments.reconciliationrun",
            ),
        ),
        migrations.AddIndex(
            model_name="discrepancy",
            index=models.Index(condition=models.Q(("ended_at", None)), fields=["found_at"], name="discrepancy_open"),
        ),
        migrations.AddIndex(
            model_name="discrepancy",
            index=models.Index(fields=["subject"], name="discrepancy_subject"),
        ),
        migrations.AddConstraint(
            model_name="discrepancy",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None)), fields=("kind", "subject"), name="discrepancy_one_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="discrepancy",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("end", ""), ("ended_at", None), ("ended_because", ""), ("ended_by", "")),
                    models.Q(
                        ("ended_at__isnull", False),
                        models.Q(("end", ""), _negated=True),
                        models.Q(("ended_by", ""), _negated=True),
                        models.Q(("ended_because", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="discrepancy_ends_whole",
            ),
        ),
        migrations.RunSQL(UNGUARD_MOVEMENTS, migrations.RunSQL.noop),
        Protect(
            "payments_balancemovement",
            mutable=(
                "payment_id",
                "refund_id",
                "payout_id",
                "category",
                "converted",
                "charge",
                "reference",
                "names_us",
                "meaning",
            ),
        ),
        Protect(
            "payments_payout",
            mutable=(
                "arrives_on",
                "state",
                "state_since",
                "failure_code",
                "itemised",
                "movement",
                "failure_movement",
                "trace",
                "looked_up_at",
                "cursor",
                "read_at",
                "arrived_on",
                "bank_reference",
            ),
        ),
        Protect("payments_payoutevent"),
        Protect("payments_reconciliationrun", mutable=("cursor", "read_to_end", "payouts", "finished_at")),
        Protect("payments_discrepancy", mutable=("owner_id", "end", "ended_at", "ended_by", "ended_because")),
        Protect("payments_discrepancyevent"),
        migrations.RunPython(seed, migrations.RunPython.noop),
    ]
