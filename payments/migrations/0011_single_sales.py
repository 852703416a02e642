"""The account of past issues sold one by one (law.md 6.2: 7012, vente au numéro)."""

from datetime import date

from django.db import migrations

KEY, CODE, LABEL = "REV_SINGLE", "701200", "Ventes au numéro"


def seed(apps, schema_editor):
    alias = schema_editor.connection.alias
    apps.get_model("payments", "Account").objects.using(alias).create(code=CODE, label=LABEL)
    mapping = apps.get_model("payments", "AccountMap").objects.using(alias)
    mapping.create(key=KEY, account_id=CODE, valid_from=date(2020, 1, 1))


class Migration(migrations.Migration):
    dependencies = [("payments", "0010_receipts")]

    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
