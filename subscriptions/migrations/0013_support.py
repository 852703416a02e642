"""The support desk: who took over a subscription from whom, and what people called or wrote."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from payments.evidence import Blank, Protect


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0005_transfers"),
        ("subscriptions", "0012_rehearsals"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Contact",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "channel",
                    models.CharField(
                        choices=[("phone", "telephone"), ("letter", "letter"), ("email", "e-mail"), ("visit", "visit")],
                        max_length=6,
                    ),
                ),
                ("on", models.DateField()),
                ("words", models.TextField(max_length=2000)),
                ("file_name", models.CharField(blank=True, max_length=120)),
                ("form_token", models.UUIDField(help_text="one form is one note", unique=True)),
                ("actor", models.CharField(max_length=80)),
                ("at", models.DateTimeField()),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="contacts",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "document",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="payments.document"
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="contacts",
                        to="subscriptions.order",
                    ),
                ),
                (
                    "subscription",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="contacts",
                        to="subscriptions.subscription",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["customer", "at"], name="contact_customer")],
            },
        ),
        migrations.CreateModel(
            name="HandOver",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("actor", models.CharField(max_length=80)),
                ("reason", models.CharField(max_length=300)),
                ("at", models.DateTimeField()),
                (
                    "first_issue",
                    models.ForeignKey(
                        help_text="the first that the new one receives",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="subscriptions.issue",
                    ),
                ),
                (
                    "new_payer",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "new_recipient",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="subscriptions.recipient",
                    ),
                ),
                (
                    "old_payer",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "old_recipient",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="subscriptions.recipient",
                    ),
                ),
                (
                    "subscription",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="hand_overs",
                        to="subscriptions.subscription",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("new_recipient__isnull", False), ("new_payer__isnull", False), _connector="OR"
                        ),
                        name="hand_over_of_something",
                    )
                ],
            },
        ),
        # A note stays; the words, and the way to the file, may be blanked when the reader is erased.
        Blank("subscriptions_contact", ("words", "file_name", "document_id")),
        Protect("subscriptions_handover"),
    ]
