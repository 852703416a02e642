from django.apps import AppConfig


class BackofficeConfig(AppConfig):
    """The desks of the staff: see everything, change little, and say why."""

    name = "shop.backoffice"
    label = "backoffice"
    default_auto_field = "django.db.models.BigAutoField"
