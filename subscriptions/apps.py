from django.apps import AppConfig


class SubscriptionsConfig(AppConfig):
    """Middle floor: the promise. At start-up it takes charge of the purposes it pays for."""

    name = "subscriptions"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from subscriptions import closing_lines, exports, month_sections, purposes

        purposes.register_all()
        closing_lines.add_all()
        month_sections.add_all()
        exports.offer_all()
