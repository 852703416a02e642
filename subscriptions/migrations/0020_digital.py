"""The digital edition: off until its share, its rate and its text are set; no download without a right and a consent."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from payments.evidence import Protect

# The copies that give a right are those of `subscriptions.digital.rights`; what a dispute holds, only the shop knows.
DOWNLOADED_BY_RIGHT = """
CREATE FUNCTION download_needs_right() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM subscriptions_entitlement copy
        JOIN subscriptions_term sold ON sold.id = copy.term_id
        JOIN subscriptions_subscription subscription ON subscription.id = sold.subscription_id
        JOIN subscriptions_issuefile file ON file.id = NEW.file_id AND file.issue_id = copy.issue_id
        JOIN subscriptions_digitalconsent consent ON consent.id = NEW.consent_id AND consent.at <= NEW.at
        JOIN subscriptions_term agreed ON agreed.id = consent.term_id
            AND agreed.subscription_id = sold.subscription_id AND agreed.number <= sold.number
        WHERE copy.id = NEW.entitlement_id AND copy.state IN ('owed', 'assigned', 'served')
            AND NOT EXISTS (SELECT FROM subscriptions_termundone undone WHERE undone.term_id = sold.id)
            AND (SELECT rule."on" FROM subscriptions_digitalrule rule
                 WHERE rule.magazine_id = subscription.magazine_id ORDER BY rule.id DESC LIMIT 1)
    ) THEN
        RAISE EXCEPTION 'copy % gives no right to file % by consent %', NEW.entitlement_id, NEW.file_id, NEW.consent_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER download_needs_right BEFORE INSERT ON subscriptions_digitaldownload
    FOR EACH ROW EXECUTE FUNCTION download_needs_right();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("subscriptions", "0019_imports"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ApiToken",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=12, unique=True)),
                ("sha256", models.CharField(max_length=64)),
                ("name", models.CharField(help_text="who asks with it", max_length=60)),
                ("actor", models.CharField(max_length=80)),
                ("reason", models.CharField(max_length=200)),
                ("created_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(null=True)),
                ("revoked_by", models.CharField(blank=True, max_length=80)),
                ("revoked_because", models.CharField(blank=True, max_length=200)),
                ("last_used_on", models.DateField(null=True)),
            ],
            options={
                "ordering": ["-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("revoked_at", None), ("revoked_by", "")),
                            models.Q(("revoked_at__isnull", False), models.Q(("revoked_by", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="api_token_revoked_by_someone",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="DigitalConsent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("words", models.TextField(help_text="beside the box, as shown")),
                ("actor", models.CharField(max_length=80)),
                ("at", models.DateTimeField()),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="digital_consents",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "term",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="digital_consents",
                        to="subscriptions.term",
                    ),
                ),
                (
                    "text",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="subscriptions.legaltext"
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="DigitalRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("on", models.BooleanField()),
                (
                    "share",
                    models.DecimalField(
                        decimal_places=2,
                        help_text="percent of the price excl. VAT that the digital part is",
                        max_digits=5,
                        null=True,
                    ),
                ),
                (
                    "rate",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("press", "the rate of the printed issue: its digitised version"),
                            ("standard", "the standard rate"),
                        ],
                        max_length=8,
                    ),
                ),
                ("decided_by", models.CharField(blank=True, help_text="who decided share and rate", max_length=120)),
                ("decided_on", models.DateField(null=True)),
                ("actor", models.CharField(max_length=80)),
                ("reason", models.CharField(max_length=200)),
                ("at", models.DateTimeField()),
                (
                    "magazine",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="digital_rules",
                        to="subscriptions.magazine",
                    ),
                ),
                (
                    "text",
                    models.ForeignKey(
                        help_text="what readers agree to",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="subscriptions.legaltext",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="IssueFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveSmallIntegerField(help_text="1, 2, 3… of its issue")),
                ("sha256", models.CharField(max_length=64)),
                ("size", models.PositiveIntegerField()),
                ("pages", models.PositiveSmallIntegerField()),
                ("name", models.CharField(help_text="as it came", max_length=120)),
                ("available_from", models.DateField(help_text="null: once the issue is posted", null=True)),
                ("actor", models.CharField(max_length=80)),
                ("reason", models.CharField(max_length=200)),
                ("at", models.DateTimeField()),
                (
                    "issue",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="files", to="subscriptions.issue"
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="DigitalDownload",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                (
                    "consent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="downloads",
                        to="subscriptions.digitalconsent",
                    ),
                ),
                (
                    "entitlement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="downloads",
                        to="subscriptions.entitlement",
                    ),
                ),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="downloads",
                        to="subscriptions.issuefile",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.AddConstraint(
            model_name="digitalconsent",
            constraint=models.UniqueConstraint(fields=("term", "customer"), name="digital_consent_once"),
        ),
        migrations.AddConstraint(
            model_name="digitalrule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("on", False),
                    models.Q(
                        ("decided_on__isnull", False),
                        ("rate", "press"),
                        ("share__gt", 0),
                        ("share__isnull", False),
                        ("share__lt", 100),
                        ("text__isnull", False),
                        models.Q(("decided_by", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="digital_on_once_decided",
            ),
        ),
        migrations.AddConstraint(
            model_name="issuefile",
            constraint=models.UniqueConstraint(fields=("issue", "number"), name="issue_file_nth"),
        ),
        migrations.AddConstraint(
            model_name="issuefile",
            constraint=models.CheckConstraint(
                condition=models.Q(("pages__gt", 0), ("size__gt", 0)), name="issue_file_of_something"
            ),
        ),
        migrations.RunSQL(DOWNLOADED_BY_RIGHT, migrations.RunSQL.noop),
        Protect("subscriptions_digitalrule"),
        Protect("subscriptions_issuefile"),
        Protect("subscriptions_digitalconsent"),
        Protect("subscriptions_digitaldownload"),
        Protect("subscriptions_apitoken", mutable=("revoked_at", "revoked_by", "revoked_because", "last_used_on")),
    ]
