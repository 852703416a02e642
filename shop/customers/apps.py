from django.apps import AppConfig


class CustomersConfig(AppConfig):
    """Who pays, who signs in, and who works here."""

    name = "shop.customers"
    label = "customers"
    default_auto_field = "django.db.models.BigAutoField"
