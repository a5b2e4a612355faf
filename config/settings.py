"""Django's settings, all from the environment; `docs/settings.md` describes every one.

Without `DATABASE_URL` and `CELERY_BROKER_URL` the embedded servers under ARBITER_HOME are meant;
`manage.py up` starts them and passes their addresses on to the parts.
"""

from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

import django_stubs_ext

from config import env
from config.embedded import Valkey, secrets_ensure
from config.folders import private_folder
from config.postgres import Postgres
from config.processes import ProcessError
from config.sockets import socket_path

# Lets classes such as `ModelForm[Project]` name their type argument at run time, too.
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent

# Where everything lies that is not code.
ARBITER_HOME = private_folder(env.arbiter_home())
ARBITER_BIND = env.read_bind("ARBITER_BIND", "127.0.0.1:8000")
ARBITER_SAMPLE = env.read_bool("ARBITER_SAMPLE", True)
PUBLIC_URL = env.read_url("PUBLIC_URL", f"http://{ARBITER_BIND}", schemes=["http", "https"])

DEBUG = env.read_bool("DEBUG", False)
SECRET_KEY = (
    env.read_secret("SECRET_KEY", "", minimum=32) or secrets_ensure(ARBITER_HOME).secret_key
)

_PUBLIC = urlsplit(PUBLIC_URL)
# Who reads /metrics sends it; empty: everybody who reaches the address.
METRICS_TOKEN = env.read_secret("METRICS_TOKEN", "", minimum=16)
ALLOWED_HOSTS = list(
    env.read_list("ALLOWED_HOSTS", (env.host_of(_PUBLIC), "127.0.0.1", "localhost", "[::1]"))
)
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
TRUST_PROXY = env.read_bool("TRUST_PROXY", False)
PROXY_HOPS = env.read_int("PROXY_HOPS", 1, minimum=1)
if TRUST_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    USE_X_FORWARDED_HOST = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _PUBLIC.scheme == "https"
SECURE_HSTS_SECONDS = 31_536_000 if _PUBLIC.scheme == "https" else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

INSTALLED_APPS = [
    "accounts",
    "annotate",
    "models_app",
    "training",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "accounts.middleware.PageHeadersMiddleware",
    "config.probes.ProbesMiddleware",
    "accounts.middleware.NoNulMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "accounts.middleware.VisitorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "accounts.middleware.LoginRequiredMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
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
            ],
        },
    },
]


def _database(url: str) -> dict[str, Any]:
    """Return Django's settings for a `postgresql://user:password@host:port/name?option=…` URL."""
    parts = urlsplit(url)
    options: dict[str, Any] = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    options.setdefault("connect_timeout", "10")  # seconds
    # What is run often is prepared at once; only `prepared_cursor` prepares.
    options["prepare_threshold"] = 0
    # What is acknowledged is on disk, whatever the server's own default is.
    options["options"] = f"{options.get('options', '')} -c synchronous_commit=on".strip()
    return {
        "ENGINE": "config.database",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "OPTIONS": options,
        # A thread keeps its connection; one that died with its server is replaced, not handed to
        # a request.
        "CONN_MAX_AGE": 3600,  # seconds
        "CONN_HEALTH_CHECKS": True,
    }


def _embedded_database() -> str:
    """Return the embedded database's URL; before its first start one that nothing answers."""
    try:
        return Postgres(ARBITER_HOME / "postgres").url
    except ProcessError:
        return "postgresql://127.0.0.1:1/not-started"


DATABASES = {
    "default": _database(
        env.read_url("DATABASE_URL", _embedded_database(), schemes=["postgresql", "postgres"])
    )
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.sessions.AccountsBackend"]
SESSION_ENGINE = "accounts.sessions"
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "accounts:home"
LOGOUT_REDIRECT_URL = "accounts:login"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

LANGUAGE_CODE = "en-us"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = ARBITER_HOME / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]


def _blob_storage(url: str) -> dict[str, Any]:
    """Return the storage of content-addressed files: a folder, or `s3://bucket/prefix?endpoint_url=…`."""
    if not url:
        return {
            "BACKEND": "accounts.blobs.DurableFileSystemStorage",
            "OPTIONS": {"location": ARBITER_HOME / "blobs"},
        }
    parts = urlsplit(url)
    options: dict[str, Any] = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {"bucket_name": parts.netloc, "location": parts.path.lstrip("/"), **options},
    }


STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {
            "location": ARBITER_HOME / "uploads",
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    },
    "blobs": _blob_storage(env.read_url("STORAGE_URL", "", schemes=["s3"])),
    "staticfiles": {"BACKEND": "config.staticfiles.HashedStaticFilesStorage"},
}
# An import may be large; it goes to disk in blocks, never to memory, nor to a /tmp that may be it.
FILE_UPLOAD_HANDLERS = ["accounts.uploads.WantedFiles"]
# Where the upload is kept at last: no second copy, and what a killed process leaves is swept.
FILE_UPLOAD_TEMP_DIR = ARBITER_HOME / "uploads" / "imports"
SILENCED_SYSTEM_CHECKS = ["files.E001"]  # the first upload makes the folder
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 << 20
IMPORT_MAX_BYTES = env.read_int("IMPORT_MAX_BYTES", 20 << 30, minimum=1)

CELERY_BROKER_URL = env.read_url(
    "CELERY_BROKER_URL",
    Valkey(ARBITER_HOME / "valkey").broker_url,
    schemes=["redis", "rediss", "redis+socket", "amqp", "amqps"],
)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# A forked child hangs once its parent has used torch.
CELERY_WORKER_POOL_START_METHOD = "spawn"
# A spawned child reads all of Django before it says that it is up, and one that takes longer is
# killed: where the machine is busy, so that no child ever comes up again.
CELERY_WORKER_PROC_ALIVE_TIMEOUT = 60.0
CELERY_TASK_ROUTES = {"training.tasks.job_supervise": {"queue": "trainer"}}
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 3, "interval_start": 0.1, "interval_max": 1}
CELERY_BEAT_SCHEDULE = {
    "sweep": {"task": "training.tasks.jobs_sweep", "schedule": timedelta(seconds=10)},
    "leases": {"task": "annotate.tasks.leases_sweep", "schedule": timedelta(minutes=1)},
    "sessions": {"task": "accounts.tasks.sessions_sweep", "schedule": timedelta(days=1)},
    "uploads": {"task": "annotate.tasks.uploads_sweep", "schedule": timedelta(hours=1)},
    "words": {"task": "annotate.tasks.passages_read", "schedule": timedelta(seconds=30)},
    "kept": {"task": "training.tasks.works_clear", "schedule": timedelta(hours=1)},
    "work": {"task": "annotate.tasks.work_requeue", "schedule": timedelta(seconds=30)},
}
CELERY_BEAT_SCHEDULE_FILENAME = str(ARBITER_HOME / "beat-schedule")

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.BearerAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["accounts.rendering.JsonRenderer"],
    "DEFAULT_PARSER_CLASSES": ["accounts.parsing.JsonParser"],
    "DEFAULT_SCHEMA_CLASS": "accounts.schema.Schema",
    "EXCEPTION_HANDLER": "accounts.problems.problem_response",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Arbiter",
    "DESCRIPTION": "Relevance judgments in, versioned and trustworthy rerankers out.\n\n"
    "JSON in and out; ids are opaque strings. Keys and query parameters that a call does not know"
    " are refused. Lists come in pages: follow `next` until it is null. Errors are problem details"
    " (RFC 9457).",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_NAME_OVERRIDES": {
        "BulkDeed": "annotate.models.bulk.BulkDeed",
        "BulkStatus": "annotate.models.bulk.BulkStatus",
        "CorpusDeed": "annotate.models.corpus.Deed",
        "JobKind": "training.kinds.JobKind",
        "JobStatus": "training.models.JobStatus",
        "AnswerStatus": "annotate.api.answering.STATUSES",
        "ImportStatus": "annotate.models.imports.ImportStatus",
        "OrderingStatus": "annotate.models.queue.Ordering",
        "CopiesStatus": "annotate.models.copies.CopiesStatus",
        "SnapshotStatus": "annotate.models.snapshots.SnapshotStatus",
    },
}

# How long a judging lease lasts, and a trainer's lease on a job.
JUDGING_LEASE_SECONDS = env.read_int("JUDGING_LEASE_SECONDS", 900, minimum=5)
JOB_HEARTBEAT_SECONDS = env.read_float("JOB_HEARTBEAT_SECONDS", 10.0, minimum=0.1)
JOB_LEASE_SECONDS = env.read_float("JOB_LEASE_SECONDS", 60.0, minimum=0.5)
JOB_CHECKPOINT_SECONDS = env.read_float("JOB_CHECKPOINT_SECONDS", 60.0, minimum=0.0)
# What a cancelled or failed training goes on from; 0: it is removed at once.
JOB_KEEP_DAYS = env.read_float("JOB_KEEP_DAYS", 7.0, minimum=0.0, maximum=3650.0)
# Processes that train one job together; 0: one for each GPU that its trainer sees.
JOB_PROCESSES = env.read_int("JOB_PROCESSES", 0, minimum=0, maximum=64)
JOB_MAX_ATTEMPTS = env.read_int("JOB_MAX_ATTEMPTS", 3, minimum=1)
# The most jobs of one project that run, or wait, whatever its own settings say.
PROJECT_RUNNING_JOBS = env.read_int("PROJECT_RUNNING_JOBS", 1000, minimum=1)
PROJECT_WAITING_JOBS = env.read_int("PROJECT_WAITING_JOBS", 1000, minimum=1)
# Where the Hub cannot be reached, train from the packaged weights instead of failing.
BASE_MODEL_FALLBACK = env.read_bool("BASE_MODEL_FALLBACK", True)
# Below these folders anybody who may start jobs may name a folder as base; superusers anywhere.
BASE_MODEL_FOLDERS = env.read_list(
    "BASE_MODEL_FOLDERS", (), pattern="/.*", allowed="absolute paths separated by commas"
)

# The process that computes scores for rerank requests, and how much of it there is.
SCORER_URL = env.read_url(
    "SCORER_URL",
    f"unix://{quote(str(socket_path(ARBITER_HOME / 'run' / 'scorer.sock')))}",
    schemes=["unix", "http"],
)
SCORER_MODELS = env.read_int("SCORER_MODELS", 4, minimum=1)
SCORER_QUEUE = env.read_int("SCORER_QUEUE", 2000, minimum=1)
# Try every backend that is installed with a version that serves, and use the fastest faithful one.
SCORER_BACKENDS = env.read_bool("SCORER_BACKENDS", True)
RERANK_MAX_DOCUMENTS = env.read_int("RERANK_MAX_DOCUMENTS", 1000, minimum=1, maximum=100_000)
RERANK_MAX_BYTES = env.read_int("RERANK_MAX_BYTES", 4 << 20, minimum=1 << 10)
RERANK_SECONDS = env.read_float("RERANK_SECONDS", 30.0, minimum=1.0)
# Requests of one web process that wait for scores: its other threads are for people.
RERANK_AT_ONCE = env.read_int("RERANK_AT_ONCE", 10, minimum=1)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
}
