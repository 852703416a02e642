"""Each closed list of words is held by a constraint of its table (`payments.models.listed`)."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("backoffice", "0004_offer_kind"),
        ("subscriptions", "0027_closed_lists"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddConstraint(
            model_name="bulkrow",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["waiting", "left_out", "done", "otherwise", "refused", "failed"])),
                name="bulkrow_state_listed",
            ),
        ),
        migrations.AddConstraint(
            model_name="historicalissue",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["planned", "closed", "handed_over", "posted"])),
                name="historicalissue_state_listed",
            ),
        ),
        migrations.AddConstraint(
            model_name="historicaloffer",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["subscription", "single"])), name="historicaloffer_kind_listed"
            ),
        ),
        migrations.AddConstraint(
            model_name="historicaloffer",
            constraint=models.CheckConstraint(
                condition=models.Q(("renewal__in", ["fixed", "automatic"])), name="historicaloffer_renewal_listed"
            ),
        ),
    ]
