"""The sweep of stale search lines finds them without looking at every customer."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0001_initial")]

    operations = [
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(fields=["id"], condition=models.Q(("search", "")), name="customer_search_stale"),
        ),
    ]
