"""Settings of the portal: one file, read from the environment.

Without any variable set, everything runs on a laptop: an embedded PostgreSQL, a broker on the file
system and mail in files, all under `var/`. `DATABASE_URL`, `REDIS_URL` and `EMAIL_URL` switch to the
ministry's engines with nothing else changed. `docs/operators.md` lists every variable.
"""

from datetime import timedelta
from pathlib import Path
from typing import Any

import environ
from celery.schedules import crontab
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

#: Where the laptop's engines, mails, evidence and result files live.
VAR_DIR = Path(env.str("SIMDIKLAT_VAR", default="") or BASE_DIR / "var").resolve()

DATABASE_URL = env.str("DATABASE_URL", default="")
REDIS_URL = env.str("REDIS_URL", default="")
EMAIL_URL = env.str("EMAIL_URL", default="")

#: True where no external database is named: the portal on a laptop, with its synthetic ministry.
LOCAL = not DATABASE_URL

_DEMO_SECRET = "simdiklat-demo-secret-not-for-production"  # noqa: S105 - refused outside LOCAL below
SECRET_KEY = env.str("SECRET_KEY", default=_DEMO_SECRET)
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]", "testserver"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
PORTAL_URL = env.str("PORTAL_URL", default="http://localhost:8000").rstrip("/")

#: `production` makes the portal refuse unsafe settings (the list below).
ENVIRONMENT = env.str("SIMDIKLAT_ENV", default="local")
PRODUCTION = ENVIRONMENT == "production"
#: Whether everybody who sees other people must show a second factor. Off only for the demo on a laptop,
#: whose printed sign-ins are to work at once; production refuses to start without it.
REQUIRE_SECOND_FACTOR = env.bool("REQUIRE_SECOND_FACTOR", default=PRODUCTION or not LOCAL)
#: Fewest characters of a SECRET_KEY of one's own.
_SHORTEST_SECRET = 32

if PRODUCTION:
    _unsafe = [
        sentence
        for unsafe, sentence in (
            (SECRET_KEY == _DEMO_SECRET, "SECRET_KEY is the demo's: set a long random one."),
            (len(SECRET_KEY) < _SHORTEST_SECRET, "SECRET_KEY is shorter than 32 characters."),
            (DEBUG, "DEBUG is on."),
            (not REQUIRE_SECOND_FACTOR, "REQUIRE_SECOND_FACTOR is off."),
            (
                not env.list("ALLOWED_HOSTS", default=[]) or any("*" in host for host in ALLOWED_HOSTS),
                "ALLOWED_HOSTS must name the portal's hosts, without a star.",
            ),
            (not PORTAL_URL.startswith("https://"), "PORTAL_URL must begin with https://."),
        )
        if unsafe
    ]
    if _unsafe:
        raise ImproperlyConfigured("SIMDIKLAT_ENV=production refuses to start. " + " ".join(_unsafe))

INSTALLED_APPS = [
    "simdiklat",
    "audit",
    "jobs",
    "outbox",
    "accounts",
    "employees",
    "trainings",
    "invitations",
    "certificates",
    "reports",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "pgtrigger",
    "pghistory",
    "django.forms",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_tables2",
    "django_filters",
    "django_htmx",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
]

MIDDLEWARE = [
    # First, so that what any other one answers (a refused host, an error) carries the headers as well.
    "simdiklat.middleware.browser_rules",
    "csp.middleware.CSPMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # Pages too, for slow lines; the random padding Django adds keeps their secrets from being guessed by size.
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "audit.origin.middleware",
    "simdiklat.middleware.chosen_language",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "simdiklat.signed_in.SignInRequired",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "audit.origin.ChangeContext",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.SignInRules",
    "simdiklat.middleware.only_by_button",
]

#: Reading pages change no record: only these methods carry who acts to the database (audit/tracking.py).
PGHISTORY_MIDDLEWARE_METHODS = ("POST", "PUT", "PATCH", "DELETE")

ROOT_URLCONF = "simdiklat.urls"
WSGI_APPLICATION = "simdiklat.wsgi.application"

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
                "simdiklat.context.frame",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"
DJANGO_TABLES2_TEMPLATE = "components/table.html"

# --- Engines -------------------------------------------------------------------------------------

if DATABASE_URL:
    DATABASES = {"default": env.db_url_config(DATABASE_URL)}
else:
    DATABASES = {
        "default": {
            "ENGINE": "simdiklat.embedded_backend",  # starts the embedded server on first use
            "NAME": "simdiklat",
            "USER": "simdiklat",
        }
    }
DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=60)
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"].setdefault("TEST", {})
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

if REDIS_URL:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
    CELERY_BROKER_URL = REDIS_URL
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, object] = {"visibility_timeout": 3600}
else:
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
            "LOCATION": str(VAR_DIR / "cache"),
        }
    }
    _QUEUE_DIR = VAR_DIR / "broker"
    for _name in ("queue", "control"):
        (_QUEUE_DIR / _name).mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_URL = "filesystem://localhost"
    CELERY_BROKER_TRANSPORT = "simdiklat.broker:Transport"  # kombu's own is not safe for several processes
    CELERY_WORKER_ENABLE_REMOTE_CONTROL = False  # one worker, nothing to control from afar
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(_QUEUE_DIR / "queue"),
        "data_folder_out": str(_QUEUE_DIR / "queue"),
        "control_folder": str(_QUEUE_DIR / "control"),
    }

# --- Jobs ----------------------------------------------------------------------------------------

CELERY_TASK_IGNORE_RESULT = True  # results are rows in PostgreSQL, never in the broker
CELERY_TASK_ACKS_LATE = True  # a killed worker's task comes back; tasks are idempotent
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "Asia/Jakarta"
#: Seconds between two sweeps: for forgotten jobs, due messages, invitations past their last day.
JOBS_SWEEP_SECONDS = env.int("JOBS_SWEEP_SECONDS", default=15)
OUTBOX_SWEEP_SECONDS = env.int("OUTBOX_SWEEP_SECONDS", default=5)
EXPIRE_SWEEP_SECONDS = env.int("EXPIRE_SWEEP_SECONDS", default=300)
#: A running job without a sign of life for so many seconds is taken to be abandoned.
JOBS_STALE_SECONDS = env.int("JOBS_STALE_SECONDS", default=60)
#: A queued job that nobody began within so many seconds was forgotten by the broker.
JOBS_LOST_SECONDS = env.int("JOBS_LOST_SECONDS", default=20)
CELERY_BEAT_SCHEDULE = {
    # What is past its time ends at night (simdiklat/privacy/retention.py says what, when and why).
    "retention": {"task": "simdiklat.retention", "schedule": crontab(hour=2, minute=30)},
    # The sweepers: whatever the broker forgot is found again in the database. They expire, so that a
    # worker that was away does not find a heap of them.
    "requeue-unfinished-jobs": {
        "task": "jobs.sweep",
        "schedule": timedelta(seconds=JOBS_SWEEP_SECONDS),
        "options": {"expires": 30},
    },
    "deliver-outbox": {
        "task": "outbox.deliver_due",
        "schedule": timedelta(seconds=OUTBOX_SWEEP_SECONDS),
        "options": {"expires": 30},
    },
    "expire-invitations": {
        "task": "invitations.expire_due",
        "schedule": timedelta(seconds=EXPIRE_SWEEP_SECONDS),
    },
    "find-duplicates": {"task": "employees.find_duplicates", "schedule": timedelta(hours=24)},
    "clean-imports": {"task": "employees.clean_imports", "schedule": timedelta(hours=6)},
    "remind-of-invitations": {"task": "invitations.remind_due", "schedule": timedelta(hours=1)},
    "ask-three-months-later": {"task": "trainings.follow_up_due", "schedule": timedelta(hours=6)},
    "forget-sign-in-traces": {"task": "accounts.forget_old", "schedule": timedelta(hours=1)},
}

# --- Mail ----------------------------------------------------------------------------------------

if EMAIL_URL:
    vars().update(env.email_url_config(EMAIL_URL))
else:
    EMAIL_BACKEND = "outbox.filebackend.EmailBackend"
    EMAIL_FILE_PATH = str(VAR_DIR / "mail")
#: Seconds a mail server may take for one answer.
EMAIL_TIMEOUT = env.int("EMAIL_TIMEOUT", default=20)
#: Messages a minute over all workers; 0: no limit.
OUTBOX_PER_MINUTE = env.int("OUTBOX_PER_MINUTE", default=0)
#: Workers that deliver at once; the others stay free for rankings and imports.
OUTBOX_SENDERS = env.int("OUTBOX_SENDERS", default=2)
#: Seconds after which a message claimed by a worker that died is taken by another; 0: ten minutes or more,
#: by EMAIL_TIMEOUT. Shorter than one message can take on a slow server, it would be sent twice.
OUTBOX_LEASE_SECONDS = env.int("OUTBOX_LEASE_SECONDS", default=0)
#: Attempts before a message that a server keeps putting off is given up.
OUTBOX_MAX_ATTEMPTS = env.int("OUTBOX_MAX_ATTEMPTS", default=10)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Simdiklat <simdiklat@kemenag.invalid>")

#: Seconds between issuing and the first mail leaving, in which an issue can be stopped.
ISSUE_DELAY_SECONDS = env.int("ISSUE_DELAY_SECONDS", default=60)

# --- Virtual rooms (trainings/meetings.py) ---------------------------------------------------------

#: A Jitsi server, `https://meet.example`; id and secret where it asks for a token.
JITSI_URL = env.str("JITSI_URL", default="")
JITSI_APP_ID = env.str("JITSI_APP_ID", default="")
JITSI_APP_SECRET = env.str("JITSI_APP_SECRET", default="")
#: BigBlueButton's interface as `bbb-conf --secret` says it: `https://bbb.example/bigbluebutton/api`.
BBB_URL = env.str("BBB_URL", default="")
BBB_SECRET = env.str("BBB_SECRET", default="")

# --- People and language -------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "accounts:login"
PASSWORD_HASHERS = [
    "accounts.hashers.PortalHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",  # what was kept before: hashed anew at the next sign-in
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# --- Signing in (django-allauth) -----------------------------------------------------------------

#: Reverse proxies in front of the portal that write X-Forwarded-For; of its addresses only the one the
#: outermost of them saw is believed. 0: the header is ignored.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=1 if env.bool("BEHIND_TLS_PROXY", default=False) else 0)
#: Seconds after which a session of somebody who sees other people ends unless it is used.
SESSION_IDLE_SECONDS = env.int("SESSION_IDLE_SECONDS", default=1800)
SESSION_COOKIE_AGE = env.int("SESSION_SECONDS", default=12 * 3600)

ACCOUNT_ADAPTER = "accounts.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]  # nobody signs up; allauth wants to know the fields
ACCOUNT_EMAIL_VERIFICATION = "none"  # addresses are the personnel data's, not the account's
ACCOUNT_FORMS = {
    "login": "accounts.forms.SignInForm",
    "reauthenticate": "accounts.forms.PasswordAgainForm",
    "change_password": "accounts.forms.ChangePasswordForm",
}
ACCOUNT_RATE_LIMITS = False  # accounts/limits.py counts in PostgreSQL, over all processes
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False  # other sessions end, this one stays
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_PREVENT_ENUMERATION = True
MFA_ADAPTER = "accounts.adapters.SecondFactorAdapter"
MFA_FORMS = {
    "authenticate": "accounts.forms.CodeForm",
    "reauthenticate": "accounts.forms.CodeAgainForm",
    "activate_totp": "accounts.forms.ActivateAppForm",
    "deactivate_totp": "accounts.forms.RemoveAppForm",
    "authenticate_webauthn": "accounts.forms.PasskeyForm",
    "reauthenticate_webauthn": "accounts.forms.PasskeyAgainForm",
    "login_webauthn": "accounts.forms.PasskeySignInForm",
    "add_webauthn": "accounts.forms.AddPasskeyForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_TOLERANCE = 1  # half a minute: phones whose clock is a little off
MFA_TOTP_ISSUER = "Simdiklat"
MFA_RATE_LIMITS = False
# Browsers take http://localhost for a safe place; nowhere else is plain HTTP good for passkeys.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = LOCAL and not PRODUCTION

#: Sign-in through the ministry's own OpenID Connect provider; shown once its address is known.
OIDC_SERVER_URL = env.str("OIDC_SERVER_URL", default="")
#: The claim that holds the NIP: the only thing by which a person is recognised.
OIDC_NIP_CLAIM = env.str("OIDC_NIP_CLAIM", default="nip")
SOCIALACCOUNT_ADAPTER = "accounts.adapters.SsoAdapter"
SOCIALACCOUNT_AUTO_SIGNUP = False
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_QUERY_EMAIL = False
SOCIALACCOUNT_LOGIN_ON_GET = True  # a link; the answer is bound to the session by state and PKCE
SOCIALACCOUNT_PROVIDERS: dict[str, dict[str, Any]] = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "sso",
                "name": env.str("OIDC_NAME", default="SSO"),
                "client_id": env.str("OIDC_CLIENT_ID", default=""),
                "secret": env.str("OIDC_CLIENT_SECRET", default=""),
                "settings": {"server_url": OIDC_SERVER_URL},
            }
        ]
        if OIDC_SERVER_URL
        else [],
    }
}

LANGUAGE_CODE = "id"
LANGUAGES = [("id", "Bahasa Indonesia"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "simdiklat.formats"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Jakarta"  # selection.md: dates are calendar dates in Asia/Jakarta

# --- Files ---------------------------------------------------------------------------------------

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = VAR_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
#: Evidence of selections and result files of jobs; never served by path, only by id and scope.
EVIDENCE_DIR = VAR_DIR / "evidence"
RESULTS_DIR = VAR_DIR / "results"
#: PDFs of letters, named by their hash; each can be set again from its letter's frozen data.
LETTERS_DIR = VAR_DIR / "letters"
#: Uploaded import files under random names, until the import is long done.
IMPORTS_DIR = VAR_DIR / "imports"
IMPORT_MOST_BYTES = env.int("IMPORT_MOST_BYTES", default=200 * 1024 * 1024)
IMPORT_KEEP_DAYS = env.int("IMPORT_KEEP_DAYS", default=14)
#: An import stops by itself when fewer of its rows, in percent, fit what is stored.
IMPORT_LEAST_MATCH_PERCENT = env.int("IMPORT_LEAST_MATCH_PERCENT", default=50)
#: Certificates attached to claims of missing history, under random names.
CLAIMS_DIR = VAR_DIR / "claims"
CLAIM_MOST_BYTES = env.int("CLAIM_MOST_BYTES", default=5 * 1024 * 1024)
#: Rows of an import that are written in one transaction.
IMPORT_BATCH_ROWS = env.int("IMPORT_BATCH_ROWS", default=10_000)
#: PDFs of certificates, named by their hash. Signed ones exist nowhere else: back them up.
CERTIFICATES_DIR = VAR_DIR / "certificates"
#: SIASN's numbers for kinds of training (jenisDiklatId), as far as they are published; a kind that is not
#: among them leaves the field empty, to be filled in by hand.
SIASN_KINDS: dict[str, str] = env.json(
    "SIASN_KINDS",
    default={
        "STRUKTURAL": "1", "FUNGSIONAL": "2", "TEKNIS": "3", "WORKSHOP": "4", "MANAJERIAL": "5", "SOSIOKULTURAL": "6",
        "SOSIALISASI": "7", "BIMTEK": "8", "SEMINAR": "9", "WEBINAR": "9", "MAGANG": "10",
    },
)  # fmt: skip
#: Who signs certificates electronically, by the organiser's code (docs/certificates.md).
CERTIFICATE_SIGNERS: dict[str, dict[str, str]] = env.json("CERTIFICATE_SIGNERS", default={})

# --- Security ------------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "manifest-src": ["'self'"],
        "worker-src": ["'none'"],
        "frame-src": ["'none'"],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
_HTTPS = PRODUCTION
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = _HTTPS
CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True  # pages carry the token themselves
LANGUAGE_COOKIE_SAMESITE = "Lax"
if _HTTPS:
    # The browser itself then refuses these cookies from another host or over plain HTTP.
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=_HTTPS)
SECURE_HSTS_SECONDS = 31_536_000 if _HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _HTTPS
if env.bool("BEHIND_TLS_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"()": "simdiklat.logs.Formatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="WARNING")},
}
