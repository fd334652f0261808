"""Edits of diagnoses (HI) and of the pointers to them."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import combinations
from typing import NamedTuple

from reclaim.codes import icd10cm
from reclaim.rules import shelf
from reclaim.rules.edits.kit import Found, Subject, edit
from reclaim.rules.sent import Diagnosis

_ICD10 = "ICD-10-CM, April 2026 release (public domain)"
_OWN = ("ABK", "ABF")
_CHECK = "Check the code against the medical record."


class _Fit(NamedTuple):
    words: str
    codes: tuple[str, ...]
    sex: str = ""
    ages: tuple[int, ...] = ()


def _billed(subject: Subject) -> Iterator[Diagnosis]:
    return (one for one in subject.sent.diagnoses if one.qualifier.startswith("AB") or one.qualifier == "APR")


@edit("E010", forms="PI", prevents="146 16 M76 MA63", source=_ICD10)
def billable_diagnosis(subject: Subject) -> Iterator[Found]:
    """Each diagnosis is a billable code on the day of service."""
    day = subject.sent.service_to
    covered = day is not None and icd10cm.covers(day)  # else the release may not be that of the day
    for one in _billed(subject):
        code = one.code.text.replace(".", "").upper()
        if icd10cm.billable(code) is None:
            more = icd10cm.longer(code)
            remedy = f"Code it in full, such as {', '.join(more)}." if more else _CHECK
            text = f"{one.code.text} is no billable diagnosis code in the release of April 2026."
            yield Found(one.code, text, remedy, None if covered else "warn")


@edit("E011", forms="PI", prevents="146 M76", source="005010X222A1 and X223A2, 2300 HI: no decimal point")
def plain_diagnosis(subject: Subject) -> Iterator[Found]:
    """Diagnosis codes have no decimal point and no small letters."""
    for one in _billed(subject):
        if not re.fullmatch(r"[A-Z0-9]{3,7}", one.code.text):
            text = f"{one.code.text} is not written as a diagnosis code on a claim."
            yield Found(one.code, text, "Write it in capitals, without the point.")


@edit("E012", forms="PI", prevents="9 10 N517 M76", severity="warn", source="Medicare Code Editor, age bands")
def fits_the_patient(subject: Subject) -> Iterator[Found]:
    """Diagnoses fit the age and sex of the patient."""
    patient, day = subject.sent.patient, subject.sent.service_from
    born = patient.birth.day
    for one in _billed(subject):
        for fit in _fits().get(one.code.text[:1], ()):
            if not any(icd10cm.within(one.code.text, codes) for codes in fit.codes):
                continue
            if born and day and fit.ages:
                age = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
                if not fit.ages[0] <= age <= fit.ages[1]:
                    text = f"{one.code.text} is for {fit.words}; the patient is {age} years old."
                    yield Found(one.code, text, "Check the diagnosis and the date of birth.")
            if fit.sex and patient.sex.text in ("F", "M") and patient.sex.text != fit.sex:
                text = f"{one.code.text} is for {fit.words}, and the claim says {patient.sex.text}."
                remedy = "Check both. If both are right, send it with KX (837P) or condition code 45 (837I)."
                yield Found(one.code, text, remedy, "info")


@edit("E013", forms="PI", prevents="11 146 M64", severity="warn", source=f"{_ICD10}, Excludes1 notes")
def never_together(subject: Subject) -> Iterator[Found]:
    """No two diagnoses exclude each other."""
    codes = [one for one in subject.sent.diagnoses if one.qualifier in _OWN]
    for one, other in combinations(codes, 2):
        if one.code.text != other.code.text and icd10cm.never_with(one.code.text, other.code.text):
            text = f"{one.code.text} and {other.code.text} exclude each other by the tabular list (Excludes1)."
            yield Found(other.code, text, "Keep the one that the record supports.")


@edit("E014", forms="PI", prevents="146 MA63", source=f"{_ICD10}, code first notes; Medicare Code Editor")
def first_diagnosis(subject: Subject) -> Iterator[Found]:
    """The first diagnosis is neither a manifestation nor an external cause."""
    first = next((one.code for one in subject.sent.diagnoses if one.qualifier == "ABK"), None)
    if first is None:
        return
    known = icd10cm.billable(first.text)
    if first.text[:1] in ("V", "W", "X", "Y"):
        text = f"{first.text} says how an injury happened. It cannot come first."
        yield Found(first, text, "Put the injury first.")
    elif known and known.manifestation:
        text = f"{first.text} is a manifestation. The disease behind it comes first."
        yield Found(first, text, "Put the underlying disease first.")


@edit("E015", forms="PI", prevents="11 50 M76", severity="info", source=f"{_ICD10}, codes for right and left")
def side_of_diagnosis(subject: Subject) -> Iterator[Found]:
    """Diagnoses name the side where codes for right and left exist."""
    for one in _billed(subject):
        known = icd10cm.billable(one.code.text)
        if known and known.unsided:
            text = f"{one.code.text} leaves the side open, and codes for right and left exist."
            yield Found(one.code, text, "Take the side from the medical record.")


@edit("E031", forms="P", prevents="16 11 M76 M64", source="005010X222A1, 2400 SV107")
def pointers(subject: Subject) -> Iterator[Found]:
    """Each line points to a diagnosis of the claim."""
    count = sum(1 for one in subject.sent.diagnoses if one.qualifier in _OWN)
    for line in subject.sent.lines:
        if not line.pointers:
            at = line.procedure
            yield Found(
                at, f"Line {line.number} points to no diagnosis.", "Point it to the diagnosis that explains it."
            )
        for one in line.pointers:
            if not (one.text.isdecimal() and 1 <= int(one.text) <= min(count, 12)):
                text = f"Line {line.number} points to diagnosis {one.text}; the claim has {count}."
                yield Found(one, text, "Point it to a diagnosis of the claim.")


@cache
def _fits() -> Mapping[str, tuple[_Fit, ...]]:
    """Those that may fit, by the first letter of a code."""
    rows = shelf.entries(shelf.BOOKS / "fits.toml", "fit", _Fit)
    letters = {code[0] for row in rows for code in row.codes}
    return {letter: tuple(row for row in rows if any(code[0] == letter for code in row.codes)) for letter in letters}
