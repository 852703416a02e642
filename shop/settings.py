"""Settings of the Boutique, all from the environment (see README, "To production")."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _
from redis.backoff import NoBackoff
from redis.retry import Retry

from shop.configuration import (
    env,
    read_publisher,
    refuse_broken_escrow,
    refuse_broken_hand_over,
    refuse_live_money,
    refuse_one_stop_shop,
    refuse_unknown_returns,
    refuse_what_stripe_refuses,
    require_environment,
)
from shop.logging import LOGGING as LOGGING

BASE_DIR = Path(__file__).resolve().parent.parent
require_environment()

DEBUG = env.bool("DEBUG", False)
DEMO = env.bool("DEMO", False)
SECRET_KEY = env.str("SECRET_KEY")
SITE_URL = env.str("SITE_URL").rstrip("/")
SITE = urlsplit(SITE_URL)
SECURE = SITE.scheme == "https"
ALLOWED_HOSTS = [SITE.hostname or "", *env.list("ALLOWED_HOSTS", [])]
CSRF_TRUSTED_ORIGINS = [f"{SITE.scheme}://{SITE.netloc}"]

PUBLISHER = read_publisher(env.str("PUBLISHER_FILE"))

INSTALLED_APPS = [
    "payments",
    "subscriptions",
    "shop",
    "shop.customers",
    "shop.watch",
    "shop.backoffice",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "djmoney",
    "axes",
    "csp",
    "simple_history",
    "django_structlog",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "shop.middleware.PlainPages",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "shop.middleware.StripesDoor",
    "django_structlog.middlewares.RequestMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "shop.urls"
WSGI_APPLICATION = "shop.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "shop.context.publisher",
            ],
        },
    },
]

# Two roles (design, rule 12): `default` serves and cannot change evidence; `owner` exists for `migrate` alone.
DATABASE_APP_ROLE = env.str("DATABASE_APP_ROLE", "boutique_app")
DATABASES = {"default": {**env.dj_db_url("DATABASE_URL"), "CONN_HEALTH_CHECKS": True}}
if _threads := env.int("DATABASE_POOL", 0):  # set where threads serve (deploy/gunicorn.conf.py)
    # A connection kept by each thread would cost PostgreSQL 5 MiB for as long as the thread lives, asked for or not.
    _pool = {"min_size": 0, "max_size": _threads, "max_idle": 2, "timeout": 5, "reconnect_timeout": 5}
    DATABASES["default"] |= {"OPTIONS": {**DATABASES["default"].get("OPTIONS", {}), "pool": _pool}}
else:
    DATABASES["default"]["CONN_MAX_AGE"] = env.int("DATABASE_CONN_MAX_AGE", 60)
if env.str("DATABASE_OWNER_URL", ""):
    DATABASES["owner"] = {**env.dj_db_url("DATABASE_OWNER_URL"), "CONN_MAX_AGE": 0, "TEST": {"MIRROR": "default"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        # A dead Redis is said at once: nobody waits for the bell.
        "OPTIONS": {"socket_timeout": 2, "socket_connect_timeout": 1, "retry": Retry(NoBackoff(), 0)},
    }
}
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"

AUTH_USER_MODEL = "customers.Customer"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# Readers sign in with a code sent by e-mail; there is no password to lose and no account to enumerate.
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*"]
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 600
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = 5
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_ADAPTER = "shop.account.adapter.Adapter"
# Counted by shop.limits, like every form of the shop.
ACCOUNT_RATE_LIMITS = False
LOGIN_URL = "account_request_login_code"
LOGIN_REDIRECT_URL = "account_home"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Boutique"

AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_HANDLER = "axes.handlers.cache.AxesCacheHandler"
AXES_VERBOSE = False
# Else a failure is counted under another key than the one that is looked at.
AXES_USERNAME_FORM_FIELD = "username"
AXES_CLIENT_IP_CALLABLE = "shop.limits.client_address"
AXES_LOCKOUT_CALLABLE = "shop.backoffice.signing_in.locked_out"
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", 0)
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False  # no personal data in logs

LANGUAGE_CODE = "fr"
# The strings are written in English and read in French; English would be offered with its own legal texts only.
LANGUAGES = [("fr", _("French"))]
LOCALE_PATHS = [BASE_DIR / "shop" / "locale"]
TIME_ZONE = "Europe/Paris"
USE_TZ = True
CURRENCIES = ("EUR",)
DEFAULT_CURRENCY = "EUR"
# Left out, each process reads the currencies of the world in English, 4 MiB, for this one word.
CURRENCY_CHOICES = [("EUR", "Euro")]

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", str(BASE_DIR / ".boutique" / "static")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# The PDFs of issues, under their hash: to be saved with the database, read by every web process and by nobody else.
DIGITAL_FILES = Path(env.str("DIGITAL_FILES", str(BASE_DIR / ".boutique" / "digital")))

# The escrow: a file each night from which any house could post the next issue, enveloped for its holders (X.509, PEM), in a folder
# that leaves this machine. A key of rehearsals, one of the holders', opens it once a week.
ESCROW_FOLDER = env.str("ESCROW_FOLDER", "")
ESCROW_CERTIFICATES: list[str] = env.list("ESCROW_CERTIFICATES", [])
ESCROW_KEEP = env.int("ESCROW_KEEP", 14)
ESCROW_REHEARSAL_KEY = env.str("ESCROW_REHEARSAL_KEY", "")
refuse_broken_escrow(
    folder=ESCROW_FOLDER, certificates=ESCROW_CERTIFICATES, keep=ESCROW_KEEP, rehearsal_key=ESCROW_REHEARSAL_KEY
)
# Closed files on their way to the mailing house: below which folder it may fetch them, and where its keys and passwords lie, each
# in a file named <name>.key or <name>.password. The way itself is entered at the desks, and names one of them.
HAND_OVER_FOLDER = env.str("HAND_OVER_FOLDER", "")
SFTP_SECRETS = env.str("SFTP_SECRETS", "")
refuse_broken_hand_over(folder=HAND_OVER_FOLDER, secrets=SFTP_SECRETS)

# Stripe: the stand-in is reached by STRIPE_API_BASE alone; nothing else in the shop knows of it.
STRIPE_SECRET_KEY = env.str("STRIPE_SECRET_KEY")
STRIPE_WEBHOOK_SECRET = env.str("STRIPE_WEBHOOK_SECRET")
STRIPE_API_BASE = env.str("STRIPE_API_BASE", "")
STRIPE_CHECKOUT_ORIGIN = env.str("STRIPE_CHECKOUT_ORIGIN", "https://checkout.stripe.com")
STRIPE_MAX_RETRIES = env.int("STRIPE_MAX_RETRIES", 2)
STRIPE_TIMEOUT = (5, 20)
# Automatic charges: how many a second for all workers together (Stripe allows 100 writes, the till needs some), and how
# many at once by one of them.
STRIPE_CHARGES_A_SECOND = env.int("STRIPE_CHARGES_A_SECOND", 80)
STRIPE_CHARGES_AT_ONCE = env.int("STRIPE_CHARGES_AT_ONCE", 40)
STRIPE_HTTP_CLIENT = env.str("STRIPE_HTTP_CLIENT", "")
refuse_live_money(
    key=STRIPE_SECRET_KEY,
    debug=DEBUG,
    api_base=STRIPE_API_BASE,
    demo=DEMO,
    http_client=STRIPE_HTTP_CLIENT,
    site=SITE_URL,
)
CHECKOUT_MINUTES = env.int("CHECKOUT_MINUTES", 60)
STATEMENT_DESCRIPTOR = env.str("STATEMENT_DESCRIPTOR", "ACTUIA ABO")
# Percent a year, « taux de l'intérêt légal » for sums owed to private persons: set anew every half-year by decree. It only
# speaks on finance's desk, of refunds that came late (C. conso L242-4, L241-3).
LEGAL_RATE = env.decimal("LEGAL_RATE", Decimal("6.65"))
# The publisher's own account, from which refunds by transfer are paid; without it no file is made for the bank.
BANK_IBAN = env.str("BANK_IBAN", "")
BANK_BIC = env.str("BANK_BIC", "")
# Where finance is one person: whoever wrote an account down may approve it as well, with a reason that stays in sight.
TRANSFERS_APPROVED_ALONE = env.bool("TRANSFERS_APPROVED_ALONE", False)
# Hours after which whoever asked for a closed month to be opened again may agree alone, with a reason and a mark that stays;
# 0: two people, always.
CLOSING_REOPENED_ALONE_AFTER = env.int("CLOSING_REOPENED_ALONE_AFTER", 0)
# Who is sent the hash of each month's last closed day, and keeps it where this house cannot reach (law.md 2.4).
ANCHOR_TO: list[str] = env.list("ANCHOR_TO", [])
refuse_what_stripe_refuses(
    webhook_secret=STRIPE_WEBHOOK_SECRET, minutes=CHECKOUT_MINUTES, descriptor=STATEMENT_DESCRIPTOR
)

_email = env.dj_email_url("EMAIL_URL")
EMAIL_BACKEND = env.str("EMAIL_BACKEND", _email["EMAIL_BACKEND"])
EMAIL_HOST, EMAIL_PORT = _email["EMAIL_HOST"], _email["EMAIL_PORT"]
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _email["EMAIL_HOST_USER"], _email["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS, EMAIL_USE_SSL = _email["EMAIL_USE_TLS"], _email["EMAIL_USE_SSL"]
EMAIL_TIMEOUT = 20
# What comes back. `MAIL_RETURNS`: provider=secret, provider=secret… (`subscriptions.returns.providers`). `BOUNCE_ADDRESS`:
# where mail servers send their notifications of failure; each letter then leaves with an address of its own, which needs a
# mailbox that takes « retours+… ». `BOUNCE_MAILBOX`: imaps://user:password@host/INBOX, read every few minutes.
MAIL_RETURNS: dict[str, str] = env.dict("MAIL_RETURNS", {})
BOUNCE_ADDRESS = env.str("BOUNCE_ADDRESS", "")
BOUNCE_MAILBOX = env.str("BOUNCE_MAILBOX", "")
refuse_unknown_returns(MAIL_RETURNS, bounce_address=BOUNCE_ADDRESS, bounce_mailbox=BOUNCE_MAILBOX)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# A Unix socket has another spelling at Celery's.
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1).replace("?db=", "?virtual_host=", 1)
HEARTBEAT_URL = env.str("HEARTBEAT_URL", "")
SOFTWARE_VERSION = "1.0"

# Safety
SECURE_SSL_REDIRECT = SECURE and env.bool("SECURE_SSL_REDIRECT", True)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE
SECURE_HSTS_PRELOAD = SECURE
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = SECURE
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "shop.views.csrf_failure"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 262_144
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
FILE_UPLOAD_HANDLERS: list[str] = []
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "manifest-src": [SELF],
    }
}
PERMISSIONS_POLICY: dict[str, list[str]] = {
    name: [] for name in ("camera", "microphone", "geolocation", "payment", "usb", "interest-cohort")
}
# auth.W004: e-mail is unique by a constraint on its lower case, which the check does not see.
SILENCED_SYSTEM_CHECKS = ["auth.W004"]

# The publisher's own numbers (law.md B); dates and rates live in tables.
DELIVERY_COUNTRIES: list[str] = env.list("DELIVERY_COUNTRIES", [])
# Sales at a distance in the Union at French VAT: the year's limit, and where finance hears of it (law.md 1.4).
EU_DISTANCE_LIMIT = env.int("EU_DISTANCE_LIMIT", 10_000)
EU_DISTANCE_ALARMS: list[int] = env.list("EU_DISTANCE_ALARMS", [7_000, 9_000, 10_000], subcast=int)
OSS_ENABLED_FROM = refuse_one_stop_shop(env.date("OSS_ENABLED_FROM", None))
# The reform (law.md 3.1): from which day sales are reported; how long an invoice may wait for Chorus Pro.
EREPORT_FROM = env.date("EREPORT_FROM", date(2027, 9, 1))
CHORUS_DAYS = env.int("CHORUS_DAYS", 3)
# The Union's register of VAT numbers, asked only where this is set; how long a yes stands for an exempt sale.
VIES_URL = env.str("VIES_URL", "")
VIES_DAYS = env.int("VIES_DAYS", 30)
