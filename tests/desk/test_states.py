"""The drawing of states in docs/ is that of the code. `python -m tests.desk.test_states` writes it anew."""

from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs" / "states.md"


def test_the_page_of_states_is_that_of_the_code() -> None:
    from reclaim.desk import states  # noqa: PLC0415  Django is ready only in a test

    assert DOCS.read_text(encoding="utf-8") == states.page(), "Write it anew: python -m tests.desk.test_states"


if __name__ == "__main__":
    from reclaim.config import start

    start.django()
    from reclaim.desk import states

    DOCS.write_text(states.page(), encoding="utf-8")
