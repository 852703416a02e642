"""The reference of a SEPA mandate, and an index of the methods that have ended."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("payments", "0006_mirror")]

    operations = [
        migrations.AddField(
            model_name="savedmethod",
            name="mandate_reference",
            field=models.CharField(blank=True, help_text="RUM, as the reader's bank shows it", max_length=40),
        ),
        migrations.AddIndex(
            model_name="savedmethod",
            index=models.Index(
                condition=models.Q(("ended_at__isnull", False)), fields=["ended_at"], name="method_ended"
            ),
        ),
    ]
