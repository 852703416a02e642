from django.apps import AppConfig


class WatchConfig(AppConfig):
    """Who watches the clockwork: runs of jobs, alarms, health pages."""

    name = "shop.watch"
    label = "watch"
    default_auto_field = "django.db.models.BigAutoField"
