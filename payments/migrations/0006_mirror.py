"""The mirror of Stripe: its runs and their differences are evidence (design, MIRROR)."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from payments.evidence import Protect


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0005_transfers"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="MirrorCharge",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("stripe_charge", models.CharField(max_length=255, unique=True)),
                ("stripe_intent", models.CharField(blank=True, max_length=255)),
                ("created", models.DateTimeField()),
                ("amount", models.DecimalField(decimal_places=2, max_digits=12)),
                ("refunded", models.DecimalField(decimal_places=2, max_digits=12)),
                ("currency", models.CharField(max_length=3)),
                ("reference", models.CharField(blank=True, max_length=40)),
                ("ours", models.BooleanField()),
            ],
        ),
        migrations.CreateModel(
            name="MirrorDifference",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("mended", "learnt from the mirror"),
                            ("unknown", "unknown to the books"),
                            ("unsettled", "taken, and not settled"),
                            ("second", "a second charge of one payment"),
                            ("missing", "not at Stripe"),
                            ("amount", "another amount"),
                            ("currency", "another currency"),
                            ("refunded", "another sum given back"),
                        ],
                        max_length=10,
                    ),
                ),
                ("subject", models.CharField(help_text="payment:<id>, or charge:<Stripe's id>", max_length=80)),
                ("stripe_charge", models.CharField(blank=True, max_length=255)),
                ("at_stripe", models.DecimalField(decimal_places=2, max_digits=12, null=True)),
                ("in_books", models.DecimalField(decimal_places=2, max_digits=12, null=True)),
                ("at", models.DateTimeField()),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="MirrorRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(choices=[("nightly", "nightly"), ("monthly", "monthly")], max_length=8)),
                ("since", models.DateTimeField(help_text="charges made from this instant…")),
                ("until", models.DateTimeField(help_text="…up to, and not at, this one")),
                ("started_at", models.DateTimeField()),
                ("cursor", models.CharField(blank=True, max_length=255)),
                ("read_to_end", models.BooleanField(default=False)),
                ("compared", models.BigIntegerField(default=0)),
                ("finished_at", models.DateTimeField(null=True)),
                ("ours", models.PositiveIntegerField(default=0, help_text="charges of ours that succeeded")),
                ("ours_amount", models.DecimalField(decimal_places=2, default=0, max_digits=14)),
                ("foreign", models.PositiveIntegerField(default=0, help_text="successful charges of other products")),
                ("foreign_amount", models.DecimalField(decimal_places=2, default=0, max_digits=14)),
                (
                    "mended",
                    models.PositiveIntegerField(
                        default=0, help_text="payments that settled because they were found here"
                    ),
                ),
                ("differences", models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.AddIndex(
            model_name="payment",
            index=models.Index(condition=models.Q(("surplus", True)), fields=["state_since"], name="payment_surplus"),
        ),
        migrations.AddField(
            model_name="mirrorcharge",
            name="payment",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="mirror_charges",
                to="payments.payment",
            ),
        ),
        migrations.AddField(
            model_name="mirrordifference",
            name="payment",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="payments.payment"
            ),
        ),
        migrations.AddIndex(
            model_name="mirrorrun",
            index=models.Index(fields=["kind", "-until"], name="mirror_latest"),
        ),
        migrations.AddConstraint(
            model_name="mirrorrun",
            constraint=models.UniqueConstraint(
                condition=models.Q(("finished_at__isnull", True)), fields=("kind",), name="mirror_one_at_a_time"
            ),
        ),
        migrations.AddConstraint(
            model_name="mirrorrun",
            constraint=models.CheckConstraint(
                condition=models.Q(("until__gt", models.F("since"))), name="mirror_window"
            ),
        ),
        migrations.AddConstraint(
            model_name="mirrorrun",
            constraint=models.CheckConstraint(
                condition=models.Q(("finished_at__isnull", True), ("read_to_end", True), _connector="OR"),
                name="mirror_finished_is_read",
            ),
        ),
        migrations.AddField(
            model_name="mirrordifference",
            name="run",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="found", to="payments.mirrorrun"
            ),
        ),
        migrations.AddField(
            model_name="mirrorcharge",
            name="first_run",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="payments.mirrorrun"
            ),
        ),
        migrations.AddField(
            model_name="mirrorcharge",
            name="last_run",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="charges", to="payments.mirrorrun"
            ),
        ),
        migrations.AddConstraint(
            model_name="mirrordifference",
            constraint=models.UniqueConstraint(fields=("run", "kind", "subject"), name="mirror_difference_once"),
        ),
        migrations.AddIndex(
            model_name="mirrorcharge",
            index=models.Index(fields=["last_run", "ours"], name="mirror_charge_run"),
        ),
        Protect(
            "payments_mirrorrun",
            mutable=(
                "cursor",
                "read_to_end",
                "compared",
                "finished_at",
                "ours",
                "ours_amount",
                "foreign",
                "foreign_amount",
                "mended",
                "differences",
            ),
        ),
        Protect("payments_mirrorcharge", mutable=("refunded", "ours", "payment_id", "last_run_id")),
        Protect("payments_mirrordifference"),
    ]
