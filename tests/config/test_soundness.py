from datetime import timedelta
from pathlib import Path

import orjson
import pytest
from django.core import checks as django_checks
from django.db.models import QuerySet
from django.utils import timezone
from pytest_django.fixtures import Settings

from reclaim.config import soundness
from reclaim.config.soundness import Level, Remark
from reclaim.people import events, heads
from reclaim.people.models import Event, Organization, User
from tests.config.installations import installation


def about(subject: str) -> list[Remark]:
    return [each for each in soundness.examine() if each.about == subject]


def test_what_is_set_up_is_sound(manager: User) -> None:
    assert manager.is_active
    remarks = list(soundness.examine())
    assert soundness.sound(remarks), [each for each in remarks if each.level is Level.BAD]
    assert {each.about for each in remarks} == {
        "settings", "database", "tables", "folders", "disk", "secret", "file key", "clock", "people", "events", "queue",
        "mail", "static files",
    }  # fmt: skip


def test_whatever_is_not_good_says_what_to_do(db: None) -> None:  # noqa: ARG001  queries need the database
    for remark in soundness.examine():
        assert (remark.level is Level.GOOD) is (not remark.remedy), remark


@pytest.mark.parametrize(
    ("name", "value", "subject", "said"),
    [
        ("ADDRESS", "http://denials.cedar.example", "settings", "without encryption"),
        ("ALLOWED_HOSTS", ["*"], "settings", "every name"),
        ("SECRET_KEY", "short", "settings", "short"),
        ("FILE_KEY", "no key", "settings", "Key 1 of 1"),
        ("FILES", Path("/proc/files"), "folders", "/proc/files"),
        ("HUEY", {"huey_class": "huey.RedisHuey", "url": "redis://127.0.0.1:1/0"}, "queue", "RedisHuey"),
    ],
)
def test_a_fault_is_found(
    db: None,  # noqa: ARG001  queries need the database
    settings: Settings,
    name: str,
    value: object,
    subject: str,
    said: str,
) -> None:
    setattr(settings, name, value)
    bad = [each for each in about(subject) if each.level is Level.BAD]
    assert bad
    assert said in " ".join(each.found for each in bad)


def test_missing_static_files_are_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.contrib.staticfiles.finders.find", lambda _: None)
    [remark] = soundness._static_files()
    assert remark.level is Level.BAD
    assert "reclaim/look.css" in remark.found


def test_debug_pages_beyond_this_machine_are_a_fault(settings: Settings) -> None:
    settings.DEBUG, settings.ALLOWED_HOSTS = True, ["denials.cedar.example"]
    assert "reclaim.E002" in {each.id for each in django_checks.run_checks(tags=["security"])}


def test_mail_that_does_not_answer_is_a_fault(settings: Settings) -> None:
    settings.EMAIL_BACKEND, settings.EMAIL_HOST = "django.core.mail.backends.smtp.EmailBackend", "127.0.0.1"
    settings.EMAIL_PORT = 1
    [remark] = soundness._mail()
    assert remark.level is Level.BAD
    assert "127.0.0.1:1" in remark.found


def test_a_broken_chain_is_a_fault(organization: Organization) -> None:
    event = events.record(organization, None, "counted", "x:1")
    QuerySet(Event).filter(pk=event.pk).update(verb="forged")
    [remark] = about("events")
    assert remark.level is Level.BAD
    assert remark.found.endswith(f"event {event.pk} was changed")


def test_newest_events_that_are_gone_since_a_backup_are_a_fault(
    organization: Organization, settings: Settings, tmp_path: Path
) -> None:
    events.record(organization, None, "counted", "x:1")
    settings.BACKUPS = tmp_path
    heads.keep(tmp_path, {organization.slug: events.Head(7, "f" * 64)}, timezone.now())
    [remark] = about("events")
    assert remark.level is Level.BAD
    assert "it once had 7 events or more" in remark.found


def test_a_clock_behind_its_events_is_a_fault(organization: Organization) -> None:
    event = events.record(organization, None, "counted", "x:1")
    QuerySet(Event).filter(pk=event.pk).update(at=timezone.now() + timedelta(days=1))
    assert about("clock")[0].level is Level.BAD


def test_an_open_data_folder_is_a_fault(settings: Settings, tmp_path: Path) -> None:
    settings.DATA = tmp_path
    tmp_path.chmod(0o755)
    assert Level.BAD in {each.level for each in soundness._folders()}
    tmp_path.chmod(0o700)
    assert {each.level for each in soundness._folders()} == {Level.GOOD}


def test_a_secret_that_others_can_read_is_a_fault(settings: Settings, tmp_path: Path) -> None:
    settings.DATA = tmp_path
    secret = tmp_path / "secret"
    secret.write_text("x", encoding="ascii")
    secret.chmod(0o644)
    [remark] = soundness._secret()
    assert remark.remedy == f"Run: chmod 600 {secret}"


def test_the_command_ends_with_0_when_sound_and_1_when_not(tmp_path: Path) -> None:
    with installation(tmp_path / "made") as made:
        assert "there are none yet" in made.run("doctor", status=1)
        made.run("setup")
        assert "WRONG" not in made.run("doctor")
        found = orjson.loads(made.run("doctor", "--json", status=1, RECLAIM_ADDRESS="http://denials.cedar.example"))
        assert found["sound"] is False
        assert "RECLAIM_DEBUG" in made.run("doctor", status=1, RECLAIM_DEBUG="maybe")
