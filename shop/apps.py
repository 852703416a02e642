from django.apps import AppConfig


class ShopConfig(AppConfig):
    """Top floor: people and pages."""

    name = "shop"
    default_auto_field = "django.db.models.BigAutoField"
