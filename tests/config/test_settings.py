import re
import runpy
from pathlib import Path
from typing import Any

import pytest

from reclaim.config import settings as module
from reclaim.config.environment import EnvironmentVariableError

SETTINGS = Path(module.__file__)
DOCS = SETTINGS.parents[2] / "docs" / "settings.md"
NAMED = re.compile(r"\b(?:RECLAIM_[A-Z_]+|DATABASE_URL)\b")


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:  # noqa: ANN401  a function of keywords
    """Read the settings anew, with these variables."""

    def run(**variables: str) -> dict[str, Any]:
        monkeypatch.delenv("DATABASE_URL", raising=False)
        for name, value in ({"RECLAIM_DATA": str(tmp_path)} | variables).items():
            monkeypatch.setenv(name, value)
        return runpy.run_path(str(SETTINGS))

    return run


def test_every_variable_is_documented_and_every_documented_one_is_read() -> None:
    read_ones = set(re.findall(r'env\.\w+\(\s*"(\w+)"', SETTINGS.read_text(encoding="utf-8")))
    assert read_ones == set(NAMED.findall(DOCS.read_text(encoding="utf-8")))


def test_without_any_variable_it_is_a_sound_site_for_this_machine(read: Any) -> None:  # noqa: ANN401
    found = read()
    assert found["DEBUG"] is False
    assert found["ALLOWED_HOSTS"] == ["127.0.0.1", "[::1]", "localhost"]
    assert found["DATABASES"]["default"]["ENGINE"].endswith("sqlite3")
    assert found["EMAIL_BACKEND"].endswith("filebased.EmailBackend")
    assert found["EMAIL_FILE_PATH"] == str(found["DATA"] / "mail")
    assert not found["SESSION_COOKIE_SECURE"]
    assert len(found["SECRET_KEY"]) >= 50
    assert read()["SECRET_KEY"] == found["SECRET_KEY"]


def test_https_brings_everything_that_goes_with_it(read: Any) -> None:  # noqa: ANN401
    found = read(RECLAIM_ADDRESS="https://denials.cedar.example", RECLAIM_PROXY="yes")
    assert "denials.cedar.example" in found["ALLOWED_HOSTS"]
    assert found["SESSION_COOKIE_SECURE"]
    assert found["CSRF_COOKIE_SECURE"]
    assert found["SESSION_COOKIE_NAME"].startswith("__Host-")
    assert found["SECURE_SSL_REDIRECT"]
    assert found["SECURE_HSTS_SECONDS"] > 0
    assert found["SECURE_PROXY_SSL_HEADER"] == ("HTTP_X_FORWARDED_PROTO", "https")


def test_postgresql_by_its_address(read: Any) -> None:  # noqa: ANN401
    found = read(DATABASE_URL="postgresql://ann:p%40ss@db.example:5433/denials")["DATABASES"]["default"]
    assert found["ENGINE"].endswith("postgresql")
    assert [found[name] for name in ("NAME", "USER", "PASSWORD", "HOST", "PORT")] == [
        "denials", "ann", "p@ss", "db.example", "5433",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("", "huey.SqliteHuey"),
        ("now", "huey.MemoryHuey"),
        ("redis://127.0.0.1/1", "huey.RedisHuey"),
        ("postgresql://x/y", "huey.PostgresHuey"),
    ],
)
def test_jobs_wait_where_the_setting_says(read: Any, value: str, kind: str) -> None:  # noqa: ANN401
    assert read(RECLAIM_QUEUE=value)["HUEY"]["huey_class"] == kind


@pytest.mark.parametrize(
    ("value", "backend", "port", "tls"),
    [("smtp://a:b@mx.example", "smtp", 587, True), ("smtps://mx.example:466", "smtp", 466, False)],
)
def test_mail_by_its_address(read: Any, value: str, backend: str, port: int, *, tls: bool) -> None:  # noqa: ANN401
    found = read(RECLAIM_MAIL=value)
    assert backend in found["EMAIL_BACKEND"]
    assert (found["EMAIL_HOST"], found["EMAIL_PORT"], found["EMAIL_USE_TLS"]) == ("mx.example", port, tls)
    assert found["EMAIL_USE_SSL"] is not tls


def test_a_folder_that_cannot_be_used_stops_and_says_so(read: Any) -> None:  # noqa: ANN401
    with pytest.raises(EnvironmentVariableError, match="RECLAIM_DATA: /proc/reclaim cannot be used"):
        read(RECLAIM_DATA="/proc/reclaim")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("RECLAIM_DEBUG", "maybe", "yes or no"),
        ("RECLAIM_IDLE_MINUTES", "1", "a whole number from 2 up"),
        ("RECLAIM_UPLOAD_MB", "1 GB", "a whole number from 1 up"),
        ("RECLAIM_TIME_ZONE", "Chicago", "time zone"),
        ("RECLAIM_ADDRESS", "denials.example", "http:// or https://"),
        ("RECLAIM_LOG", "loud", "WARNING"),
        ("DATABASE_URL", "mysql://root:hunter2@x/y", "postgresql://"),
        ("RECLAIM_QUEUE", "kafka://hunter2@x", "redis://"),
        ("RECLAIM_MAIL", "http://hunter2@x", "smtp://"),
    ],
)
def test_a_wrong_value_stops_and_says_what_to_write(read: Any, name: str, value: str, said: str) -> None:  # noqa: ANN401
    with pytest.raises(EnvironmentVariableError, match=re.escape(said)) as caught:
        read(**{name: value})
    assert name in str(caught.value)
    assert "hunter2" not in str(caught.value)
