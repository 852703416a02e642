"""An address is corrected by a new row only; erasure blanks it (orders, moves and files name it)."""

from django.db import migrations

from payments.evidence import Blank


class Migration(migrations.Migration):
    dependencies = [("subscriptions", "0002_evidence"), ("payments", "0004_emptied")]

    operations = [Blank("subscriptions_postaladdress", ("typed", "lines", "postcode", "town"))]
