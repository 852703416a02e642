"""Mailing runs and their lines; complimentary copies; what a mailing file has of an address; copies of each issue."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from payments.evidence import Blank, Protect
from subscriptions.addresses.label import postal_label
from subscriptions.addresses.typed import TypedAddress

#: A closed run stays as it was closed: its lines were counted and hashed.
CLOSED_STAYS = """
CREATE FUNCTION closed_run_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.sha256 <> '' AND (OLD.dispatches, OLD.copies, OLD.counts, OLD.sha256, OLD.size, OLD.deposit_on, OLD.closed_by, OLD.closed_at)
        IS DISTINCT FROM (NEW.dispatches, NEW.copies, NEW.counts, NEW.sha256, NEW.size, NEW.deposit_on, NEW.closed_by, NEW.closed_at) THEN
        RAISE EXCEPTION 'UPDATE of % is refused: the run is closed', TG_TABLE_NAME
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER closed_stays BEFORE UPDATE ON subscriptions_mailingrun
    FOR EACH ROW EXECUTE FUNCTION closed_run_stays();
"""


def fill_blocks(apps, schema_editor):
    addresses = apps.get_model("subscriptions", "PostalAddress").objects.using(schema_editor.connection.alias)
    for address in addresses.exclude(lines=[]).iterator(500):
        label = postal_label(TypedAddress.from_dict(address.typed))
        addresses.filter(pk=address.pk).update(block=[*label.columns, label.postcode, label.town])


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0009_document_to_empty"),
        ("subscriptions", "0016_forgotten_links"),
    ]

    operations = [
        migrations.CreateModel(
            name="Dispatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("place", models.PositiveIntegerField(help_text="1 to n in the file")),
                ("key", models.CharField(max_length=20, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("ABO", "subscription"),
                            ("GFT", "gift"),
                            ("GRA", "complimentary"),
                            ("JUS", "voucher copy"),
                            ("RCL", "sent again"),
                        ],
                        max_length=3,
                    ),
                ),
                ("number", models.CharField(help_text="as printed on the label", max_length=10)),
                (
                    "contract",
                    models.CharField(help_text="the number and the term that the copy belongs to", max_length=16),
                ),
                ("copies", models.PositiveSmallIntegerField()),
                ("zone", models.CharField(max_length=4)),
                (
                    "last_number",
                    models.PositiveIntegerField(help_text="of the subscription; null: not planned yet", null=True),
                ),
                ("copies_left", models.PositiveSmallIntegerField(help_text="issues to come after this one", null=True)),
                (
                    "insert_code",
                    models.CharField(blank=True, help_text="sheet that goes with it; R0: the last copy", max_length=4),
                ),
            ],
            options={
                "ordering": ["run_id", "place"],
            },
        ),
        migrations.CreateModel(
            name="FreeCopy",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("free", "complimentary"), ("proof", "voucher copy"), ("seed", "test address")],
                        max_length=5,
                    ),
                ),
                (
                    "number",
                    models.CharField(help_text="printed on the label as a subscriber's is", max_length=10, unique=True),
                ),
                ("copies", models.PositiveSmallIntegerField(default=1)),
                ("from_number", models.PositiveIntegerField(help_text="first issue")),
                ("until_number", models.PositiveIntegerField(blank=True, help_text="last issue", null=True)),
                ("actor", models.CharField(max_length=80)),
                ("reason", models.CharField(max_length=200)),
                ("created_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("ended_by", models.CharField(blank=True, max_length=80)),
            ],
        ),
        migrations.CreateModel(
            name="MailingHouse",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120)),
                ("separator", models.CharField(default=";", max_length=1)),
                ("encoding", models.CharField(default="cp1252", max_length=12)),
                ("columns", models.JSONField(default=list)),
                ("with_header", models.BooleanField(default=True)),
                ("overrun_percent", models.DecimalField(decimal_places=1, default=5, max_digits=4)),
                ("weight_g", models.PositiveSmallIntegerField(default=250, help_text="of a copy")),
                ("service_level", models.CharField(default="economique", max_length=12)),
                ("deposit_site", models.CharField(blank=True, max_length=80)),
                (
                    "second_person",
                    models.BooleanField(default=True, help_text="a run is approved by somebody else than who asked"),
                ),
                (
                    "alone_after_minutes",
                    models.PositiveIntegerField(default=240, help_text="who is alone waits so long"),
                ),
                ("actor", models.CharField(max_length=80)),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("created_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="MailingRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("main", "main file"), ("complement", "complement"), ("resend", "sent again")],
                        max_length=10,
                    ),
                ),
                ("sequence", models.PositiveSmallIntegerField(help_text="1, 2, 3… of its issue")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("asked", "asked for"),
                            ("closed", "closed"),
                            ("handed_over", "handed over"),
                            ("posted", "posted"),
                            ("dropped", "given up"),
                        ],
                        default="asked",
                        max_length=12,
                    ),
                ),
                ("asked_by", models.CharField(max_length=80)),
                ("asked_at", models.DateTimeField()),
                ("asked_because", models.CharField(blank=True, max_length=200)),
                ("closed_by", models.CharField(blank=True, max_length=80)),
                ("closed_at", models.DateTimeField(null=True)),
                (
                    "closed_alone",
                    models.BooleanField(
                        default=False, help_text="by the one who asked, with a reason and after a delay"
                    ),
                ),
                ("closed_because", models.CharField(blank=True, max_length=200)),
                ("deposit_on", models.DateField(help_text="planned day of posting, as the file says it", null=True)),
                ("dispatches", models.PositiveIntegerField(null=True)),
                ("copies", models.PositiveIntegerField(null=True)),
                (
                    "counts",
                    models.JSONField(
                        default=dict, help_text="copies and lines by zone, country and kind; first and last key"
                    ),
                ),
                ("sha256", models.CharField(blank=True, help_text="of the address file", max_length=64)),
                ("size", models.PositiveBigIntegerField(help_text="of the address file, in bytes", null=True)),
                ("handed_over_at", models.DateTimeField(null=True)),
                ("handed_over_by", models.CharField(blank=True, max_length=80)),
                ("handed_over_how", models.CharField(blank=True, max_length=12)),
                (
                    "received_copies",
                    models.PositiveIntegerField(help_text="as the mailing house counts them", null=True),
                ),
                ("received_at", models.DateTimeField(null=True)),
                ("received_by", models.CharField(blank=True, max_length=80)),
                ("posted_on", models.DateField(null=True)),
            ],
            options={
                "ordering": ["issue_id", "sequence"],
            },
        ),
        migrations.CreateModel(
            name="MailingRunEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("from_state", models.CharField(max_length=12)),
                ("to_state", models.CharField(max_length=12)),
                ("actor", models.CharField(max_length=80)),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("at", models.DateTimeField()),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.AddField(
            model_name="postaladdress",
            name="block",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.TextField(),
                default=list,
                help_text="what a mailing file has of it: l1 to l7, postcode, town",
                size=None,
            ),
        ),
        migrations.AddField(
            model_name="term",
            name="quantity",
            field=models.PositiveSmallIntegerField(default=1, help_text="copies of each issue, to one address"),
        ),
        migrations.AddConstraint(
            model_name="term",
            constraint=models.CheckConstraint(condition=models.Q(("quantity__gt", 0)), name="term_quantity"),
        ),
        migrations.AddField(
            model_name="dispatch",
            name="address",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="dispatches", to="subscriptions.postaladdress"
            ),
        ),
        migrations.AddField(
            model_name="dispatch",
            name="entitlement",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="dispatches",
                to="subscriptions.entitlement",
            ),
        ),
        migrations.AddField(
            model_name="dispatch",
            name="issue",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="dispatches", to="subscriptions.issue"
            ),
        ),
        migrations.AddField(
            model_name="dispatch",
            name="subscription",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="dispatches",
                to="subscriptions.subscription",
            ),
        ),
        migrations.AddField(
            model_name="freecopy",
            name="address",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="subscriptions.postaladdress"
            ),
        ),
        migrations.AddField(
            model_name="freecopy",
            name="magazine",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="free_copies", to="subscriptions.magazine"
            ),
        ),
        migrations.AddField(
            model_name="dispatch",
            name="free_copy",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="dispatches",
                to="subscriptions.freecopy",
            ),
        ),
        migrations.AddField(
            model_name="mailinghouse",
            name="magazine",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="mailing_houses", to="subscriptions.magazine"
            ),
        ),
        migrations.AddField(
            model_name="mailingrun",
            name="house",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="runs", to="subscriptions.mailinghouse"
            ),
        ),
        migrations.AddField(
            model_name="mailingrun",
            name="issue",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="runs", to="subscriptions.issue"
            ),
        ),
        migrations.AddField(
            model_name="mailingrun",
            name="statement",
            field=models.ForeignKey(
                help_text="the postal statement",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="payments.document",
            ),
        ),
        migrations.AddField(
            model_name="dispatch",
            name="run",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="lines", to="subscriptions.mailingrun"
            ),
        ),
        migrations.AddField(
            model_name="mailingrunevent",
            name="run",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="events", to="subscriptions.mailingrun"
            ),
        ),
        migrations.AddConstraint(
            model_name="freecopy",
            constraint=models.CheckConstraint(condition=models.Q(("copies__gt", 0)), name="free_copy_some"),
        ),
        migrations.AddConstraint(
            model_name="freecopy",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("until_number", None), ("until_number__gte", models.F("from_number")), _connector="OR"
                ),
                name="free_copy_numbers",
            ),
        ),
        migrations.AddConstraint(
            model_name="mailinghouse",
            constraint=models.CheckConstraint(
                condition=models.Q(("encoding__in", ["cp1252", "utf-8"])), name="house_encoding"
            ),
        ),
        migrations.AddConstraint(
            model_name="mailinghouse",
            constraint=models.CheckConstraint(
                condition=models.Q(("separator__in", [";", ",", "|", "\t"])), name="house_separator"
            ),
        ),
        migrations.AddConstraint(
            model_name="mailingrun",
            constraint=models.UniqueConstraint(fields=("issue", "sequence"), name="run_sequence_once"),
        ),
        migrations.AddConstraint(
            model_name="mailingrun",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "main"), models.Q(("state", "dropped"), _negated=True)),
                fields=("issue",),
                name="run_main_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="mailingrun",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "asked")), fields=("issue", "kind"), name="run_asked_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="mailingrun",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("closed_at", None), ("dispatches", None), ("sha256", ""), ("state__in", ["asked", "dropped"])
                    ),
                    models.Q(
                        ("closed_at__isnull", False),
                        ("state__in", ["closed", "handed_over", "posted"]),
                        ("copies__isnull", False),
                        ("deposit_on__isnull", False),
                        ("dispatches__isnull", False),
                        ("size__isnull", False),
                        models.Q(("sha256", ""), _negated=True),
                        models.Q(("closed_by", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="run_closed_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="mailingrun",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("closed_alone", True),
                    ("closed_by", ""),
                    models.Q(("closed_by", models.F("asked_by")), _negated=True),
                    _connector="OR",
                ),
                name="run_two_people",
            ),
        ),
        migrations.AddConstraint(
            model_name="mailingrun",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("closed_alone", False), models.Q(("closed_because", ""), _negated=True), _connector="OR"
                ),
                name="run_alone_says_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="mailingrun",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "posted"), _negated=True),
                    models.Q(("posted_on__isnull", False), ("received_copies", models.F("copies"))),
                    _connector="OR",
                ),
                name="run_posted_counted",
            ),
        ),
        migrations.AddIndex(
            model_name="dispatch",
            index=models.Index(fields=["subscription", "issue"], name="dispatch_of_subscription"),
        ),
        migrations.AddConstraint(
            model_name="dispatch",
            constraint=models.UniqueConstraint(fields=("run", "place"), name="dispatch_place_once"),
        ),
        migrations.AddConstraint(
            model_name="dispatch",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "RCL"), _negated=True),
                fields=("subscription", "issue"),
                name="dispatch_main_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="dispatch",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "RCL"), _negated=True), fields=("entitlement",), name="dispatch_copy_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="dispatch",
            constraint=models.UniqueConstraint(fields=("free_copy", "issue"), name="dispatch_free_once"),
        ),
        migrations.AddConstraint(
            model_name="dispatch",
            constraint=models.CheckConstraint(condition=models.Q(("copies__gt", 0)), name="dispatch_some"),
        ),
        migrations.AddConstraint(
            model_name="dispatch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("entitlement__isnull", False), ("free_copy", None), ("subscription__isnull", False)),
                    models.Q(("entitlement", None), ("free_copy__isnull", False), ("subscription", None)),
                    _connector="OR",
                ),
                name="dispatch_for_one",
            ),
        ),
        # What an address has for a mailing file is filled in once for those there are, and blanked with the rest of it.
        migrations.RunSQL(
            "DROP TRIGGER keep_facts ON subscriptions_postaladdress; DROP TRIGGER keep ON subscriptions_postaladdress;"
            "DROP TRIGGER keep_all ON subscriptions_postaladdress;",
            migrations.RunSQL.noop,
        ),
        migrations.RunPython(fill_blocks, migrations.RunPython.noop),
        Blank("subscriptions_postaladdress", ("typed", "lines", "block", "postcode", "town")),
        migrations.RunSQL(CLOSED_STAYS, migrations.RunSQL.noop),
        Protect("subscriptions_mailinghouse"),
        Protect("subscriptions_freecopy", mutable=("ended_at", "ended_by")),
        Protect("subscriptions_mailingrunevent"),
        Protect("subscriptions_dispatch"),
        Protect(
            "subscriptions_mailingrun",
            mutable=(
                "state",
                "closed_by",
                "closed_at",
                "closed_alone",
                "closed_because",
                "dispatches",
                "copies",
                "counts",
                "sha256",
                "size",
                "deposit_on",
                "handed_over_at",
                "handed_over_by",
                "handed_over_how",
                "received_copies",
                "received_at",
                "received_by",
                "posted_on",
                "statement_id",
            ),
        ),
    ]
