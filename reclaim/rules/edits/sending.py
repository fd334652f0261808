"""Edits of frequency, dates, control numbers, attachments, accidents and admissions."""

from collections.abc import Iterator
from datetime import date, timedelta

from reclaim.rules.edits.kit import Found, Subject, edit
from reclaim.rules.sent import Value

_SOON = timedelta(days=14)
_INTERIM, _WHOLE, _STILL_HERE = ("2", "3"), ("1", "4"), "30"
_ACCIDENTS = {"AA": "an auto accident", "EM": "an accident at work", "OA": "an accident"}
_GUIDES = "005010X222A1 and X223A2"


@edit("E029", forms="PI", prevents="16", source=f"{_GUIDES}, 2400 REF*6R: unique in the claim, at most 30 characters")
def line_control_number(subject: Subject) -> Iterator[Found]:
    """Line control numbers are unique in the claim and at most 30 characters long."""
    seen: set[str] = set()
    for line in subject.sent.lines:
        one = line.control_number
        if not one:
            continue
        if one.text in seen:
            text = f"Line {line.number} has the control number of another line."
            yield Found(one, text, "Give each line its own: the payer's answer is matched by it.")
        if len(one.text) > 30:
            yield Found(one, f"The control number of line {line.number} is too long.", "Shorten it to 30 characters.")
        seen.add(one.text)


@edit("E032", forms="PI", prevents="16 18 29 N142", source=f"{_GUIDES}, CLM05-3 and 2300 REF*F8")
def replaced_claim(subject: Subject) -> Iterator[Found]:
    """A replacement or void names the claim it is for, and a new claim names none."""
    sent = subject.sent
    if sent.frequency.text in ("7", "8") and not sent.replaces:
        text = "A replacement or void does not say which claim it is for."
        yield Found(sent.replaces, text, "Enter the payer's control number of that claim (CLP07 of its remittance).")
    if sent.frequency.text == "1" and sent.replaces:
        text = "A new claim names an earlier one."
        yield Found(sent.replaces, text, "Remove the number, or send it as a replacement (7).")


@edit("E033", forms="P", prevents="16 MA130 N142", source="Medicare contractors: no frequency 7 or 8 in Part B and DME")
def payer_takes_replacements(subject: Subject) -> Iterator[Found]:
    """Medicare takes no replacement and no void of a professional claim."""
    one = subject.sent.frequency
    if subject.line_of_business == "medicare_ffs" and one.text in ("7", "8"):
        text = "Medicare takes no replacement or void of a professional claim."
        yield Found(one, text, "Send a new claim (1) if it was unprocessable (MA130); else ask for a reopening.")


@edit("E034", forms="I", prevents="16 MA43", source="NUBC: frequency of the bill and status of the patient")
def frequency_and_status(subject: Subject) -> Iterator[Found]:
    """An interim bill is for a patient who is still there, a final one is not."""
    sent = subject.sent
    frequency, status = sent.frequency.text, sent.patient_status
    if not sent.inpatient or not status:
        return
    if frequency in _INTERIM and status.text != _STILL_HERE:
        yield Found(status, "An interim bill says that the patient has left.", "Enter 30, or bill the last part (4).")
    if frequency in _WHOLE and status.text == _STILL_HERE:
        yield Found(status, "A final bill says that the patient is still there.", "Enter where the patient went.")


@edit("E036", forms="PI", prevents="29", source="filing limit of the payer (rules/book/deadlines.toml)")
def timely_filing(subject: Subject) -> Iterator[Found]:
    """A first claim leaves before the filing limit."""
    if subject.sent.frequency.text not in ("7", "8"):
        yield from _last_day(subject, subject.known.file_by, "filing limit of this payer")


@edit("E037", forms="PI", prevents="29", severity="warn", source="limit for corrections (rules/book/deadlines.toml)")
def timely_correction(subject: Subject) -> Iterator[Found]:
    """A replacement leaves within the payer's limit for corrections."""
    if subject.sent.frequency.text == "7":
        yield from _last_day(subject, subject.known.correct_by, "limit for corrected claims")


def _last_day(subject: Subject, last: date | None, what: str) -> Iterator[Found]:
    today, at = subject.known.today, _service(subject)
    if today is None or last is None:
        return
    if today > last:
        text = f"The {what} was {last:%m/%d/%Y}."
        yield Found(
            at, text, "Send it with the proof of an earlier filing, or with a delay reason (CLM20) if one holds."
        )
    elif last - today <= _SOON:
        yield Found(at, f"The {what} is {last:%m/%d/%Y}.", "Send it today.", "warn")


def _service(subject: Subject) -> Value:
    sent = subject.sent
    return sent.statement if sent.form == "I" or not sent.lines else sent.lines[0].service


@edit("E049", forms="PI", prevents="13 14 16 M52 MA31", source="own rule: the order of days")
def dates(subject: Subject) -> Iterator[Found]:
    """Days of service are in order, not in the future, within the statement, after birth and before death."""
    sent, today = subject.sent, subject.known.today
    born, died = sent.patient.birth.day, sent.death.day
    first, last = sent.statement.day, sent.statement.until
    if sent.form == "I" and first is None:
        yield Found(sent.statement, "The statement has no dates.", "Enter its first and last day.")
    for line in sent.lines:
        one = line.service
        start, end = one.day, one.until
        if not one and sent.form == "I":
            continue  # a facility's line need not have a date
        if start is None or end is None:
            yield Found(one, f"Line {line.number} has no day of service that can be read.", "Enter the day of service.")
            continue
        where = f"Line {line.number}: the day of service"
        for wrong, text in (
            (end < start, "ends before it begins"),
            (today and end > today, "lies in the future"),
            (born and start < born, "lies before the patient's birth"),
            (died and end > died, "lies after the patient's death"),
            (first and last and not first <= start <= end <= last, "lies outside the statement"),
        ):
            if wrong:
                yield Found(one, f"{where} {text}.", "Check it against the medical record.")


@edit("E050", forms="PI", prevents="19 20 22 N743 N744", source="005010X222A1, CLM11 and 2300 DTP*439")
def accident(subject: Subject) -> Iterator[Found]:
    """An accident has its date, and an auto accident its state."""
    sent = subject.sent
    for cause in sent.related_causes:
        if cause.text in _ACCIDENTS and not sent.accident:
            text = f"The claim says that it is for {_ACCIDENTS[cause.text]}, and has no date of it."
            yield Found(sent.accident, text, "Enter the date of the accident.")
        if cause.text == "AA" and not sent.accident_state:
            yield Found(sent.accident_state, "The auto accident has no state.", "Enter the state where it happened.")


@edit("E059", forms="PI", prevents="252 163 N706", source=f"{_GUIDES}, 2300 PWK")
def attachment(subject: Subject) -> Iterator[Found]:
    """A promised attachment has a control number."""
    for one in subject.sent.attachments:
        if one.transmission.text != "AA" and not one.control_number:
            text = "The claim promises an attachment without a number to find it by."
            yield Found(one.control_number, text, "Enter the number that stands on the document, too.")


@edit("E060", forms="I", prevents="16 MA40 MA41 MA42 MA43", source="005010X223A2, CL1 and 2300 DTP*435")
def admission(subject: Subject) -> Iterator[Found]:
    """A stay has its admission date, type and source, and the status of the patient."""
    sent = subject.sent
    if not sent.inpatient:
        return
    for value, what in (
        (sent.admission, "admission date"),
        (sent.admission_type, "type of admission"),
        (sent.admission_source, "source of admission"),
        (sent.patient_status, "status of the patient at discharge"),
    ):
        if not value:
            yield Found(value, f"The stay has no {what}.", "Take it from the registration.")
