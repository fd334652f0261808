"""Every setting, from the environment; docs/settings.md says what each means, `reclaim doctor` checks them."""

from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote

from csp.constants import NONE, SELF, UNSAFE_INLINE

from reclaim.config import environment as env
from reclaim.config.secrets import kept_secret

# What lies where

PACKAGE = Path(__file__).parent.parent
DATA = env.folder("RECLAIM_DATA", Path.home() / ".local" / "share" / "reclaim")
"""Where everything of an installation lies: database, files, lake, secret."""
FILES = DATA / "files"
LAKE = DATA / "lake"
INCOMING = DATA / "incoming"
"""Uploads while they come in: under the data, so that patients never lie in a temporary folder of the machine."""
BACKUPS = env.folder("RECLAIM_BACKUPS", None)
"""Where the nightly backup goes; none is made when unset."""
FILE_KEY = env.text("RECLAIM_FILE_KEY", "")
"""Keys of 32 bytes in urlsafe base64, with commas between them, the newest first: files at rest are encrypted."""

# Where the site is, and who may ask

DEBUG = env.flag("RECLAIM_DEBUG", default=False)
SECRET_KEY = env.text("RECLAIM_SECRET_KEY", "") or kept_secret(DATA)
_ADDRESS = env.address("RECLAIM_ADDRESS", "http://127.0.0.1:8000", frozenset({"http", "https"}))
ADDRESS = f"{_ADDRESS.scheme}://{_ADDRESS.netloc}"
"""How people reach the site; links in mails begin with it. https switches on everything that needs it."""
SECURE = _ADDRESS.scheme == "https"
LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost", "[::1]"})
ALLOWED_HOSTS = sorted({_ADDRESS.hostname or "", *env.words("RECLAIM_HOSTS"), *LOCAL_HOSTS} - {""})
BEHIND_PROXY = env.flag("RECLAIM_PROXY", default=False)
"""A reverse proxy of ours stands before the site, and sets X-Forwarded-Proto and X-Forwarded-For."""

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",  # allauth's list of security keys
    "django_htmx",
    "template_partials",
    "reclaim.web",  # before allauth: its sign-in pages have our look
    "reclaim.api",
    "ninja",  # the static files of the page that describes the API
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "axes",
    "csp",
    "reclaim.config",
    "reclaim.people",
    "reclaim.record",
    "reclaim.desk",
    "reclaim.insight",
]
AUTH_USER_MODEL = "people.User"
ROOT_URLCONF = "reclaim.config.urls"
WSGI_APPLICATION = "reclaim.config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = env.zone("RECLAIM_TIME_ZONE", "UTC")
LANGUAGE_CODE = "en-us"

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "reclaim.config.middleware.private",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "reclaim.config.middleware.idle_logoff",
    "reclaim.config.middleware.chosen_organization",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "reclaim.config.middleware.second_factor",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# Database


def _database(parts: SplitResult) -> dict[str, Any]:
    """`sqlite:///path` or `postgresql://user:password@host:port/name`."""
    if parts.scheme == "sqlite":
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": unquote(parts.path),
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 30,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-65536;"
                " PRAGMA mmap_size=268435456; PRAGMA temp_store=MEMORY;",
            },
            "TEST": {"NAME": DATA / "test.sqlite3"},  # a file, so that tests meet the same locks as people
        }
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"pool": False},
    }


_DATABASE = env.address(
    "DATABASE_URL", f"sqlite://{DATA / 'reclaim.sqlite3'}", frozenset({"sqlite", "postgres", "postgresql"})
)
DATABASES = {"default": _database(_DATABASE)}

# Jobs


def _queue(value: str) -> dict[str, Any]:
    """Nothing: SQLite beside the data. `now`: in the process that asks. Else an address of Redis or PostgreSQL."""
    if value == "now":
        return {"huey_class": "huey.MemoryHuey", "immediate": True}
    if not value:
        return {"huey_class": "huey.SqliteHuey", "filename": str(DATA / "queue.sqlite3"), "strict_fifo": True}
    parts = env.address("RECLAIM_QUEUE", "", frozenset({"redis", "rediss", "postgres", "postgresql"}))
    if parts.scheme.startswith("redis"):
        return {"huey_class": "huey.RedisHuey", "url": value}
    return {"huey_class": "huey.PostgresHuey", "dsn": value}


HUEY: dict[str, Any] = {
    "name": "reclaim",
    "immediate": False,
    "results": False,  # what a job did stands in the rows it wrote
    "consumer": {"workers": env.number("RECLAIM_WORKERS", 1, least=1), "worker_type": "thread"},
    **_queue(env.text("RECLAIM_QUEUE", "").strip()),
}

# Signing in

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
PASSWORD_RESET_TIMEOUT = 24 * 60 * 60
LOGIN_REDIRECT_URL = "/start"
LOGIN_URL = "account_login"
ACCOUNT_ADAPTER = "reclaim.config.adapters.Invited"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # whoever invites somebody knows the address
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 5 * 60
ACCOUNT_RATE_LIMITS = {"login_failed": "30/m/ip,50/h/key"}  # below that, axes decides by person and place
ACCOUNT_DEFAULT_HTTP_PROTOCOL = _ADDRESS.scheme
ALLAUTH_TRUSTED_PROXY_COUNT = int(BEHIND_PROXY)
MFA_ADAPTER = "reclaim.config.adapters.SealedFactors"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not SECURE  # browsers let keys work on this machine only, then
MFA_TOTP_ISSUER = "Reclaim"
MFA_ALLOW_UNVERIFIED_EMAIL = True  # whoever invites somebody knows the address


def _oidc(issuer: SplitResult) -> dict[str, Any]:
    """A provider of OpenID Connect, which knows the people of an organization."""
    return {
        "provider_id": "oidc",
        "name": env.text("RECLAIM_SIGN_IN_NAME", "your organization"),
        "client_id": env.text("RECLAIM_OIDC_CLIENT"),
        "secret": env.text("RECLAIM_OIDC_SECRET"),
        "settings": {
            "server_url": issuer.geturl().rstrip("/"),
            "oauth_pkce_enabled": True,
            "verified_email": env.flag("RECLAIM_OIDC_TRUSTED", default=False),
        },
    }


def _saml(metadata: SplitResult) -> dict[str, Any]:
    """A provider of SAML 2.0; it needs the extra `reclaim[saml]`."""
    if find_spec("onelogin") is None:
        raise env.EnvironmentVariableError('RECLAIM_SAML needs one package more: pip install "reclaim[saml]".')
    return {
        "provider_id": env.text("RECLAIM_SAML_ENTITY"),
        "name": env.text("RECLAIM_SIGN_IN_NAME", "your organization"),
        "client_id": "saml",
        "settings": {
            "idp": {"entity_id": env.text("RECLAIM_SAML_ENTITY"), "metadata_url": metadata.geturl()},
            "verified_email": True,  # its metadata come from the organization itself
            "advanced": {"want_assertion_signed": True, "reject_idp_initiated_sso": True},
        },
    }


_OIDC, _SAML = env.provider("RECLAIM_OIDC"), env.provider("RECLAIM_SAML")
SOCIALACCOUNT_PROVIDERS: dict[str, Any] = {"openid_connect": {"APPS": [_oidc(_OIDC)]}} if _OIDC else {}
if _SAML:
    INSTALLED_APPS.append("allauth.socialaccount.providers.saml")
    SOCIALACCOUNT_PROVIDERS["saml"] = {"APPS": [_saml(_SAML)]}
SIGN_IN_PLACES = [f"{parts.scheme}://{parts.netloc}" for parts in (_OIDC, _SAML) if parts]
"""Where forms of ours may lead: browsers hold a redirect after a form to the same policy."""
SOCIALACCOUNT_ADAPTER = "reclaim.config.adapters.Known"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_EMAIL_VERIFICATION = "none"

SECOND_FACTOR = env.flag("RECLAIM_SECOND_FACTOR", default=False)
"""Everybody who signs in by password needs a second factor; an organization can ask for it by itself."""

AXES_FAILURE_LIMIT = env.number("RECLAIM_SIGN_IN_TRIES", 5, least=1)
AXES_COOLOFF_TIME = timedelta(minutes=env.number("RECLAIM_SIGN_IN_PAUSE", 15, least=1))
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]  # nobody locks out a colleague from elsewhere
AXES_USERNAME_CALLABLE = "reclaim.config.adapters.email_tried"
AXES_CLIENT_IP_CALLABLE = "reclaim.config.adapters.address_of"
AXES_LOCKOUT_CALLABLE = "reclaim.config.adapters.paused"
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
AXES_ENABLE_ADMIN = False

# Sessions: ended when idle (config.middleware), and after a working day in any case

IDLE_SECONDS = 60 * env.number("RECLAIM_IDLE_MINUTES", 15, least=2)
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_NAME = "__Host-session" if SECURE else "reclaim_session"
SESSION_COOKIE_SECURE = SECURE
CSRF_COOKIE_NAME = "__Host-csrf" if SECURE else "reclaim_csrf"
CSRF_COOKIE_SECURE = SECURE
CSRF_COOKIE_HTTPONLY = True
CSRF_TRUSTED_ORIGINS = [ADDRESS]

# Transport and headers

SECURE_SSL_REDIRECT = SECURE
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if SECURE else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "style-src-attr": [UNSAFE_INLINE],  # bars and charts carry their sizes; style elements stay forbidden
        "img-src": [SELF, "data:"],  # the QR code of a second factor
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF, *SIGN_IN_PLACES],
        "frame-ancestors": [NONE],
    }
}

# Uploads

UPLOAD_BYTES = 1024 * 1024 * env.number("RECLAIM_UPLOAD_MB", 1024, least=1)
"""The largest file that the inbox takes; `reclaim receive` has no limit."""
DOCUMENT_BYTES = 1024 * 1024 * env.number("RECLAIM_DOCUMENT_MB", 25, least=1)
"""The largest document that is attached to a case."""
FILE_UPLOAD_TEMP_DIR = INCOMING
FILE_UPLOAD_PERMISSIONS = 0o600
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
DATA_UPLOAD_MAX_NUMBER_FILES = 1000

# Mail


def _mail(parts: SplitResult) -> dict[str, Any]:
    """`smtp://user:password@host:587` (STARTTLS), `smtps://…:465` (TLS), `file:///folder`, `console://`, `none://`."""
    package = "django.core.mail.backends"
    if parts.scheme == "file":
        return {"EMAIL_BACKEND": f"{package}.filebased.EmailBackend", "EMAIL_FILE_PATH": unquote(parts.path)}
    if parts.scheme in ("none", "console"):
        return {"EMAIL_BACKEND": f"{package}.{'dummy' if parts.scheme == 'none' else 'console'}.EmailBackend"}
    implicit = parts.scheme == "smtps"
    return {
        "EMAIL_BACKEND": f"{package}.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname or "",
        "EMAIL_PORT": parts.port or (465 if implicit else 587),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": implicit,
        "EMAIL_USE_TLS": not implicit and parts.hostname not in LOCAL_HOSTS,
        "EMAIL_TIMEOUT": 10,
    }


_WAYS_OF_MAIL = frozenset({"smtp", "smtps", "file", "console", "none"})
globals().update(_mail(env.address("RECLAIM_MAIL", (DATA / "mail").as_uri(), _WAYS_OF_MAIL)))
DEFAULT_FROM_EMAIL = env.text("RECLAIM_MAIL_FROM", f"Reclaim <reclaim@{_ADDRESS.hostname}>")

# Webhooks

HOOKS_PRIVATE = env.flag("RECLAIM_HOOKS_PRIVATE", default=False)
"""Whether webhooks may go to addresses of the own network, and unencrypted."""

# Connections

FOLDERS = [Path(each).expanduser().resolve() for each in env.words("RECLAIM_FOLDERS")]
"""The folders of this server within which connections may fetch and send; none: only SFTP."""

# Static files: whitenoise serves them from the packages, nothing is collected first

STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_MAX_AGE = 0 if DEBUG else 300

# Logs: to standard error, without what patients' records hold

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"quiet": {"()": "reclaim.config.logs.Quiet", "telling": DEBUG}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "quiet"}},
    "root": {
        "handlers": ["stderr"],
        "level": env.choice("RECLAIM_LOG", "WARNING", ("DEBUG", "INFO", "WARNING", "ERROR")),
    },
    "loggers": {
        "django": {"handlers": [], "level": "NOTSET", "propagate": True},  # no mail with the variables of an error
        "django.server": {"handlers": [], "level": "NOTSET", "propagate": True},
        "django.db.backends": {"level": "WARNING"},  # below, it would tell every value of every statement
    },
}
