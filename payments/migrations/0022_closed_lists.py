"""Each closed list of words is held by a constraint of its table (`payments.models.listed`)."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0021_exports"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddConstraint(
            model_name="accountantprofile",
            constraint=models.CheckConstraint(
                condition=models.Q(("customers__in", ["none", "numbers", "names"])),
                name="accountantprofile_customers_listed",
            ),
        ),
        migrations.AddConstraint(
            model_name="accountantprofile",
            constraint=models.CheckConstraint(
                condition=models.Q(("detail__in", ["entry", "day", "month"])), name="accountantprofile_detail_listed"
            ),
        ),
        migrations.AddConstraint(
            model_name="balancemovement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "meaning__in",
                        [
                            "payment",
                            "refund",
                            "refund_failed",
                            "dispute",
                            "dispute_returned",
                            "stripe_fee",
                            "adjustment",
                            "reserve",
                            "payout",
                            "payout_back",
                            "topup",
                            "foreign",
                            "converted",
                            "elsewhere",
                            "unknown_charge",
                            "unknown_refund",
                            "unknown_dispute",
                            "doubled",
                            "other_amount",
                            "other_currency",
                            "unknown_type",
                            "",
                        ],
                    )
                ),
                name="balancemovement_meaning_listed",
            ),
        ),
        migrations.AddConstraint(
            model_name="bankmatch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "receipt",
                            "transfer",
                            "transfer_back",
                            "rule",
                            "booked",
                            "charges",
                            "payout",
                            "order",
                            "deposit",
                            "bounced",
                            "not_ours",
                        ],
                    )
                ),
                name="bankmatch_kind_listed",
            ),
        ),
        migrations.AddConstraint(
            model_name="bankrule",
            constraint=models.CheckConstraint(
                condition=models.Q(("side__in", ["out", "in"])), name="bankrule_side_listed"
            ),
        ),
        migrations.AddConstraint(
            model_name="bankstatement",
            constraint=models.CheckConstraint(
                condition=models.Q(("format__in", ["camt.053", "mt940", "csv"])), name="bankstatement_format_listed"
            ),
        ),
        migrations.AddConstraint(
            model_name="cheque",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["received", "deposited", "credited", "bounced"])),
                name="cheque_state_listed",
            ),
        ),
        migrations.AddConstraint(
            model_name="cheque",
            constraint=models.CheckConstraint(
                condition=models.Q(("bounced_because__in", ["no_funds", "stopped", "closed", "unusable", "other", ""])),
                name="cheque_bounced_because_listed",
            ),
        ),
        migrations.AddConstraint(
            model_name="chorusdeposit",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        [
                            "to_deposit",
                            "deposited",
                            "available",
                            "suspended",
                            "recycled",
                            "rejected",
                            "mandated",
                            "paid",
                            "not_needed",
                        ],
                    )
                ),
                name="chorusdeposit_state_listed",
            ),
        ),
        migrations.AddConstraint(
            model_name="closingtick",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["month", "year"])), name="closingtick_kind_listed"
            ),
        ),
        migrations.AddConstraint(
            model_name="csvprofile",
            constraint=models.CheckConstraint(
                condition=models.Q(("decimal__in", [",", "."])), name="csvprofile_decimal_listed"
            ),
        ),
        migrations.AddConstraint(
            model_name="deskitem",
            constraint=models.CheckConstraint(
                condition=models.Q(("desk__in", ["finance", "support", "fulfilment", "technique"])),
                name="deskitem_desk_listed",
            ),
        ),
        migrations.AddConstraint(
            model_name="discrepancy",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "missing_line",
                            "missing_refund",
                            "unknown_charge",
                            "unknown_refund",
                            "unknown_dispute",
                            "doubled",
                            "other_amount",
                            "other_currency",
                            "unknown_type",
                            "changed",
                            "foreign",
                            "remainder",
                            "payout_failed",
                            "failed_after_paid",
                            "unbooked",
                        ],
                    )
                ),
                name="discrepancy_kind_listed",
            ),
        ),
        migrations.AddConstraint(
            model_name="discrepancy",
            constraint=models.CheckConstraint(
                condition=models.Q(("end__in", ["matched", "explained", "booked", "gone", ""])),
                name="discrepancy_end_listed",
            ),
        ),
        migrations.AddConstraint(
            model_name="discrepancyevent",
            constraint=models.CheckConstraint(
                condition=models.Q(("step__in", ["found", "taken", "matched", "explained", "booked", "gone"])),
                name="discrepancyevent_step_listed",
            ),
        ),
        migrations.AddConstraint(
            model_name="dispute",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["open", "won", "lost"])), name="dispute_state_listed"
            ),
        ),
        migrations.AddConstraint(
            model_name="disputeanswer",
            constraint=models.CheckConstraint(
                condition=models.Q(("phase__in", ["inquiry", "dispute"])), name="disputeanswer_phase_listed"
            ),
        ),
        migrations.AddConstraint(
            model_name="disputeanswer",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["evidence", "accept"])), name="disputeanswer_kind_listed"
            ),
        ),
        migrations.AddConstraint(
            model_name="disputeanswer",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["created", "unknown", "sent", "failed"])),
                name="disputeanswer_state_listed",
            ),
        ),
        migrations.AddConstraint(
            model_name="ereportrow",
            constraint=models.CheckConstraint(
                condition=models.Q(("category__in", ["TLB1", "TNT1"])), name="ereportrow_category_listed"
            ),
        ),
        migrations.AddConstraint(
            model_name="filerequest",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["fec", "archive"])), name="filerequest_kind_listed"
            ),
        ),
        migrations.AddConstraint(
            model_name="filerequest",
            constraint=models.CheckConstraint(
                condition=models.Q(("customers__in", ["none", "numbers", "names"])), name="filerequest_customers_listed"
            ),
        ),
        migrations.AddConstraint(
            model_name="filerequest",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["waiting", "making", "made", "refused"])),
                name="filerequest_state_listed",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["invoice", "credit_note"])), name="invoice_kind_listed"
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("buyer_kind__in", ["consumer", "pro_fr", "public_fr", "assoc", "pro_eu", "pro_row"])
                ),
                name="invoice_buyer_kind_listed",
            ),
        ),
        migrations.AddConstraint(
            model_name="keptfile",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["fec", "archive", "export"])), name="keptfile_kind_listed"
            ),
        ),
        migrations.AddConstraint(
            model_name="ledgerentry",
            constraint=models.CheckConstraint(
                condition=models.Q(("journal__in", ["VE", "ST", "BQ", "OD", "AN"])), name="ledgerentry_journal_listed"
            ),
        ),
        migrations.AddConstraint(
            model_name="methodsetup",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["created", "done", "expired"])), name="methodsetup_state_listed"
            ),
        ),
        migrations.AddConstraint(
            model_name="mirrordifference",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        ["mended", "unknown", "unsettled", "second", "missing", "amount", "currency", "refunded"],
                    )
                ),
                name="mirrordifference_kind_listed",
            ),
        ),
        migrations.AddConstraint(
            model_name="mirrorrun",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["nightly", "monthly"])), name="mirrorrun_kind_listed"
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(("way__in", ["checkout", "off_session", "offline"])), name="payment_way_listed"
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        ["created", "processing", "action_required", "succeeded", "declined", "unknown", "cancelled"],
                    )
                ),
                name="payment_state_listed",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(("effect__in", ["none", "done", "parked", "surplus"])), name="payment_effect_listed"
            ),
        ),
        migrations.AddConstraint(
            model_name="payout",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["in_transit", "paid", "failed", "cancelled"])),
                name="payout_state_listed",
            ),
        ),
        migrations.AddConstraint(
            model_name="periodclosing",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["month", "year"])), name="periodclosing_kind_listed"
            ),
        ),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["created", "pending", "succeeded", "failed", "unknown"])),
                name="refund_state_listed",
            ),
        ),
        migrations.AddConstraint(
            model_name="sealedrow",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "chain__in",
                        [
                            "payments",
                            "refunds",
                            "ledger",
                            "ticks",
                            "periods",
                            "asked",
                            "reopened",
                            "journal",
                            "files",
                            "days",
                        ],
                    )
                ),
                name="sealedrow_chain_listed",
            ),
        ),
        migrations.AddConstraint(
            model_name="stripeevent",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["stored", "applied", "ignored", "parked"])),
                name="stripeevent_state_listed",
            ),
        ),
        migrations.AddConstraint(
            model_name="technicalevent",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["version", "setting", "clock", "restore"])),
                name="technicalevent_kind_listed",
            ),
        ),
        migrations.AddConstraint(
            model_name="transfer",
            constraint=models.CheckConstraint(
                condition=models.Q(("because__in", ["failed", "too_old", "estate", "offline"])),
                name="transfer_because_listed",
            ),
        ),
        migrations.AddConstraint(
            model_name="transfer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["asked", "given", "approved", "sent", "done", "failed", "cancelled"])
                ),
                name="transfer_state_listed",
            ),
        ),
        migrations.AddConstraint(
            model_name="vatcheck",
            constraint=models.CheckConstraint(
                condition=models.Q(("outcome__in", ["valid", "invalid", "unknown"])), name="vatcheck_outcome_listed"
            ),
        ),
    ]
