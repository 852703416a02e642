"""Purchase orders of institutions, agencies with their discounts, and several copies of each issue (law.md 7.6)."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from payments.evidence import Keep, Protect

# What renews itself is charged without the reader: one copy of each issue, whatever anybody types.
ONE_COPY_RENEWS = """
CREATE FUNCTION one_copy_renews() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.quantity > 1 AND (SELECT renewal FROM subscriptions_offer WHERE id = NEW.offer_id) <> 'fixed' THEN
        RAISE EXCEPTION 'order % renews itself: one copy of each issue', NEW.reference
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER one_copy_renews BEFORE INSERT ON subscriptions_order
    FOR EACH ROW WHEN (NEW.quantity > 1) EXECUTE FUNCTION one_copy_renews();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0010_receipts"),
        ("subscriptions", "0020_digital"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Agency",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("consumer", "Private person"),
                            ("pro_fr", "French company"),
                            ("public_fr", "French public body"),
                            ("assoc", "Association"),
                            ("pro_eu", "Company or body in another EU state"),
                            ("pro_row", "Company or body outside the EU"),
                        ],
                        default="pro_fr",
                        max_length=10,
                    ),
                ),
                ("siren", models.CharField(blank=True, max_length=9)),
                ("siret", models.CharField(blank=True, max_length=14)),
                ("vat_number", models.CharField(blank=True, max_length=20)),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "verbose_name_plural": "agencies",
            },
        ),
        migrations.CreateModel(
            name="AgencyDiscount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("percent", models.DecimalField(decimal_places=2, max_digits=4)),
                ("valid_from", models.DateField()),
                ("actor", models.CharField(max_length=80)),
                ("reason", models.CharField(max_length=200)),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="PurchaseOrder",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("dated_on", models.DateField(help_text="as the paper says")),
                (
                    "service_code",
                    models.CharField(blank=True, help_text="Chorus Pro, where the body wants one", max_length=60),
                ),
                ("agency_reference", models.CharField(blank=True, max_length=60)),
                (
                    "discount",
                    models.DecimalField(
                        decimal_places=2, default=0, help_text="percent, as granted that day", max_digits=4
                    ),
                ),
                (
                    "invoiced_to",
                    models.CharField(
                        choices=[("institution", "the institution"), ("agency", "the agency")],
                        default="institution",
                        max_length=12,
                    ),
                ),
                (
                    "calendar_year",
                    models.PositiveSmallIntegerField(
                        help_text="January to December of that year; null: from the next issue on", null=True
                    ),
                ),
                ("due_on", models.DateField()),
                ("actor", models.CharField(max_length=80)),
                ("reason", models.CharField(max_length=200)),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="order",
            name="order_one_living_per_form",
        ),
        migrations.AddField(
            model_name="order",
            name="quantity",
            field=models.PositiveSmallIntegerField(default=1, help_text="copies of each issue, to one address"),
        ),
        migrations.AddField(
            model_name="quote",
            name="quantity",
            field=models.PositiveSmallIntegerField(default=1, help_text="copies of each issue"),
        ),
        migrations.AddField(
            model_name="subscription",
            name="on_invoice",
            field=models.BooleanField(default=False, help_text="ordered by an institution, and paid against invoices"),
        ),
        migrations.AlterField(
            model_name="order",
            name="state",
            field=models.CharField(
                choices=[
                    ("draft", "draft"),
                    ("awaiting_payment", "awaiting payment"),
                    ("invoiced", "invoiced, to be paid"),
                    ("paid", "paid"),
                    ("expired", "expired"),
                    ("cancelled", "cancelled"),
                ],
                default="draft",
                max_length=16,
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(("quantity", 1), models.Q(("is_gift", False), ("quantity__gt", 1)), _connector="OR"),
                name="order_quantity",
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["draft", "awaiting_payment", "invoiced", "paid"])),
                fields=("form_token",),
                name="order_one_living_per_form",
            ),
        ),
        migrations.AddConstraint(
            model_name="subscription",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("on_invoice", False),
                    models.Q(("is_gift", False), ("renewal", "fixed"), ("saved_method", None)),
                    _connector="OR",
                ),
                name="subscription_on_invoice_never_renews",
            ),
        ),
        migrations.AddConstraint(
            model_name="term",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("quantity", 1),
                    models.Q(
                        ("quantity__gt", 1), models.Q(("order__isnull", False), ("payment", None), _connector="OR")
                    ),
                    _connector="OR",
                ),
                name="term_several_copies",
            ),
        ),
        migrations.AddField(
            model_name="agency",
            name="address",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="subscriptions.postaladdress"
            ),
        ),
        migrations.AddField(
            model_name="agency",
            name="customer",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="agency", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="agencydiscount",
            name="agency",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="discounts", to="subscriptions.agency"
            ),
        ),
        migrations.AddField(
            model_name="purchaseorder",
            name="agency",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="purchase_orders",
                to="subscriptions.agency",
            ),
        ),
        migrations.AddField(
            model_name="purchaseorder",
            name="institution",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="purchase_orders", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="purchaseorder",
            name="order",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="purchase_order", to="subscriptions.order"
            ),
        ),
        migrations.AddConstraint(
            model_name="agency",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind", "consumer"), _negated=True), name="agency_is_a_firm"
            ),
        ),
        migrations.AddConstraint(
            model_name="agencydiscount",
            constraint=models.UniqueConstraint(fields=("agency", "valid_from"), name="agency_discount_one_start"),
        ),
        migrations.AddConstraint(
            model_name="agencydiscount",
            constraint=models.CheckConstraint(
                condition=models.Q(("percent__range", (0, 10))), name="agency_discount_customary"
            ),
        ),
        migrations.AddConstraint(
            model_name="purchaseorder",
            constraint=models.CheckConstraint(
                condition=models.Q(("discount__range", (0, 10))), name="purchase_discount_customary"
            ),
        ),
        migrations.AddConstraint(
            model_name="purchaseorder",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("agency__isnull", False),
                    models.Q(("agency_reference", ""), ("discount", 0), ("invoiced_to", "institution")),
                    _connector="OR",
                ),
                name="purchase_agency_terms",
            ),
        ),
        migrations.RunSQL(ONE_COPY_RENEWS, migrations.RunSQL.noop),
        Keep("subscriptions_agency"),
        Protect("subscriptions_agencydiscount"),
        Protect("subscriptions_purchaseorder"),
    ]
