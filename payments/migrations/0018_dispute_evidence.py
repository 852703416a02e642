"""What is shown to a bank about a dispute: packages frozen once, answers sent once; whose a dispute is, and where it stands."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from payments.evidence import Protect

# The table is protected anew: who looks into a dispute, and where Stripe says that it stands, change too.
UNGUARD_DISPUTES = """
DROP TRIGGER keep ON payments_dispute;
DROP TRIGGER keep_all ON payments_dispute;
DROP TRIGGER keep_facts ON payments_dispute;
"""
# Nobody is shown the evidence of somebody else's dispute.
OWN_PACKAGE = """
CREATE FUNCTION answer_with_own_package() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.package_id IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM payments_disputepackage WHERE id = NEW.package_id AND dispute_id = NEW.dispute_id)
    THEN
        RAISE EXCEPTION 'answer % would show the package of another dispute', NEW.reference USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER own_package BEFORE INSERT ON payments_disputeanswer
    FOR EACH ROW EXECUTE FUNCTION answer_with_own_package();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0017_closed_holds"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="DisputeAnswer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reference", models.CharField(max_length=24, unique=True)),
                ("phase", models.CharField(choices=[("inquiry", "inquiry"), ("dispute", "dispute")], max_length=8)),
                ("kind", models.CharField(choices=[("evidence", "contested"), ("accept", "accepted")], max_length=8)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("created", "to be sent"),
                            ("unknown", "no answer from Stripe"),
                            ("sent", "sent"),
                            ("failed", "refused"),
                        ],
                        default="created",
                        max_length=8,
                    ),
                ),
                ("state_since", models.DateTimeField()),
                ("failure", models.CharField(blank=True, max_length=60)),
                ("idempotency_key", models.CharField(max_length=64, unique=True)),
                ("file_key", models.CharField(help_text="the idempotency key of the file", max_length=64, unique=True)),
                ("stripe_file", models.CharField(blank=True, max_length=255)),
                ("actor", models.CharField(max_length=80)),
                ("reason", models.CharField(max_length=300)),
                ("created_at", models.DateTimeField()),
                ("called_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="DisputeAnswerEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("from_state", models.CharField(blank=True, max_length=8)),
                ("to_state", models.CharField(max_length=8)),
                ("actor", models.CharField(max_length=80)),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("at", models.DateTimeField()),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="DisputePackage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveSmallIntegerField(help_text="1, 2, 3… of its dispute")),
                ("pages", models.PositiveSmallIntegerField()),
                ("actor", models.CharField(max_length=80)),
                ("reason", models.CharField(max_length=300)),
                ("at", models.DateTimeField()),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.AddField(
            model_name="dispute",
            name="owner",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="disputes",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="dispute",
            name="status",
            field=models.CharField(blank=True, default="", help_text="Stripe's word, as last heard", max_length=40),
        ),
        migrations.AddField(
            model_name="dispute",
            name="submissions",
            field=models.PositiveSmallIntegerField(default=0, help_text="how often it was answered, by Stripe's count"),
        ),
        migrations.AddIndex(
            model_name="dispute",
            index=models.Index(condition=models.Q(("state", "open")), fields=["respond_by"], name="dispute_to_answer"),
        ),
        migrations.AddField(
            model_name="disputeanswer",
            name="dispute",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="answers", to="payments.dispute"
            ),
        ),
        migrations.AddField(
            model_name="disputeanswerevent",
            name="answer",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="events", to="payments.disputeanswer"
            ),
        ),
        migrations.AddField(
            model_name="disputepackage",
            name="dispute",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="packages", to="payments.dispute"
            ),
        ),
        migrations.AddField(
            model_name="disputepackage",
            name="document",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="payments.document"
            ),
        ),
        migrations.AddField(
            model_name="disputepackage",
            name="source",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="payments.document"
            ),
        ),
        migrations.AddField(
            model_name="disputeanswer",
            name="package",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="answers",
                to="payments.disputepackage",
            ),
        ),
        migrations.AddConstraint(
            model_name="disputepackage",
            constraint=models.UniqueConstraint(fields=("dispute", "number"), name="package_number_once"),
        ),
        migrations.AddConstraint(
            model_name="disputepackage",
            constraint=models.CheckConstraint(condition=models.Q(("pages__gt", 0)), name="package_pages"),
        ),
        migrations.AddIndex(
            model_name="disputeanswer",
            index=models.Index(
                condition=models.Q(("state__in", ["created", "unknown"])), fields=["called_at"], name="answer_to_send"
            ),
        ),
        migrations.AddConstraint(
            model_name="disputeanswer",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "failed"), _negated=True),
                fields=("dispute", "phase"),
                name="answer_one_that_stands",
            ),
        ),
        migrations.AddConstraint(
            model_name="disputeanswer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "evidence"), ("package__isnull", False)),
                    models.Q(("kind", "accept"), ("package", None)),
                    _connector="OR",
                ),
                name="answer_has_its_package",
            ),
        ),
        migrations.RunSQL(OWN_PACKAGE, migrations.RunSQL.noop),
        migrations.RunSQL(UNGUARD_DISPUTES, migrations.RunSQL.noop),
        Protect(
            "payments_dispute",
            mutable=(
                "state",
                "state_since",
                "status",
                "submissions",
                "owner_id",
                "taken",
                "returned",
                "respond_by",
                "looked_up_at",
                "credit_note_id",
                "cleared",
                "settled_at",
            ),
        ),
        Protect("payments_disputepackage"),
        Protect("payments_disputeanswer", mutable=("state", "state_since", "failure", "stripe_file", "called_at")),
        Protect("payments_disputeanswerevent"),
    ]
