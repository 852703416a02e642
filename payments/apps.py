from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    """Ground floor: the money."""

    name = "payments"
    default_auto_field = "django.db.models.BigAutoField"
