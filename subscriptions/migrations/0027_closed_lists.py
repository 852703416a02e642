"""Each closed list of words is held by a constraint of its table (`payments.models.listed`)."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0022_closed_lists"),
        ("subscriptions", "0026_undelivered_letters"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddConstraint(
            model_name="addressdoubt",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["asked", "held", "suspended", "answered", "ended"])),
                name="addressdoubt_state_listed",
            ),
        ),
        migrations.AddConstraint(
            model_name="agency",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["consumer", "pro_fr", "public_fr", "assoc", "pro_eu", "pro_row"])),
                name="agency_kind_listed",
            ),
        ),
        migrations.AddConstraint(
            model_name="claim",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason__in", ["not_received", "damaged", "wrong_copy", "came_back"])),
                name="claim_reason_listed",
            ),
        ),
        migrations.AddConstraint(
            model_name="claim",
            constraint=models.CheckConstraint(
                condition=models.Q(("by__in", ["reader", "staff", "agency", "post"])), name="claim_by_listed"
            ),
        ),
        migrations.AddConstraint(
            model_name="claim",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        [
                            "received",
                            "asked",
                            "waiting",
                            "approved",
                            "resent",
                            "extended",
                            "credited",
                            "refused",
                            "on_desk",
                        ],
                    )
                ),
                name="claim_state_listed",
            ),
        ),
        migrations.AddConstraint(
            model_name="claimincident",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["open", "waiting", "resending", "extending"])),
                name="claimincident_state_listed",
            ),
        ),
        migrations.AddConstraint(
            model_name="consent",
            constraint=models.CheckConstraint(
                condition=models.Q(("matter__in", ["terms", "mandate", "similar_offers", "newsletter", "reminders"])),
                name="consent_matter_listed",
            ),
        ),
        migrations.AddConstraint(
            model_name="contact",
            constraint=models.CheckConstraint(
                condition=models.Q(("channel__in", ["phone", "letter", "email", "visit"])),
                name="contact_channel_listed",
            ),
        ),
        migrations.AddConstraint(
            model_name="copyreturn",
            constraint=models.CheckConstraint(
                condition=models.Q(("source__in", ["paper", "file"])), name="copyreturn_source_listed"
            ),
        ),
        migrations.AddConstraint(
            model_name="declaration",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["withdrawal", "termination"])), name="declaration_kind_listed"
            ),
        ),
        migrations.AddConstraint(
            model_name="declaration",
            constraint=models.CheckConstraint(
                condition=models.Q(("ground__in", ["", "death", "moved", "illness", "late_notice", "other"])),
                name="declaration_ground_listed",
            ),
        ),
        migrations.AddConstraint(
            model_name="declaration",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["received", "applied", "on_desk", "settled"])),
                name="declaration_state_listed",
            ),
        ),
        migrations.AddConstraint(
            model_name="digitalrule",
            constraint=models.CheckConstraint(
                condition=models.Q(("rate__in", ["press", "standard", ""])), name="digitalrule_rate_listed"
            ),
        ),
        migrations.AddConstraint(
            model_name="dispatch",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["ABO", "GFT", "GRA", "JUS", "RCL", "VAN"])),
                name="dispatch_kind_listed",
            ),
        ),
        migrations.AddConstraint(
            model_name="entitlement",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["owed", "assigned", "served", "held", "credited", "void"])),
                name="entitlement_state_listed",
            ),
        ),
        migrations.AddConstraint(
            model_name="entitlementmovement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ["grant", "assign", "serve", "resend", "hold", "release", "extend", "credit", "void"])
                ),
                name="entitlementmovement_kind_listed",
            ),
        ),
        migrations.AddConstraint(
            model_name="escrow",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["queued", "in_flight", "done", "failed"])), name="escrow_state_listed"
            ),
        ),
        migrations.AddConstraint(
            model_name="escrowrehearsal",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["opened", "restored"])), name="escrowrehearsal_kind_listed"
            ),
        ),
        migrations.AddConstraint(
            model_name="freecopy",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["free", "proof", "seed"])), name="freecopy_kind_listed"
            ),
        ),
        migrations.AddConstraint(
            model_name="gift",
            constraint=models.CheckConstraint(
                condition=models.Q(("informed_by__in", ["", "email", "insert", "page"])), name="gift_informed_by_listed"
            ),
        ),
        migrations.AddConstraint(
            model_name="gift",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["ordered", "given", "announced", "claimed", "void"])),
                name="gift_state_listed",
            ),
        ),
        migrations.AddConstraint(
            model_name="importfile",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["to_check", "checked", "approved", "let_in", "discarded"])),
                name="importfile_state_listed",
            ),
        ),
        migrations.AddConstraint(
            model_name="importrow",
            constraint=models.CheckConstraint(
                condition=models.Q(("outcome__in", ["waiting", "ready", "faulty", "known", "different", "let_in"])),
                name="importrow_outcome_listed",
            ),
        ),
        migrations.AddConstraint(
            model_name="issue",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["planned", "closed", "handed_over", "posted"])),
                name="issue_state_listed",
            ),
        ),
        migrations.AddConstraint(
            model_name="look",
            constraint=models.CheckConstraint(
                condition=models.Q(("matter__in", ["plan", "end"])), name="look_matter_listed"
            ),
        ),
        migrations.AddConstraint(
            model_name="lostmailbox",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["dead", "complained"])), name="lostmailbox_kind_listed"
            ),
        ),
        migrations.AddConstraint(
            model_name="mailevent",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["delivered", "hard", "soft", "complaint", "other"])),
                name="mailevent_kind_listed",
            ),
        ),
        migrations.AddConstraint(
            model_name="mailevent",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["stored", "applied", "ignored"])), name="mailevent_state_listed"
            ),
        ),
        migrations.AddConstraint(
            model_name="mailingrun",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["main", "complement", "resend"])), name="mailingrun_kind_listed"
            ),
        ),
        migrations.AddConstraint(
            model_name="mailingrun",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["asked", "closed", "handed_over", "posted", "dropped"])),
                name="mailingrun_state_listed",
            ),
        ),
        migrations.AddConstraint(
            model_name="notice",
            constraint=models.CheckConstraint(
                condition=models.Q(("rank__in", ["legal", "service", "courtesy"])), name="notice_rank_listed"
            ),
        ),
        migrations.AddConstraint(
            model_name="notice",
            constraint=models.CheckConstraint(
                condition=models.Q(("channel__in", ["email", "paper"])), name="notice_channel_listed"
            ),
        ),
        migrations.AddConstraint(
            model_name="notice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        [
                            "queued",
                            "sending",
                            "printing",
                            "sent",
                            "delivered",
                            "bounced",
                            "doubtful",
                            "failed",
                            "withdrawn",
                        ],
                    )
                ),
                name="notice_state_listed",
            ),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["subscription", "single"])), name="offer_kind_listed"
            ),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=models.CheckConstraint(
                condition=models.Q(("renewal__in", ["fixed", "automatic"])), name="offer_renewal_listed"
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["draft", "awaiting_payment", "invoiced", "paid", "expired", "cancelled"])
                ),
                name="order_state_listed",
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("buyer_kind__in", ["consumer", "pro_fr", "public_fr", "assoc", "pro_eu", "pro_row"])
                ),
                name="order_buyer_kind_listed",
            ),
        ),
        migrations.AddConstraint(
            model_name="pause",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["held", "over", "called_off"])), name="pause_state_listed"
            ),
        ),
        migrations.AddConstraint(
            model_name="postbatchletter",
            constraint=models.CheckConstraint(
                condition=models.Q(("outcome__in", ["", "posted", "taken_out"])), name="postbatchletter_outcome_listed"
            ),
        ),
        migrations.AddConstraint(
            model_name="pricechange",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["prepared", "signed", "cancelled"])), name="pricechange_state_listed"
            ),
        ),
        migrations.AddConstraint(
            model_name="purchaseorder",
            constraint=models.CheckConstraint(
                condition=models.Q(("invoiced_to__in", ["institution", "agency"])),
                name="purchaseorder_invoiced_to_listed",
            ),
        ),
        migrations.AddConstraint(
            model_name="quote",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("buyer_kind__in", ["consumer", "pro_fr", "public_fr", "assoc", "pro_eu", "pro_row"])
                ),
                name="quote_buyer_kind_listed",
            ),
        ),
        migrations.AddConstraint(
            model_name="rehearsalline",
            constraint=models.CheckConstraint(
                condition=models.Q(("card__in", ["good", "ends", "ended", "none"])), name="rehearsalline_card_listed"
            ),
        ),
        migrations.AddConstraint(
            model_name="rehearsalline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "will__in",
                        ["charge", "stopped", "disputed", "by_choice", "no_card", "waits", "in_hand", "unpriced"],
                    )
                ),
                name="rehearsalline_will_listed",
            ),
        ),
        migrations.AddConstraint(
            model_name="reminderstep",
            constraint=models.CheckConstraint(
                condition=models.Q(("addressee__in", ["reader", "giver", "recipient"])),
                name="reminderstep_addressee_listed",
            ),
        ),
        migrations.AddConstraint(
            model_name="reminderstep",
            constraint=models.CheckConstraint(
                condition=models.Q(("trigger__in", ["posted", "lapsed", "ending"])), name="reminderstep_trigger_listed"
            ),
        ),
        migrations.AddConstraint(
            model_name="reminderstep",
            constraint=models.CheckConstraint(
                condition=models.Q(("channel__in", ["email", "letter"])), name="reminderstep_channel_listed"
            ),
        ),
        migrations.AddConstraint(
            model_name="renewal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        [
                            "planned",
                            "announced",
                            "due",
                            "charging",
                            "paid",
                            "awaiting_reader",
                            "retrying",
                            "unresolved",
                            "manual",
                            "lapsed",
                            "cancelled",
                        ],
                    )
                ),
                name="renewal_state_listed",
            ),
        ),
        migrations.AddConstraint(
            model_name="renewalproof",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["legal", "pre_debit"])), name="renewalproof_kind_listed"
            ),
        ),
        migrations.AddConstraint(
            model_name="soldissue",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["reserved", "owed", "assigned", "served", "held", "void"])),
                name="soldissue_state_listed",
            ),
        ),
        migrations.AddConstraint(
            model_name="soldissuemovement",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["grant", "assign", "serve", "hold", "release", "void"])),
                name="soldissuemovement_kind_listed",
            ),
        ),
        migrations.AddConstraint(
            model_name="stockmovement",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["received", "sent", "counted", "spoiled"])),
                name="stockmovement_kind_listed",
            ),
        ),
        migrations.AddConstraint(
            model_name="subscription",
            constraint=models.CheckConstraint(
                condition=models.Q(("renewal__in", ["fixed", "automatic"])), name="subscription_renewal_listed"
            ),
        ),
        migrations.AddConstraint(
            model_name="subscription",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["pending", "active", "grace", "lapsed", "ended"])),
                name="subscription_state_listed",
            ),
        ),
        migrations.AddConstraint(
            model_name="transmission",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["queued", "in_flight", "done", "failed"])),
                name="transmission_state_listed",
            ),
        ),
        migrations.AddConstraint(
            model_name="transmissionway",
            constraint=models.CheckConstraint(
                condition=models.Q(("way__in", ["download", "folder", "sftp"])), name="transmissionway_way_listed"
            ),
        ),
        migrations.AddConstraint(
            model_name="unsignedrunrule",
            constraint=models.CheckConstraint(
                condition=models.Q(("choice__in", ["silent", "warn", "hold"])), name="unsignedrunrule_choice_listed"
            ),
        ),
    ]
