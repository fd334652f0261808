"""The forms that remittances take in real life, each made from the plain one, with what the reader should say of it."""

import codecs
import re
from typing import NamedTuple

from tests.x12.build import ACKNOWLEDGEMENT, interchange, plain, text

SEGMENTS = plain()
PLAIN = text(SEGMENTS)
ISA, GS = SEGMENTS[:2]
SECOND = SEGMENTS.index("ST*835*0002")
UTF_16 = ["info encoding"]
NO_ISA = ["error envelope-missing ISA"]


class Form(NamedTuple):
    """Bytes that should read as the plain form does, and the findings that they deserve."""

    data: bytes
    found: list[str]


def form(data: str | bytes | list[str], *found: str) -> Form:
    """A form from text, bytes or segments."""
    data = text(data) if isinstance(data, list) else data
    return Form(data.encode() if isinstance(data, str) else data, list(found))


def wrapped(width: int, end: str) -> str:
    """The plain form broken into lines of the same length, wherever that falls."""
    return end.join(PLAIN[at : at + width] for at in range(0, len(PLAIN), width)) + end


def padded(segments: list[str]) -> list[str]:
    """Blanks around every element and component, those of the ISA apart."""
    return [segments[0], *(segment.replace("*", " *  ") + " " for segment in segments[1:])]


def without_padding(isa: str) -> str:
    """An ISA as careless senders write it: its elements without their blanks."""
    return re.sub(" +", "", isa)


def apart(segments: list[str]) -> tuple[list[str], list[str]]:
    """The two remittances of the plain form, each in an interchange of its own."""
    first = [*segments[:SECOND], "GE*1*1", segments[-1]]
    return first, interchange(segments[SECOND:-2], control="000000002")


ONE, OTHER = apart(SEGMENTS)
GROUPS = [*SEGMENTS[:SECOND], "GE*1*1", GS.replace("*1*X*", "*2*X*"), *SEGMENTS[SECOND:-2], "GE*1*2", "IEA*2*000000001"]
TA1 = "TA1*000000905*261101*1200*A*000"
BETWEEN = [ISA, TA1, GS, *ACKNOWLEDGEMENT, *SEGMENTS[2:SECOND], *ACKNOWLEDGEMENT, *SEGMENTS[SECOND:-2]]
COMPONENT = ["warning separator ISA16"]

FORMS: dict[str, Form] = {
    # Characters
    "byte order mark": form(codecs.BOM_UTF8 + PLAIN.encode()),
    "UTF-16 little-endian with its mark": form(codecs.BOM_UTF16_LE + PLAIN.encode("utf-16-le"), *UTF_16),
    "UTF-16 big-endian with its mark": form(codecs.BOM_UTF16_BE + PLAIN.encode("utf-16-be"), *UTF_16),
    "UTF-16 little-endian without mark": form(PLAIN.encode("utf-16-le"), *UTF_16),
    "UTF-16 big-endian without mark": form(PLAIN.encode("utf-16-be"), *UTF_16),
    "UTF-16 little-endian after a blank line": form(("\r\n" + PLAIN).encode("utf-16-le"), *UTF_16),
    "UTF-16 big-endian after a blank line": form(("\r\n" + PLAIN).encode("utf-16-be"), *UTF_16),
    # Line breaks and blanks
    "blanks before": form(" \t\r\n\r\n" + PLAIN),
    "NULs before": form("\0" * 100 + PLAIN),
    "a line for each segment": form(text(SEGMENTS, after="\n")),
    "a Windows line for each segment": form(text(SEGMENTS, after="\r\n")),
    "an old Mac line for each segment": form(text(SEGMENTS, after="\r")),
    "blank lines between": form(text(SEGMENTS, after="\n\n \n")),
    "indented lines": form(text(SEGMENTS, after="\n\t  ")),
    "line breaks as terminators": form(text(SEGMENTS, "*:\n")),
    "Windows line breaks as terminators": form(text(SEGMENTS, "*:\r", after="\n")),
    "carriage returns as terminators": form(text(SEGMENTS, "*:\r")),
    "line breaks as terminators, the last one missing": form(text(SEGMENTS, "*:\n").rstrip()),
    "wrapped at 80 columns": form(wrapped(80, "\n")),
    "wrapped at 80 columns by Windows": form(wrapped(80, "\r\n")),
    "wrapped at 72 columns": form(wrapped(72, "\n")),
    "wrapped at 10 columns": form(wrapped(10, "\n")),
    "trailing NULs": form(PLAIN + "\0" * 3000),
    "trailing Ctrl-Z": form(PLAIN + "\r\n\x1a"),
    "the last terminator missing": form(PLAIN[:-1]),
    # Separators
    "control characters as separators": form(text(SEGMENTS, "\x1d\x1f\x1c")),
    "bars and carets": form(text(SEGMENTS, "|^!")),
    "tabs as separators": form(text(SEGMENTS, "\t:~")),
    "tabs as terminators": form(text(SEGMENTS, "*:\t")),
    "Latin-1 separators": form(text(SEGMENTS, "¦§¬").encode("latin-1")),
    "a component separator that ISA16 does not declare": form(text([ISA.replace(":", ">"), *SEGMENTS[1:]]), *COMPONENT),
    "ISA16 left blank": form(text([ISA.replace(":", " "), *SEGMENTS[1:]]), *COMPONENT),
    # Elements
    "lower case": form(PLAIN.lower()),
    "padded elements": form(padded(SEGMENTS)),
    "trailing separators": form([ISA, *(f"{segment}**" for segment in SEGMENTS[1:])]),
    "an ISA without its blanks": form([without_padding(ISA), *SEGMENTS[1:]]),
    "an ISA with too many blanks": form([ISA.replace("ACME ", "ACME      "), *SEGMENTS[1:]]),
    "a blank before the terminator of the ISA": form([f"{ISA} ", *SEGMENTS[1:]]),
    "version 4010, where ISA11 is a standard": form([ISA.replace("^", "U"), *SEGMENTS[1:]]),
    # Envelope
    "IEA missing": form(SEGMENTS[:-1], "error cut-off IEA"),
    "GE and IEA missing": form(SEGMENTS[:-2], "error cut-off GE, IEA"),
    "all trailers missing": form(SEGMENTS[:-3], "error cut-off SE, GE, IEA"),
    "every SE missing": form(
        [segment for segment in SEGMENTS if segment[:2] != "SE"], "error cut-off SE", "error cut-off SE"
    ),
    "begins with GS": form(SEGMENTS[1:], *NO_ISA, "error envelope-missing ISA"),
    "begins with ST": form(SEGMENTS[2:], *NO_ISA, "error envelope-missing GS", "error envelope-missing ISA"),
    "begins with GS, control characters as separators": form(
        text(SEGMENTS[1:], "\x1d\x1f\x1c"), *NO_ISA, "error envelope-missing ISA"
    ),
    "begins with GS, a line for each segment": form(text(SEGMENTS[1:], "*>\n"), *NO_ISA, "error envelope-missing ISA"),
    "begins with GS, lower case": form(text(SEGMENTS[1:]).lower(), *NO_ISA, "error envelope-missing ISA"),
    "the head of a mail before": form("Subject: remittance\nTo: ISABEL\n\n" + PLAIN, "error bytes-outside ISA"),
    "two groups": form(GROUPS),
    "two interchanges": form([*ONE, *OTHER]),
    "two interchanges with separators of their own": form(text(ONE) + text(OTHER, "|>!")),
    "two interchanges, one in lower case": form(text(ONE) + text(OTHER, "|>!").lower()),
    "two interchanges, a mark between": form(
        codecs.BOM_UTF8 + text(ONE).encode() + codecs.BOM_UTF8 + text(OTHER, "|>!").encode()
    ),
    "two interchanges, blanks and NULs between": form(text(ONE) + "\r\n\0\0\x1a\r\n" + text(OTHER, "*:\n")),
    "two interchanges, the first without its end": form(
        text(ONE[:-2], after="\n") + text(OTHER, "|>!"), "error cut-off GE, IEA"
    ),
    "two interchanges, no blanks in the ISA of the second": form(
        text(ONE, "*:\n") + text([without_padding(OTHER[0]), *OTHER[1:]], "|>!")
    ),
    "two interchanges, one with an undeclared component separator": form(
        text(ONE) + text(OTHER).replace(":~", ">~", 1)
    ),
    "other transactions between, TA1 before GS": form([*BETWEEN, "GE*4*1", "IEA*1*000000001"]),
}
