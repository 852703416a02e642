"""What planning and proving look for is answered from indexes; a notice may be given twice about one R.

A notice is given again where the first came back: to a better address, or by post. So proofs of one R are numbered, and the gate asks for the first legal one: without it there is no second.
"""

from django.db import migrations, models

UNTIE = "ALTER TABLE subscriptions_renewalattempt DROP CONSTRAINT renewal_attempt_legal_notice;"
TIE = """
ALTER TABLE subscriptions_renewalattempt
    ADD CONSTRAINT renewal_attempt_legal_notice
        FOREIGN KEY (renewal_id, renews_on, legal_kind, legal_ordinal)
        REFERENCES subscriptions_renewalproof (renewal_id, renews_on, kind, ordinal);
"""


class Migration(migrations.Migration):
    dependencies = [("subscriptions", "0005_renewal_gate")]

    operations = [
        migrations.AddIndex(
            model_name="term",
            index=models.Index(fields=["ends_on"], include=["subscription", "number"], name="term_ends"),
        ),
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(
                condition=models.Q(("state__in", ["bounced", "failed"])), fields=["created_at"], name="notice_came_back"
            ),
        ),
        migrations.AddIndex(
            model_name="noticeproof",
            index=models.Index(condition=models.Q(("kind", "bounced")), fields=["at"], name="notice_proof_bounced"),
        ),
        migrations.RunSQL(UNTIE, migrations.RunSQL.noop),
        migrations.AddField(
            model_name="renewalproof",
            name="ordinal",
            field=models.PositiveSmallIntegerField(
                default=1, help_text="2, 3… for a notice given again about the same R"
            ),
        ),
        migrations.AddField(
            model_name="renewalattempt",
            name="legal_ordinal",
            field=models.PositiveSmallIntegerField(default=1),
        ),
        migrations.RemoveConstraint(model_name="renewalproof", name="renewal_proof_once"),
        migrations.AddConstraint(
            model_name="renewalproof",
            constraint=models.UniqueConstraint(
                fields=("renewal", "renews_on", "kind", "ordinal"), name="renewal_proof_nth"
            ),
        ),
        migrations.RunSQL(TIE, migrations.RunSQL.noop),
    ]
