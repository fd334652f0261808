"""Values of a claim as people read and type them: days like 06/01/2026, diagnosis pointers like AB. No Django here."""

import re
from datetime import datetime
from typing import Literal

from reclaim.x12.slices import Place

Kind = Literal["text", "date", "pointers", "diagnosis"]
DIAGNOSES = ("HI*ABK", "HI*ABF", "HI*BK", "HI*BF")
MOST_DIAGNOSES = 12
_RENUMBERED = re.compile("[A-L]+|[1-9]|1[0-2]")
_DAY = re.compile(r"(\d{4})(\d\d)(\d\d)")
_TYPED_DAY = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")


def kind_of(place: Place) -> Kind:
    """How the value at a place is read and typed."""
    tag = place.segment.partition("*")[0]
    if (tag, place.element) in (("DTP", 3), ("DMG", 2)) or (tag == "HI" and place.component == 4):
        return "date"
    if (tag, place.element) in (("SV1", 7), ("SV3", 11)):
        return "pointers"
    return "diagnosis" if place.segment in DIAGNOSES and place.component == 2 else "text"


def read(text: str, kind: Kind) -> str:
    """A value of the claim as people read it."""
    if kind == "date":
        return " - ".join(_DAY.sub(r"\2/\3/\1", each, count=1) for each in text.split("-")) if text else ""
    if kind == "pointers":
        parts = [each for each in re.split(r"[^0-9]+", text) if each]
        return "".join(chr(64 + int(each)) if 0 < int(each) <= MOST_DIAGNOSES else f" {each}" for each in parts)
    return text


def days_of(text: str) -> str:
    """A day, or two with a dash between them, as the claim has it.

    Raises:
        ValueError: there is no such day, or the text is none.
    """

    def turned(found: re.Match[str]) -> str:
        try:
            day = datetime(int(found[3]), int(found[1]), int(found[2]))  # noqa: DTZ001  a day has no zone
        except ValueError:
            raise ValueError("There is no such day. Write it like 06/01/2026.") from None
        return f"{day:%Y%m%d}"

    said = re.sub(r"\s*-\s*", "-", _TYPED_DAY.sub(turned, text.strip()))
    if not re.fullmatch(r"[0-9: -]*", said):
        raise ValueError("Write a day like 06/01/2026, or two with a dash between them.")
    return said.replace(" ", "") if re.fullmatch(r"\d{8}-\d{8}", said) else re.sub(r"[ :]", "", said)


def pointers_of(text: str) -> tuple[str, ...] | str:
    """Diagnosis pointers as the claim has them, from letters or numbers; "" for none.

    Raises:
        ValueError: the text holds something else.
    """
    said = _RENUMBERED.findall(text.upper())
    if re.sub(r"[\s,:]", "", text.upper()) != "".join(said):
        raise ValueError("Name diagnoses by their letters, the first one first, such as AB.")
    letters = [letter for each in said for letter in (each if each.isalpha() else [chr(64 + int(each))])]
    return tuple(str(ord(each) - 64) for each in letters) if letters else ""
