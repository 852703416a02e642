from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    """Ground floor: the money. At start-up it offers its exports."""

    name = "payments"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from payments import exports

        exports.offer_all()
