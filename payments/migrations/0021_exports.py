"""Profiles of accountants as data, with the layouts that are customary; files of a year made by a job; exports that are kept."""

import django.db.models.deletion
from django.db import migrations, models

from payments.evidence import Keep, Protect

FEC = "JournalCode JournalLib EcritureNum EcritureDate CompteNum CompteLib CompAuxNum CompAuxLib PieceRef PieceDate EcritureLib Debit Credit EcritureLet DateLet ValidDate Montantdevise Idevise"
FEC_FIELDS = "journal journal_label entry date account account_label party party_label piece piece_date label debit credit letter lettered_on validated_on blank blank"
WHERE = "disposition décrite par le logiciel libre Dolibarr (comptabilité en partie double, export {})\u00a0; à vérifier avec le comptable"
#: Layouts as public documentation has them; finance changes them, or adds to them, without a release.
PROFILES = (
    {
        "name": "CSV générique",
        "columns": [
            ("journal", "Journal"), ("entry", "Écriture"), ("date", "Date"), ("account", "Compte"), ("account_label", "Libellé du compte"),
            ("party", "Auxiliaire"), ("party_label", "Libellé de l’auxiliaire"), ("piece", "Pièce"), ("piece_date", "Date de la pièce"),
            ("label", "Libellé"), ("debit", "Débit"), ("credit", "Crédit"), ("letter", "Lettrage"), ("lettered_on", "Lettré le"),
            ("validated_on", "Validé le"),
        ],
        "source": "disposition de la boutique",
    },
    {
        "name": "Dix-huit colonnes du FEC",
        "columns": list(zip(FEC_FIELDS.split(), FEC.split(), strict=True)),
        "separator": "\t", "encoding": "iso8859-15", "date_format": "%Y%m%d", "ending": "txt",
        "source": "LPF, article A47 A-1, VII",
    },
    {
        "name": "EBP",
        "columns": [
            ("line", ""), ("date", ""), ("journal", ""), ("account_or_party", ""), ("label", "", 40), ("piece", "", 15), ("amount", ""),
            ("side", ""), ("date", ""),
        ],
        "separator": ",", "decimal": ".", "encoding": "cp1252", "date_format": "%d%m%Y", "ending": "txt", "head_line": False,
        "quoted": True, "source": WHERE.format("EBP"),
    },
    {
        "name": "Cegid",
        "columns": [
            ("date", ""), ("journal", ""), ("account", ""), ("party", ""), ("side", ""), ("amount", ""), ("label", ""), ("piece", ""),
        ],
        "encoding": "cp1252", "date_format": "%d%m%Y", "ending": "txt", "head_line": False, "source": WHERE.format("Cegid"),
    },
    {
        "name": "Coala",
        "columns": [
            ("date", ""), ("journal", ""), ("account", ""), ("entry", ""), ("piece", ""), ("debit", ""), ("credit", ""), ("euro", ""),
            ("party", ""),
        ],
        "encoding": "cp1252", "head_line": False, "source": WHERE.format("Coala"),
    },
    {
        "name": "OpenConcerto",
        "columns": [
            ("date", ""), ("journal", ""), ("account_or_party", ""), ("piece", ""), ("label", ""), ("debit", ""), ("credit", ""),
        ],
        "encoding": "utf-8", "head_line": False, "source": WHERE.format("OpenConcerto"),
    },
)  # fmt: skip


def seed(apps, schema_editor):
    profiles = apps.get_model("payments", "AccountantProfile").objects.using(schema_editor.connection.alias)
    profiles.bulk_create(
        [
            profiles.model(
                **one
                | {
                    "columns": [
                        {"field": field, "head": head, "most": most[0] if most else 0}
                        for field, head, *most in one["columns"]
                    ],
                    "actor": "system:migration",
                }
            )
            for one in PROFILES
        ]
    )


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0020_month_snapshots"),
    ]

    operations = [
        migrations.AlterField(
            model_name="keptfile",
            name="kind",
            field=models.CharField(
                choices=[("fec", "FEC"), ("archive", "archive of a year"), ("export", "export of a signed period")],
                max_length=8,
            ),
        ),
        migrations.CreateModel(
            name="AccountantProfile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60, unique=True)),
                ("columns", models.JSONField()),
                ("head_line", models.BooleanField(default=True)),
                ("separator", models.CharField(default=";", max_length=1)),
                ("encoding", models.CharField(default="utf-8-sig", max_length=12)),
                ("decimal", models.CharField(default=",", max_length=1)),
                ("date_format", models.CharField(default="%d/%m/%Y", max_length=10)),
                (
                    "quoted",
                    models.BooleanField(default=False, help_text="texts stand between quotes, whatever is in them"),
                ),
                ("ending", models.CharField(default="csv", help_text="of the name of the file", max_length=3)),
                (
                    "customers",
                    models.CharField(
                        choices=[
                            ("none", "one collective account"),
                            ("numbers", "one account each, by number"),
                            ("names", "one account each, with the name"),
                        ],
                        default="numbers",
                        max_length=7,
                    ),
                ),
                (
                    "detail",
                    models.CharField(
                        choices=[("entry", "every line"), ("day", "totals by day"), ("month", "totals by month")],
                        default="entry",
                        max_length=5,
                    ),
                ),
                ("source", models.CharField(blank=True, help_text="where this layout is described", max_length=200)),
                ("actor", models.CharField(max_length=80)),
                ("changed_at", models.DateTimeField(help_text="null: as the shop came with it", null=True)),
                ("retired_on", models.DateField(help_text="no longer offered from this day on", null=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("columns", []), _negated=True), name="accountant_profile_has_columns"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("decimal__in", [",", "."]), models.Q(("decimal", models.F("separator")), _negated=True)
                        ),
                        name="accountant_profile_can_be_read",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FileRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(choices=[("fec", "FEC"), ("archive", "archive of a year")], max_length=8)),
                ("year", models.PositiveSmallIntegerField()),
                (
                    "customers",
                    models.CharField(
                        choices=[
                            ("none", "one collective account"),
                            ("numbers", "one account each, by number"),
                            ("names", "one account each, with the name"),
                        ],
                        default="numbers",
                        max_length=7,
                    ),
                ),
                ("reason", models.CharField(max_length=300)),
                ("actor", models.CharField(max_length=80)),
                ("asked_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting"),
                            ("making", "being made"),
                            ("made", "made"),
                            ("refused", "refused"),
                        ],
                        default="waiting",
                        max_length=7,
                    ),
                ),
                ("state_since", models.DateTimeField()),
                ("refusal", models.CharField(blank=True, help_text="a sentence for staff", max_length=300)),
                (
                    "file",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="requests",
                        to="payments.keptfile",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="FileRequestEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("from_state", models.CharField(blank=True, max_length=7)),
                ("to_state", models.CharField(max_length=7)),
                ("actor", models.CharField(max_length=80)),
                ("reason", models.CharField(blank=True, max_length=300)),
                ("at", models.DateTimeField()),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="events", to="payments.filerequest"
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.AddIndex(
            model_name="filerequest",
            index=models.Index(
                condition=models.Q(("state__in", ["waiting", "making"])), fields=["id"], name="file_request_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="filerequest",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["waiting", "making"])),
                fields=("kind", "year", "customers"),
                name="file_request_one_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="filerequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("file__isnull", False), ("refusal", ""), ("state", "made")),
                    models.Q(("file", None), ("state", "refused"), models.Q(("refusal", ""), _negated=True)),
                    models.Q(("file", None), ("refusal", ""), ("state__in", ["waiting", "making"])),
                    _connector="OR",
                ),
                name="file_request_ends_whole",
            ),
        ),
        Keep("payments_accountantprofile"),
        Protect("payments_filerequest", mutable=("state", "state_since", "file_id", "refusal")),
        Protect("payments_filerequestevent"),
        migrations.RunPython(seed, migrations.RunPython.noop),
    ]
