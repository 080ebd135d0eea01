"""All settings, in sections; what differs between places comes from the environment alone."""

import os
import secrets
import sys
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from scrm.local import places
from scrm.local.trouble import Trouble

ROOT = Path(__file__).resolve().parent.parent
DATA = places.data_folder()


def _flag(name: str, default: str = "") -> bool:
    return os.environ.get(name, default).lower() in {"1", "true", "yes", "on"}


def _secret() -> str:
    """The signing key: given, or made up once for this data folder where nobody but this machine can come in."""
    if given := os.environ.get("SCRM_SECRET_KEY"):
        if len(given) < 50 or len(set(given)) < 5 or given.startswith("django-insecure-"):
            raise Trouble("SCRM_SECRET_KEY is too short or too plain: give it 50 random signs or more.")
        return given
    if os.environ.get("SCRM_URL", "").startswith("https://"):
        raise Trouble("Set SCRM_SECRET_KEY to a long random text: an open address needs a key of its own.")
    path = DATA / "secret.key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(f".{os.getpid()}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(50))
        draft.replace(path)
    return path.read_text()


# ── Where we are ────────────────────────────────────────────
SCRM_URL = os.environ.get("SCRM_URL", "http://127.0.0.1:8000").rstrip("/")
SECURE = SCRM_URL.startswith("https://")
IN_TESTS = "pytest" in sys.modules
DEBUG = False
SECRET_KEY = _secret()
ALLOWED_HOSTS = [urlsplit(SCRM_URL).hostname or "127.0.0.1", "127.0.0.1", "localhost", "[::1]"]
ALLOWED_HOSTS += [host for host in os.environ.get("SCRM_HOSTS", "").split(",") if host]
CSRF_TRUSTED_ORIGINS = [SCRM_URL]

# The one-time master key for sealed contact data; without SCRM_KEYS it lives beside the data (mode 0600).
SEALING_KEYS = os.environ.get("SCRM_KEYS", "")
SEALING_KEY_FILE = DATA / "master.key"
# The number of the newest audit seal, apart from the database, so that a cut at the end shows.
AUDIT_HEAD_FILE = DATA / "audit-head.json"

# Sign-in
SECOND_FACTOR = _flag("SCRM_SECOND_FACTOR", "yes" if SECURE else "no")
IDLE_MINUTES = int(os.environ.get("SCRM_IDLE_MINUTES", "30"))
LOCK_AFTER_FAILURES = 5
LOCK_MINUTES = 15
REVEALS_AN_HOUR = 20  # more full numbers seen by one account within an hour raise an alarm
COUNTER_CLOSES = 22  # a visit grant of a store without opening hours ends at this hour

# ── Rooms ───────────────────────────────────────────────────
INSTALLED_APPS = [
    "scrm.kernel",
    "scrm.local",
    "scrm.demo",
    "journeys",
    "tickets",
    "loyalty",
    "touchpoints",
    "commerce",
    "customers",
    "staff",
    "staff.admin_site.OperatorsAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_celery_beat",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "channels",
    "csp",
]

MIDDLEWARE = [
    "scrm.kernel.middleware.RequestNumber",
    # What every answer carries stands outside: files, refused hosts and broken cookies are answered further in.
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "scrm.kernel.middleware.Doorkeeper",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "staff.middleware.OwnPlace",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "scrm.urls"
WSGI_APPLICATION = "scrm.wsgi.application"
ASGI_APPLICATION = "scrm.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    ["django.template.loaders.filesystem.Loader", "django.template.loaders.app_directories.Loader"],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "staff.menu.menu",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "scrm.kernel.templatetags.scrm_ui",
                "customers.templatetags.customer_words",
                "touchpoints.templatetags.file_words",
                "loyalty.templatetags.loyalty_words",
                "tickets.templatetags.tickets_ui",
            ],
        },
    }
]

# ── Data ────────────────────────────────────────────────────


def _database(url: str) -> dict[str, object]:
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "scrm",
        "USER": unquote(parts.username or query.pop("user", "")),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or query.pop("host", ""),
        "PORT": str(parts.port or ""),
        "OPTIONS": query,
        "CONN_MAX_AGE": 0 if IN_TESTS else 60,
        "CONN_HEALTH_CHECKS": True,
        "ATOMIC_REQUESTS": False,
        "TEST": {"TEMPLATE": "template0"},
    }


DATABASES = {"default": _database(places.database_url())}
REDIS_URL = places.redis_url()
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL]},
    }
}
MEDIA_ROOT = DATA / "media"
# Files of conversations and cases: of one entry, each; from outside within a day of one customer, and of all.
ATTACHMENTS_MOST = 5
ATTACHMENT_BYTES = int(os.environ.get("SCRM_ATTACHMENT_MB", "10")) * 1024 * 1024
ATTACHMENTS_A_DAY = 20
ATTACHMENT_BYTES_A_DAY = 60 * 1024 * 1024
ATTACHMENT_BYTES_A_DAY_OF_ALL = int(os.environ.get("SCRM_ATTACHMENTS_DAY_MB", "5000")) * 1024 * 1024
IMPORTS_ROOT = DATA / "imports"
# Who was erased, by id: a restore of an older state is followed by this list.
ERASURES_FILE = DATA / "erasures.jsonl"
# A second list where the database's log is archived: a restore to a moment finds the newer of both.
ERASURES_COPY = archive / "erasures.jsonl" if (archive := places.archive_folder()) else None
ARCHIVES_LOG = places.uses_embedded_database() and places.archive_folder() is not None
LAST_BACKUP_FILE = DATA / "last-backup.json"

# ── Background work ─────────────────────────────────────────
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1)
CELERY_RESULT_BACKEND = None
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_DEFAULT_QUEUE = "critical"
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
DJANGO_CELERY_BEAT_TZ_AWARE = True

# ── People ──────────────────────────────────────────────────
AUTH_USER_MODEL = "staff.User"
AUTHENTICATION_BACKENDS = ["staff.sign_in.Backend"]
LOGIN_URL = "staff:sign_in"
LOGIN_REDIRECT_URL = "/"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
SESSION_ENGINE = "staff.session_store"
SESSION_COOKIE_NAME = "__Host-scrm" if SECURE else "scrm"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = SECURE
CSRF_COOKIE_NAME = "__Host-csrf" if SECURE else "csrf"
CSRF_COOKIE_SECURE = SECURE
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "scrm.kernel.failures.forged"
OTP_TOTP_ISSUER = "SCRM"

# ── Safety of every answer ──────────────────────────────────
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE
SECURE_SSL_REDIRECT = False  # the proxy in front does it; we would loop behind it
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE else None
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# On purpose: see SECURE_SSL_REDIRECT; and a place on the browsers' preload list is the owner's to ask for.
SILENCED_SYSTEM_CHECKS = ["security.W008", "security.W021"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# ── Languages and time ──────────────────────────────────────
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("zh-hant", _("Traditional Chinese")), ("en", _("English"))]
LOCALE_PATHS = [ROOT / "locale"]
LANGUAGE_COOKIE_NAME = "language"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"
SCRM_BRAND = os.environ.get("SCRM_BRAND", "SCRM")  # the name customers read on their letters
COUPONS_ALONE_UP_TO = int(os.environ.get("SCRM_COUPONS_ALONE_UP_TO", "500000"))  # minor units; above it two publish
BASE_CURRENCY = os.environ.get("SCRM_CURRENCY", "CNY")

# ── Static files ────────────────────────────────────────────
STATIC_URL = "/static/"
STATIC_ROOT = ROOT / "static_root"
STATICFILES_DIRS = [
    ROOT / "scrm" / "static",
    ("tabler", ROOT / "node_modules" / "@tabler" / "core" / "dist" / "css"),
]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
]
ICONS = ROOT / "node_modules" / "@tabler" / "icons" / "icons" / "outline"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if IN_TESTS
        else "scrm.kernel.static.HashedStorage"
    },
}
WHITENOISE_USE_FINDERS = IN_TESTS

# ── API ─────────────────────────────────────────────────────
API_CALLS_A_MINUTE = int(os.environ.get("SCRM_API_CALLS_A_MINUTE", "600"))  # of one client
API_FINDS_A_MINUTE = 60  # people one client may look for by a complete identity
API_WRONG_KEYS = 30  # from one address within fifteen minutes
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],  # staff.api.MachineView has the key; what lacks it is closed
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["scrm.kernel.parsing.PlainJSON"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "EXCEPTION_HANDLER": "scrm.kernel.problem.answer",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "SCRM API",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_NAME_OVERRIDES": {
        "OrderStateEnum": "commerce.models.Order.State",
        "PaymentKindEnum": "commerce.models.Payment.Kind",
        "ProductKindEnum": "commerce.models.Product.Kind",
        "IdentityKindEnum": "customers.models.Identity.Kind",
        "WebhookStateEnum": ["active", "paused", "disabled"],
        "BroughtStateEnum": ["created", "joined", "updated", "unchanged"],
        "RecordedStateEnum": ["recorded", "replaced", "unchanged", "ignored", "waiting"],
    },
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
    "SERVERS": [{"url": SCRM_URL}],
}

# ── Outgoing ────────────────────────────────────────────────
OUTGOING_PORTS = {443, 8443}
OUTGOING_LOOPBACK = False  # tests talk to a server of their own
# Hosts that channels may use beside their providers' own: a provider's other region, a mail server of the house.
CHANNEL_HOSTS = {host for host in os.environ.get("SCRM_CHANNEL_HOSTS", "").lower().split(",") if host}

# ── Logs and figures ────────────────────────────────────────
# What is in a line, and what never is: scrm/kernel/logs.py. “json” for whatever gathers logs, “line” for a person.
LOG_FORM = os.environ.get("SCRM_LOG") or ("line" if sys.stderr.isatty() or IN_TESTS else "json")
if LOG_FORM not in {"json", "line"}:
    raise Trouble("SCRM_LOG must be json or line.")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"tidy": {"()": "scrm.kernel.logs.Tidy"}},
    "formatters": {"line": {"()": "scrm.kernel.logs.Line"}, "json": {"()": "scrm.kernel.logs.Json"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": LOG_FORM, "filters": ["tidy"]}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "scrm": {"level": "INFO"},
        # These would write for themselves, with paths and texts in them.
        "django": {"handlers": [], "level": "WARNING", "propagate": True},
        "django.server": {"handlers": [], "level": "ERROR", "propagate": True},
        "uvicorn": {"handlers": [], "level": "WARNING", "propagate": True},
        "uvicorn.error": {"handlers": [], "level": "WARNING", "propagate": True},
        # Every refusal is in scrm.access already.
        "django.request": {"level": "ERROR"},
    },
}
METRICS_TOKEN = os.environ.get("SCRM_METRICS_TOKEN", "")
if SENTRY_DSN := os.environ.get("SENTRY_DSN"):
    try:
        import sentry_sdk
    except ImportError:
        raise Trouble("SENTRY_DSN is set but sentry-sdk is not here: pip install -r requirements-sentry.txt") from None
    from scrm.kernel.logs import scrubbed

    sentry_sdk.init(
        SENTRY_DSN, before_send=scrubbed, before_send_transaction=lambda event, hint: None, send_default_pii=False,
        max_request_body_size="never", include_local_variables=False, max_breadcrumbs=0, traces_sample_rate=0.0,
    )  # fmt: skip
TEST_RUNNER = "django.test.runner.DiscoverRunner"
