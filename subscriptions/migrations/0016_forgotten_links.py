"""Short addresses of letters on paper lead nowhere once their reader is forgotten: their path may be blanked, nothing else."""

from django.db import migrations, models

from payments.evidence import Blank

UNGUARD = """
DROP TRIGGER keep ON subscriptions_paperlink;
DROP TRIGGER keep_all ON subscriptions_paperlink;
"""


class Migration(migrations.Migration):
    dependencies = [("subscriptions", "0015_looks"), ("payments", "0008_disputes")]

    operations = [
        migrations.RemoveConstraint(model_name="paperlink", name="paper_link_once"),
        migrations.AddConstraint(
            model_name="paperlink",
            constraint=models.UniqueConstraint(
                condition=models.Q(("path", ""), _negated=True), fields=("notice", "path"), name="paper_link_once"
            ),
        ),
        migrations.RunSQL(UNGUARD, migrations.RunSQL.noop),
        Blank("subscriptions_paperlink", ("path",)),
    ]
