from django.apps import AppConfig


class ShopConfig(AppConfig):
    """Top floor: people and pages."""

    name = "shop"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from shop import checks  # noqa: F401 - registers them; needs the settings
