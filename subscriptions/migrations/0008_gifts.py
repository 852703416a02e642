"""Gifts: who gives and who receives apart, one term that never renews itself, and the reminders of both."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from payments.evidence import Keep, Protect

# Whatever plans renewals, none is planned for a gift: it cannot be charged again because there is nothing to charge by.
NEVER_RENEWED = """
CREATE FUNCTION gift_never_renewed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM subscriptions_subscription s WHERE s.id = NEW.subscription_id AND s.is_gift) THEN
        RAISE EXCEPTION 'subscription % is a gift: it is never renewed by itself', NEW.subscription_id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER gift_never_renewed BEFORE INSERT OR UPDATE OF subscription_id ON subscriptions_renewal
    FOR EACH ROW EXECUTE FUNCTION gift_never_renewed();
"""

#: Code, place, trigger, addressee, days before the last copy, days after it was posted, letter (law.md 7.6).
SERIES = (
    ("GC1", 7, "ending", "giver", 60, 0, "gift_ending_giver"),
    ("GR1", 8, "posted", "recipient", 0, 7, "gift_ending_recipient"),
)


def customary(apps, schema_editor):
    step = apps.get_model("subscriptions", "ReminderStep")
    step.objects.using(schema_editor.connection.alias).bulk_create(
        [
            step(
                code=code, place=place, trigger=trigger, addressee=addressee, days_before=before, days_after=after,
                letter=letter,
            )
            for code, place, trigger, addressee, before, after, letter in SERIES
        ]
    )  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [
        ("subscriptions", "0007_reminders"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CarriedTerm",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("actor", models.CharField(max_length=80)),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Gift",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=16, unique=True)),
                ("giver_name", models.CharField(blank=True, help_text="as signed", max_length=120)),
                ("recipient_name", models.CharField(blank=True, max_length=120)),
                ("recipient_email", models.EmailField(blank=True, max_length=254)),
                ("message", models.CharField(blank=True, max_length=200)),
                ("announce_on", models.DateField(help_text="null: the giver tells it", null=True)),
                ("reader_email", models.EmailField(blank=True, max_length=254)),
                (
                    "informed_by",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "not yet"),
                            ("email", "by e-mail"),
                            ("insert", "by the sheet in the first copy"),
                            ("page", "on their own page"),
                        ],
                        default="",
                        max_length=6,
                    ),
                ),
                ("informed_at", models.DateTimeField(null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("ordered", "ordered, not paid"),
                            ("given", "paid, the recipient was not told"),
                            ("announced", "the recipient was told"),
                            ("claimed", "in the recipient's account"),
                            ("void", "taken back"),
                        ],
                        default="ordered",
                        max_length=9,
                    ),
                ),
                ("state_since", models.DateTimeField()),
                ("created_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="GiftEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("from_state", models.CharField(max_length=9)),
                ("to_state", models.CharField(max_length=9)),
                ("actor", models.CharField(max_length=80)),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("at", models.DateTimeField()),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.AddField(
            model_name="order",
            name="is_gift",
            field=models.BooleanField(default=False, help_text="somebody else than the buyer receives it: see `Gift`"),
        ),
        migrations.AddField(
            model_name="reminderstep",
            name="addressee",
            field=models.CharField(
                choices=[
                    ("reader", "who pays for what they read"),
                    ("giver", "who gave it"),
                    ("recipient", "who received it as a gift"),
                ],
                default="reader",
                max_length=9,
            ),
        ),
        migrations.AddField(
            model_name="reminderstep",
            name="days_before",
            field=models.PositiveSmallIntegerField(default=0, help_text="ending: before the last copy is posted"),
        ),
        migrations.AddField(
            model_name="subscription",
            name="is_gift",
            field=models.BooleanField(default=False, help_text="its payer gave it: the copies are somebody else's"),
        ),
        migrations.AlterField(
            model_name="reminderstep",
            name="trigger",
            field=models.CharField(
                choices=[
                    ("posted", "an issue was posted"),
                    ("lapsed", "the subscription lapsed"),
                    ("ending", "its last copy is near"),
                ],
                max_length=6,
            ),
        ),
        migrations.AddConstraint(
            model_name="subscription",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("is_gift", False), models.Q(("renewal", "fixed"), ("saved_method", None)), _connector="OR"
                ),
                name="subscription_gift_never_renews",
            ),
        ),
        migrations.AddField(
            model_name="carriedterm",
            name="served",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="carries", to="subscriptions.term"
            ),
        ),
        migrations.AddField(
            model_name="carriedterm",
            name="sold",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="carried_as", to="subscriptions.term"
            ),
        ),
        migrations.AddField(
            model_name="gift",
            name="claimed_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="gifts_received",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="gift",
            name="continues",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="continued_by",
                to="subscriptions.gift",
            ),
        ),
        migrations.AddField(
            model_name="gift",
            name="order",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="gift", to="subscriptions.order"
            ),
        ),
        migrations.AddField(
            model_name="gift",
            name="subscription",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="given",
                to="subscriptions.subscription",
            ),
        ),
        migrations.AddField(
            model_name="consent",
            name="gift",
            field=models.ForeignKey(
                help_text="its recipient, without account",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="consents",
                to="subscriptions.gift",
            ),
        ),
        migrations.AddField(
            model_name="giftevent",
            name="gift",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="events", to="subscriptions.gift"
            ),
        ),
        migrations.AddConstraint(
            model_name="carriedterm",
            constraint=models.CheckConstraint(
                condition=models.Q(("sold", models.F("served")), _negated=True), name="carried_elsewhere"
            ),
        ),
        migrations.AddIndex(
            model_name="gift",
            index=models.Index(condition=models.Q(("state", "given")), fields=["announce_on"], name="gift_to_announce"),
        ),
        migrations.AddConstraint(
            model_name="gift",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "ordered"), ("subscription", None)),
                    ("subscription__isnull", False),
                    _connector="OR",
                ),
                name="gift_paid_is_a_subscription",
            ),
        ),
        migrations.AddConstraint(
            model_name="gift",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "claimed"), _negated=True), ("claimed_by__isnull", False), _connector="OR"
                ),
                name="gift_claimed_by_one",
            ),
        ),
        migrations.AddConstraint(
            model_name="gift",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("informed_at", None), ("informed_by", "")),
                    models.Q(models.Q(("informed_by", ""), _negated=True), ("informed_at__isnull", False)),
                    _connector="OR",
                ),
                name="gift_informed_has_instant",
            ),
        ),
        migrations.RunSQL(NEVER_RENEWED, migrations.RunSQL.noop),
        migrations.RunPython(customary, migrations.RunPython.noop),
        Keep("subscriptions_gift"),
        Protect("subscriptions_giftevent"),
        Protect("subscriptions_carriedterm"),
    ]
