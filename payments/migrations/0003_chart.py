"""The chart of a press publisher, its map and the VAT rates, as law.md 1.3 and 6.2 have them; data from here on."""

from datetime import date

from django.db import migrations

from payments.vat import SEED_RATES

CHART = {
    "411000": "Clients",
    "419700": "Clients, encaissements en trop à rendre",
    "445710": "TVA collectée 20 %",
    "445711": "TVA collectée 1,05 %",
    "445712": "TVA collectée 2,10 %",
    "445740": "TVA en attente d’exigibilité",
    "467000": "Contestations en cours",
    "487100": "Abonnements restant à servir",
    "512000": "Banque",
    "517000": "Stripe, en attente de virement",
    "627800": "Frais Stripe",
    "654000": "Pertes sur créances irrécouvrables",
    "701100": "Ventes par abonnements",
}
MAP = {
    "AR": "411000",
    "SURPLUS": "419700",
    "VAT_20.00": "445710",
    "VAT_1.05": "445711",
    "VAT_2.10": "445712",
    "VAT_PENDING": "445740",
    "DISPUTES": "467000",
    "DEFERRED": "487100",
    "BANK": "512000",
    "PSP": "517000",
    "FEES": "627800",
    "BAD_DEBT": "654000",
    "REV_PRINT": "701100",
}


def seed(apps, schema_editor):
    alias = schema_editor.connection.alias
    account = apps.get_model("payments", "Account").objects.using(alias)
    account.bulk_create([account.model(code=code, label=label) for code, label in CHART.items()])
    mapping = apps.get_model("payments", "AccountMap").objects.using(alias)
    mapping.bulk_create(
        [mapping.model(key=key, account_id=code, valid_from=date(2020, 1, 1)) for key, code in MAP.items()]
    )
    rates = apps.get_model("payments", "VatRate").objects.using(alias)
    rates.bulk_create(
        [
            rates.model(
                zone=row.zone,
                category=row.category,
                rate=row.rate,
                legal_mention=row.legal_mention,
                valid_from=row.valid_from,
                valid_to=row.valid_to,
                source=row.source,
            )
            for row in SEED_RATES
        ]
    )


class Migration(migrations.Migration):
    dependencies = [("payments", "0002_evidence")]

    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
