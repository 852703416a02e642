"""The escrow of each night, and closed files on their way to the mailing house; lines of a restored escrow name nobody."""

import django.db.models.deletion
from django.db import migrations, models

from payments.evidence import Protect

# What is over is a proof: of a file that was written only its removal may still be noted.
OVER = """
CREATE TRIGGER escrow_written BEFORE UPDATE ON subscriptions_escrow FOR EACH ROW
    WHEN (OLD.state = 'done') EXECUTE FUNCTION refuse_change_except('removed_at');
CREATE TRIGGER transmission_over BEFORE UPDATE ON subscriptions_transmission FOR EACH ROW
    WHEN (OLD.state IN ('done', 'failed')) EXECUTE FUNCTION refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("subscriptions", "0022_returns_and_claims"),
    ]

    operations = [
        migrations.CreateModel(
            name="Escrow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("night", models.DateField(help_text="the day in Paris whose state it holds", unique=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "queued"),
                            ("in_flight", "being written"),
                            ("done", "written"),
                            ("failed", "failed"),
                        ],
                        default="queued",
                        max_length=9,
                    ),
                ),
                ("state_since", models.DateTimeField()),
                ("due_at", models.DateTimeField(help_text="not tried before")),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                (
                    "failure",
                    models.CharField(
                        blank=True, help_text="of the last try: a word of escrow.keeping, or a type", max_length=40
                    ),
                ),
                ("name", models.CharField(blank=True, help_text="of the file in its folder", max_length=80)),
                ("sha256", models.CharField(blank=True, help_text="of the file as it lies there", max_length=64)),
                ("size", models.PositiveBigIntegerField(null=True)),
                (
                    "content_sha256",
                    models.CharField(blank=True, help_text="of the archive inside the envelope", max_length=64),
                ),
                ("lines", models.PositiveIntegerField(null=True)),
                ("copies", models.PositiveIntegerField(null=True)),
                (
                    "counts",
                    models.JSONField(
                        default=list, help_text="each address file: name, issue, lines, copies, hash, whether true"
                    ),
                ),
                (
                    "holders",
                    models.JSONField(
                        default=list, help_text="who can open it: name and fingerprint of each certificate"
                    ),
                ),
                ("made_at", models.DateTimeField(null=True)),
                ("removed_at", models.DateTimeField(help_text="kept so many nights only", null=True)),
            ],
            options={
                "ordering": ["-night"],
            },
        ),
        migrations.CreateModel(
            name="EscrowRehearsal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("opened", "opened with the key of rehearsals and looked through"),
                            ("restored", "restored by somebody into an empty database"),
                        ],
                        max_length=8,
                    ),
                ),
                ("succeeded", models.BooleanField()),
                ("facts", models.JSONField(default=dict, help_text="figures; a word for what was wrong")),
                ("actor", models.CharField(max_length=80)),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("at", models.DateTimeField()),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="RestoredEscrow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "sha256",
                    models.CharField(help_text="of the archive inside the envelope", max_length=64, unique=True),
                ),
                ("made_at", models.DateTimeField()),
                ("actor", models.CharField(max_length=80)),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Transmission",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveSmallIntegerField(help_text="1, 2, 3… of its run")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "queued"),
                            ("in_flight", "on its way"),
                            ("done", "arrived"),
                            ("failed", "failed"),
                        ],
                        default="queued",
                        max_length=9,
                    ),
                ),
                ("state_since", models.DateTimeField()),
                ("due_at", models.DateTimeField(help_text="not tried before")),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                (
                    "failure",
                    models.CharField(
                        blank=True, help_text="of the last try: a word of transmitting.outcomes", max_length=40
                    ),
                ),
                ("name", models.CharField(blank=True, help_text="of the file there", max_length=120)),
                ("sent_sha256", models.CharField(blank=True, max_length=64)),
                ("sent_size", models.PositiveBigIntegerField(null=True)),
                ("asked_by", models.CharField(max_length=80)),
                ("asked_because", models.CharField(max_length=200)),
                ("asked_at", models.DateTimeField()),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="TransmissionEvent",
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
        migrations.CreateModel(
            name="TransmissionWay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "way",
                    models.CharField(
                        choices=[
                            ("download", "downloaded and sent by a person"),
                            ("folder", "a folder of this machine"),
                            ("sftp", "SFTP"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "directory",
                    models.CharField(
                        blank=True, help_text="there; of a folder: below settings.HAND_OVER_FOLDER", max_length=200
                    ),
                ),
                ("host", models.CharField(blank=True, max_length=120)),
                ("port", models.PositiveIntegerField(default=22)),
                ("username", models.CharField(blank=True, max_length=60)),
                ("host_key", models.TextField(blank=True, help_text="as in known_hosts: type and key")),
                (
                    "secret",
                    models.CharField(
                        blank=True, help_text="name of a key or password among the secrets", max_length=40
                    ),
                ),
                ("certificate", models.TextField(blank=True)),
                ("actor", models.CharField(max_length=80)),
                ("reason", models.CharField(max_length=200)),
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
        migrations.AddConstraint(
            model_name="escrow",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "done"), _negated=True),
                    models.Q(
                        ("copies__isnull", False),
                        ("lines__isnull", False),
                        ("made_at__isnull", False),
                        ("size__gt", 0),
                        models.Q(("name", ""), _negated=True),
                        models.Q(("sha256", ""), _negated=True),
                        models.Q(("content_sha256", ""), _negated=True),
                        models.Q(("holders", []), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="escrow_done_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="escrow",
            constraint=models.CheckConstraint(
                condition=models.Q(("removed_at", None), ("state", "done"), _connector="OR"),
                name="escrow_removed_was_there",
            ),
        ),
        migrations.AddField(
            model_name="escrowrehearsal",
            name="escrow",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="rehearsals", to="subscriptions.escrow"
            ),
        ),
        migrations.AddField(
            model_name="dispatch",
            name="restored",
            field=models.ForeignKey(
                help_text="only in a copy of the shop",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="lines",
                to="subscriptions.restoredescrow",
            ),
        ),
        migrations.AddConstraint(
            model_name="dispatch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("entitlement__isnull", False),
                        ("free_copy", None),
                        ("restored", None),
                        ("subscription__isnull", False),
                    ),
                    models.Q(
                        ("entitlement", None), ("free_copy__isnull", False), ("restored", None), ("subscription", None)
                    ),
                    models.Q(
                        ("entitlement", None), ("free_copy", None), ("restored__isnull", False), ("subscription", None)
                    ),
                    _connector="OR",
                ),
                name="dispatch_for_one",
            ),
        ),
        migrations.AddField(
            model_name="transmission",
            name="run",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="transmissions", to="subscriptions.mailingrun"
            ),
        ),
        migrations.AddField(
            model_name="transmissionevent",
            name="transmission",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="events", to="subscriptions.transmission"
            ),
        ),
        migrations.AddField(
            model_name="transmissionway",
            name="magazine",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="transmission_ways",
                to="subscriptions.magazine",
            ),
        ),
        migrations.AddField(
            model_name="transmission",
            name="way",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="transmissions",
                to="subscriptions.transmissionway",
            ),
        ),
        migrations.AddConstraint(
            model_name="transmissionway",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("way", "sftp"), _negated=True),
                    models.Q(
                        models.Q(("host", ""), _negated=True),
                        models.Q(("username", ""), _negated=True),
                        models.Q(("host_key", ""), _negated=True),
                        models.Q(("secret", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="way_sftp_pinned",
            ),
        ),
        migrations.AddConstraint(
            model_name="transmissionway",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("way", "folder"), _negated=True),
                    models.Q(("directory", ""), _negated=True),
                    _connector="OR",
                ),
                name="way_folder_named",
            ),
        ),
        migrations.AddIndex(
            model_name="transmission",
            index=models.Index(
                condition=models.Q(("state__in", ["queued", "in_flight"])), fields=["due_at"], name="transmission_due"
            ),
        ),
        migrations.AddConstraint(
            model_name="transmission",
            constraint=models.UniqueConstraint(fields=("run", "number"), name="transmission_nth"),
        ),
        migrations.AddConstraint(
            model_name="transmission",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "failed"), _negated=True), fields=("run",), name="transmission_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="transmission",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "done"), _negated=True),
                    models.Q(
                        models.Q(("sent_sha256", ""), _negated=True),
                        ("sent_size__gt", 0),
                        models.Q(("name", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="transmission_done_whole",
            ),
        ),
        Protect(
            "subscriptions_escrow",
            mutable=(
                "state",
                "state_since",
                "due_at",
                "attempts",
                "failure",
                "name",
                "sha256",
                "size",
                "content_sha256",
                "lines",
                "copies",
                "counts",
                "holders",
                "made_at",
                "removed_at",
            ),
        ),
        Protect("subscriptions_escrowrehearsal"),
        Protect("subscriptions_restoredescrow"),
        Protect("subscriptions_transmissionway"),
        Protect(
            "subscriptions_transmission",
            mutable=("state", "state_since", "due_at", "attempts", "failure", "name", "sent_sha256", "sent_size"),
        ),
        Protect("subscriptions_transmissionevent"),
        migrations.RunSQL(OVER, migrations.RunSQL.noop),
    ]
