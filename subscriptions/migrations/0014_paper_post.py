"""Letters on paper: the channel of a letter, batches to post, and what mail providers tell afterwards."""

import django.db.models.deletion
from django.db import migrations, models

from payments.evidence import Keep, Protect

#: The two reminders of the customary series that whoever has no e-mail should not miss; both are service letters.
ON_PAPER_TOO = ("R0", "RE1")


def on_paper_too(apps, schema_editor):
    steps = apps.get_model("subscriptions", "ReminderStep").objects.using(schema_editor.connection.alias)
    steps.filter(code__in=ON_PAPER_TOO, channel="email").update(channel="letter")


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0004_emptied"),
        ("subscriptions", "0013_support"),
    ]

    operations = [
        migrations.CreateModel(
            name="LostMailbox",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("email", models.EmailField(max_length=254)),
                (
                    "kind",
                    models.CharField(
                        choices=[("dead", "letters come back"), ("complained", "called spam")], max_length=10
                    ),
                ),
                ("since", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("ended_because", models.CharField(blank=True, max_length=200)),
            ],
        ),
        migrations.CreateModel(
            name="MailEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("provider", models.CharField(max_length=20)),
                ("event_id", models.CharField(max_length=255)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("delivered", "delivered"),
                            ("hard", "came back for good"),
                            ("soft", "came back for now"),
                            ("complaint", "called spam"),
                            ("other", "of no consequence"),
                        ],
                        max_length=9,
                    ),
                ),
                (
                    "message_id",
                    models.CharField(blank=True, help_text="the provider's id, or our Message-ID", max_length=255),
                ),
                (
                    "token",
                    models.CharField(
                        blank=True, help_text="of the return address that the letter left with", max_length=64
                    ),
                ),
                (
                    "detail",
                    models.CharField(
                        blank=True, help_text="codes and words of the other end; no address", max_length=300
                    ),
                ),
                ("happened_at", models.DateTimeField()),
                ("received_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[("stored", "stored"), ("applied", "applied"), ("ignored", "ignored")],
                        default="stored",
                        max_length=8,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("done_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="MailEventCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("on", models.DateField()),
                ("provider", models.CharField(max_length=20)),
                ("what", models.CharField(help_text="forged, repeated, unreadable", max_length=10)),
                ("count", models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="PaperLink",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=12, unique=True)),
                ("path", models.TextField()),
                ("created_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="PostBatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reference", models.CharField(max_length=24, unique=True)),
                ("made_at", models.DateTimeField()),
                ("actor", models.CharField(max_length=80)),
                ("letters", models.PositiveSmallIntegerField()),
                ("pages", models.PositiveIntegerField(help_text="of the merged file, blank backs included")),
            ],
        ),
        migrations.CreateModel(
            name="PostBatchLetter",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("place", models.PositiveSmallIntegerField()),
                ("pages", models.PositiveSmallIntegerField()),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[("", "to post"), ("posted", "posted"), ("taken_out", "taken out")],
                        default="",
                        max_length=9,
                    ),
                ),
                ("outcome_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ["batch_id", "place"],
            },
        ),
        migrations.AddField(
            model_name="notice",
            name="channel",
            field=models.CharField(choices=[("email", "e-mail"), ("paper", "on paper")], default="email", max_length=5),
        ),
        migrations.AddField(
            model_name="noticeproof",
            name="recorded_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="noticeproof",
            name="undoes",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="undone_by",
                to="subscriptions.noticeproof",
            ),
        ),
        migrations.AlterField(
            model_name="notice",
            name="state",
            field=models.CharField(
                choices=[
                    ("queued", "queued"),
                    ("sending", "sending"),
                    ("printing", "in a batch to post"),
                    ("sent", "sent"),
                    ("delivered", "delivered"),
                    ("bounced", "bounced"),
                    ("doubtful", "doubtful"),
                    ("failed", "failed"),
                    ("withdrawn", "withdrawn: no longer true"),
                ],
                default="queued",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="noticeproof",
            name="kind",
            field=models.CharField(help_text="accepted, refused, delivered, bounced, posted, unposted", max_length=12),
        ),
        migrations.AlterField(
            model_name="reminderstep",
            name="channel",
            field=models.CharField(
                choices=[("email", "e-mail"), ("letter", "by e-mail, and on paper to whoever has none")],
                default="email",
                max_length=6,
            ),
        ),
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(
                condition=models.Q(("channel", "paper"), ("state__in", ["queued", "printing"])),
                fields=["due_at"],
                name="notice_to_post",
            ),
        ),
        migrations.AddIndex(
            model_name="noticeproof",
            index=models.Index(
                condition=models.Q(("kind", "accepted"), models.Q(("provider_id", ""), _negated=True)),
                fields=["provider_id"],
                name="notice_proof_provider",
            ),
        ),
        migrations.AddConstraint(
            model_name="notice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("channel", "paper"), ("state__in", ["sending", "doubtful"]), _negated=True),
                    models.Q(("channel", "email"), ("state", "printing"), _negated=True),
                ),
                name="notice_goes_one_way",
            ),
        ),
        migrations.AddConstraint(
            model_name="noticeproof",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "unposted"), ("undoes__isnull", False)),
                    models.Q(models.Q(("kind", "unposted"), _negated=True), ("undoes", None)),
                    _connector="OR",
                ),
                name="notice_proof_undoes",
            ),
        ),
        migrations.AddField(
            model_name="lostmailbox",
            name="notice",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="subscriptions.notice"
            ),
        ),
        migrations.AddField(
            model_name="mailevent",
            name="document",
            field=models.ForeignKey(
                help_text="as heard",
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="payments.document",
            ),
        ),
        migrations.AddField(
            model_name="mailevent",
            name="notice",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="mail_events",
                to="subscriptions.notice",
            ),
        ),
        migrations.AddConstraint(
            model_name="maileventcount",
            constraint=models.UniqueConstraint(fields=("on", "provider", "what"), name="mail_event_count_once"),
        ),
        migrations.AddField(
            model_name="paperlink",
            name="notice",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="subscriptions.notice"
            ),
        ),
        migrations.AddField(
            model_name="postbatch",
            name="document",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="payments.document"
            ),
        ),
        migrations.AddField(
            model_name="postbatch",
            name="sheet",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="payments.document"
            ),
        ),
        migrations.AddField(
            model_name="postbatchletter",
            name="batch",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="lines", to="subscriptions.postbatch"
            ),
        ),
        migrations.AddField(
            model_name="postbatchletter",
            name="document",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="payments.document"
            ),
        ),
        migrations.AddField(
            model_name="postbatchletter",
            name="notice",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="batch_lines", to="subscriptions.notice"
            ),
        ),
        migrations.AddField(
            model_name="postbatchletter",
            name="proof",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="subscriptions.noticeproof"
            ),
        ),
        migrations.AddConstraint(
            model_name="lostmailbox",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None)), fields=("email", "kind"), name="lost_mailbox_once"
            ),
        ),
        migrations.AddIndex(
            model_name="mailevent",
            index=models.Index(
                condition=models.Q(("state", "stored")), fields=["received_at"], name="mail_event_waiting"
            ),
        ),
        migrations.AddConstraint(
            model_name="mailevent",
            constraint=models.UniqueConstraint(fields=("provider", "event_id"), name="mail_event_once"),
        ),
        migrations.AddConstraint(
            model_name="paperlink",
            constraint=models.UniqueConstraint(fields=("notice", "path"), name="paper_link_once"),
        ),
        migrations.AddConstraint(
            model_name="postbatchletter",
            constraint=models.UniqueConstraint(fields=("batch", "place"), name="batch_place_once"),
        ),
        migrations.AddConstraint(
            model_name="postbatchletter",
            constraint=models.UniqueConstraint(
                condition=models.Q(("outcome", "taken_out"), _negated=True),
                fields=("notice",),
                name="batch_letter_in_one",
            ),
        ),
        migrations.AddConstraint(
            model_name="postbatchletter",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("outcome", "posted"), ("proof__isnull", False)),
                    models.Q(models.Q(("outcome", "posted"), _negated=True), ("proof", None)),
                    _connector="OR",
                ),
                name="batch_posted_has_proof",
            ),
        ),
        migrations.RunPython(on_paper_too, migrations.RunPython.noop),
        Protect("subscriptions_postbatch"),
        Protect("subscriptions_postbatchletter", mutable=("outcome", "outcome_at", "proof_id")),
        Protect("subscriptions_paperlink"),
        Protect("subscriptions_mailevent", mutable=("state", "reason", "notice_id", "done_at")),
        Keep("subscriptions_maileventcount"),
    ]
