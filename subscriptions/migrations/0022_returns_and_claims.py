"""Copies that came back, claims, and the stock of back issues."""

import django.db.models.deletion
from django.db import migrations, models

from payments.evidence import Protect


class Migration(migrations.Migration):
    dependencies = [
        ("subscriptions", "0021_institutions"),
    ]

    operations = [
        migrations.CreateModel(
            name="LossRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "answer_days",
                    models.PositiveSmallIntegerField(
                        default=15, help_text="without an answer the address goes to a person"
                    ),
                ),
                (
                    "incident_days",
                    models.PositiveSmallIntegerField(
                        default=21, help_text="claims of so many days are counted together"
                    ),
                ),
                (
                    "incident_claims",
                    models.PositiveSmallIntegerField(
                        default=20, help_text="of one issue and department: they are one incident"
                    ),
                ),
                (
                    "incident_least",
                    models.PositiveSmallIntegerField(default=5, help_text="fewer are never an incident"),
                ),
                (
                    "incident_percent",
                    models.DecimalField(
                        decimal_places=1,
                        default=10,
                        help_text="of the lines of that department: an incident too",
                        max_digits=4,
                    ),
                ),
                (
                    "return_file",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        help_text="how a file of returns is written, where it differs (`losses.return_file.Profile`)",
                    ),
                ),
                (
                    "alone_lines",
                    models.PositiveSmallIntegerField(default=50, help_text="one person closes so many resends alone"),
                ),
                ("actor", models.CharField(max_length=80)),
                ("reason", models.CharField(max_length=200)),
                ("created_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="AddressDoubt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("asked", "asked; copies are sent meanwhile"),
                            ("held", "asked; copies are held"),
                            ("suspended", "two came back in a row"),
                            ("answered", "the reader has answered"),
                            ("ended", "over without an answer"),
                        ],
                        max_length=10,
                    ),
                ),
                ("state_since", models.DateTimeField()),
                ("at", models.DateTimeField()),
                (
                    "subscription",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="address_doubts",
                        to="subscriptions.subscription",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="AddressDoubtEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("from_state", models.CharField(blank=True, max_length=10)),
                ("to_state", models.CharField(max_length=10)),
                ("actor", models.CharField(max_length=80)),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("at", models.DateTimeField()),
                (
                    "doubt",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="subscriptions.addressdoubt",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="Claim",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("round", models.PositiveSmallIntegerField(default=1)),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("not_received", "not received"),
                            ("damaged", "damaged"),
                            ("wrong_copy", "another issue came"),
                            ("came_back", "it came back to us"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "by",
                    models.CharField(
                        choices=[
                            ("reader", "the reader"),
                            ("staff", "a colleague, for the reader"),
                            ("agency", "an agency"),
                            ("post", "the post"),
                        ],
                        max_length=6,
                    ),
                ),
                ("department", models.CharField(max_length=3)),
                ("in_window", models.BooleanField()),
                ("nth", models.PositiveSmallIntegerField(help_text="which claim of its reader in twelve months")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("received", "received"),
                            ("asked", "the reader confirms the address"),
                            ("waiting", "waits with many others"),
                            ("approved", "leaves with the next resends"),
                            ("resent", "sent again"),
                            ("extended", "one issue more instead"),
                            ("credited", "its price was given back"),
                            ("refused", "refused"),
                            ("on_desk", "a person decides"),
                        ],
                        default="received",
                        max_length=8,
                    ),
                ),
                ("state_since", models.DateTimeField()),
                ("tracked", models.BooleanField(default=False, help_text="leaves with a tracking number")),
                ("actor", models.CharField(max_length=80)),
                ("at", models.DateTimeField()),
                (
                    "entitlement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="claims",
                        to="subscriptions.entitlement",
                    ),
                ),
                (
                    "extra",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="instead_of",
                        to="subscriptions.entitlement",
                    ),
                ),
                (
                    "issue",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="claims", to="subscriptions.issue"
                    ),
                ),
                (
                    "line",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="claim",
                        to="subscriptions.dispatch",
                    ),
                ),
                (
                    "subscription",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="claims",
                        to="subscriptions.subscription",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="ClaimEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("from_state", models.CharField(blank=True, max_length=8)),
                ("to_state", models.CharField(max_length=8)),
                ("actor", models.CharField(max_length=80)),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("at", models.DateTimeField()),
                (
                    "claim",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="events", to="subscriptions.claim"
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="ClaimIncident",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "department",
                    models.CharField(help_text="75, 2A and 2B as 20, 974; abroad the country", max_length=3),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "to be decided"),
                            ("waiting", "wait until a day"),
                            ("resending", "all are sent again"),
                            ("extending", "all get one issue more"),
                        ],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("state_since", models.DateTimeField()),
                ("wait_until", models.DateField(null=True)),
                ("at", models.DateTimeField()),
                (
                    "issue",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="incidents", to="subscriptions.issue"
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.AddField(
            model_name="claim",
            name="incident",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="claims",
                to="subscriptions.claimincident",
            ),
        ),
        migrations.CreateModel(
            name="ClaimIncidentEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("from_state", models.CharField(blank=True, max_length=10)),
                ("to_state", models.CharField(max_length=10)),
                ("actor", models.CharField(max_length=80)),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("at", models.DateTimeField()),
                (
                    "incident",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="subscriptions.claimincident",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="CopyReturn",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "reason_code",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (1, "no access, or a faulty address"),
                            (2, "unknown at this address"),
                            (3, "refused"),
                            (4, "announced and not fetched"),
                        ]
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[("paper", "the copy itself"), ("file", "a file of the post")], max_length=5
                    ),
                ),
                ("on", models.DateField(help_text="day of the return, as the post says it")),
                ("effect", models.CharField(blank=True, max_length=16)),
                ("effect_at", models.DateTimeField(null=True)),
                ("actor", models.CharField(max_length=80)),
                ("at", models.DateTimeField()),
                (
                    "dispatch",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="came_back",
                        to="subscriptions.dispatch",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.AddField(
            model_name="addressdoubt",
            name="because",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="doubts", to="subscriptions.copyreturn"
            ),
        ),
        migrations.CreateModel(
            name="StockMovement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField(help_text="1, 2, 3… of its issue")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("received", "received"),
                            ("sent", "sent"),
                            ("counted", "difference of a count"),
                            ("spoiled", "spoiled"),
                        ],
                        max_length=8,
                    ),
                ),
                ("copies", models.IntegerField(help_text="more, or less")),
                ("left", models.IntegerField()),
                ("actor", models.CharField(max_length=80)),
                ("reason", models.CharField(max_length=200)),
                ("at", models.DateTimeField()),
                (
                    "issue",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="stock", to="subscriptions.issue"
                    ),
                ),
                (
                    "run",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="out_of_stock",
                        to="subscriptions.mailingrun",
                    ),
                ),
            ],
            options={
                "ordering": ["issue_id", "number"],
            },
        ),
        migrations.AddConstraint(
            model_name="claimincident",
            constraint=models.UniqueConstraint(fields=("issue", "department"), name="incident_once"),
        ),
        migrations.AddConstraint(
            model_name="claimincident",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "waiting"), _negated=True), ("wait_until__isnull", False), _connector="OR"
                ),
                name="incident_wait_day",
            ),
        ),
        migrations.AddIndex(
            model_name="claim",
            index=models.Index(fields=["issue", "department"], name="claim_place"),
        ),
        migrations.AddIndex(
            model_name="claim",
            index=models.Index(condition=models.Q(("state", "approved")), fields=["issue"], name="claim_to_resend"),
        ),
        migrations.AddConstraint(
            model_name="claim",
            constraint=models.UniqueConstraint(fields=("entitlement", "round"), name="claim_copy_once"),
        ),
        migrations.AddConstraint(
            model_name="claim",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["received", "asked", "waiting", "approved", "on_desk"])),
                fields=("entitlement",),
                name="claim_open_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="claim",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("line__isnull", False), ("state", "resent")),
                    models.Q(models.Q(("state", "resent"), _negated=True), ("line", None)),
                    _connector="OR",
                ),
                name="claim_resent_has_line",
            ),
        ),
        migrations.AddConstraint(
            model_name="claim",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("extra__isnull", False), ("state", "extended")),
                    models.Q(models.Q(("state", "extended"), _negated=True), ("extra", None)),
                    _connector="OR",
                ),
                name="claim_extended_has_copy",
            ),
        ),
        migrations.AddConstraint(
            model_name="claim",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "waiting"), _negated=True), ("incident__isnull", False), _connector="OR"
                ),
                name="claim_waits_with_incident",
            ),
        ),
        migrations.AddIndex(
            model_name="copyreturn",
            index=models.Index(condition=models.Q(("effect", "")), fields=["id"], name="return_to_follow"),
        ),
        migrations.AddConstraint(
            model_name="copyreturn",
            constraint=models.CheckConstraint(condition=models.Q(("reason_code__range", (1, 4))), name="return_reason"),
        ),
        migrations.AddConstraint(
            model_name="copyreturn",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("effect", ""), ("effect_at", None)),
                    models.Q(models.Q(("effect", ""), _negated=True), ("effect_at__isnull", False)),
                    _connector="OR",
                ),
                name="return_effect_dated",
            ),
        ),
        migrations.AddConstraint(
            model_name="addressdoubt",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["asked", "held", "suspended"])),
                fields=("subscription",),
                name="doubt_open_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="stockmovement",
            constraint=models.UniqueConstraint(fields=("issue", "number"), name="stock_number_once"),
        ),
        migrations.AddConstraint(
            model_name="stockmovement",
            constraint=models.CheckConstraint(condition=models.Q(("left__gte", 0)), name="stock_not_below_zero"),
        ),
        migrations.AddConstraint(
            model_name="stockmovement",
            constraint=models.CheckConstraint(
                condition=models.Q(("left__gte", models.F("copies"))), name="stock_left_whole"
            ),
        ),
        migrations.AddConstraint(
            model_name="stockmovement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("copies__gt", 0), ("kind", "received")),
                    models.Q(("copies__lt", 0), ("kind__in", ["sent", "spoiled"])),
                    models.Q(("kind", "counted"), models.Q(("copies", 0), _negated=True)),
                    _connector="OR",
                ),
                name="stock_direction",
            ),
        ),
        Protect("subscriptions_lossrule"),
        Protect("subscriptions_copyreturn", mutable=("effect", "effect_at")),
        Protect("subscriptions_addressdoubt", mutable=("state", "state_since")),
        Protect("subscriptions_addressdoubtevent"),
        Protect("subscriptions_claimincident", mutable=("state", "state_since", "wait_until")),
        Protect("subscriptions_claimincidentevent"),
        Protect(
            "subscriptions_claim",
            mutable=("state", "state_since", "tracked", "incident_id", "line_id", "extra_id"),
        ),
        Protect("subscriptions_claimevent"),
        Protect("subscriptions_stockmovement"),
    ]
