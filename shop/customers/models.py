"""The customer: one person or body, known by e-mail where there is one."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Lower


class CustomerManager(BaseUserManager["Customer"]):
    """Makes customers; e-mail is kept in lower case, so that one person is found under one address."""

    def create_user(self, email: str | None, password: str | None = None, **fields: Any) -> Customer:
        customer = self.model(email=email.lower() if email else None, **fields)
        customer.set_password(password)
        customer.save(using=self._db)
        return customer

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> Customer:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> Customer:
        return self.get(email=(username or "").lower())


class Customer(AbstractBaseUser, PermissionsMixin):
    """Who pays and signs in. E-mail is optional: a reader may live by post alone."""

    email = models.EmailField(max_length=254, null=True, blank=True)
    title = models.CharField(max_length=10, blank=True)
    first_name = models.CharField(max_length=60, blank=True)
    last_name = models.CharField(max_length=60, blank=True)
    organisation = models.CharField(max_length=120, blank=True)
    phone = models.CharField(max_length=20, blank=True)
    language = models.CharField(max_length=5, default="fr")
    search = models.TextField(blank=True, help_text="normalised: name, e-mail, numbers, postcode")
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(null=True)
    erased_on = models.DateField(null=True, blank=True)
    merged_into = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="merged",
        help_text="the record that took this one's place: nothing is left here but the way there",
    )
    source = models.CharField(max_length=40, default="shop")
    foreign_ref = models.CharField(max_length=60, blank=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[CustomerManager] = CustomerManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="customer_email_once"),
            models.UniqueConstraint(
                fields=["source", "foreign_ref"], condition=~models.Q(foreign_ref=""), name="customer_foreign_once"
            ),
            # A signpost is empty, and leads on to a record that is none.
            models.CheckConstraint(
                condition=models.Q(merged_into__isnull=True)
                | (models.Q(email__isnull=True, is_active=False) & ~models.Q(merged_into=models.F("id"))),
                name="customer_merged_is_empty",
            ),
        ]
        indexes = [
            GinIndex(fields=["search"], opclasses=["gin_trgm_ops"], name="customer_search"),
            models.Index(fields=["id"], condition=models.Q(search=""), name="customer_search_stale"),
        ]

    def __str__(self) -> str:
        return f"customer {self.pk}"

    @property
    def full_name(self) -> str:
        """First and last name, or the organisation's."""
        return " ".join(part for part in (self.first_name, self.last_name) if part) or self.organisation


class EmailChange(models.Model):
    """A wish to change one's e-mail, confirmed at both ends before it holds."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="email_changes")
    new_email = models.EmailField(max_length=254)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    old_confirmed_at = models.DateTimeField(null=True)
    new_confirmed_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    abandoned_at = models.DateTimeField(null=True)
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return f"e-mail change {self.pk}"
