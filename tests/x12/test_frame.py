"""Segments with their place in the file: spans to the byte, names in every encoding, loops and their keys."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reclaim.x12.frame import OUTSIDE, Separators, segments, zoned
from tests.x12.build import OFFICE, SPEC, VISIT, interchange, plain, read, text, transaction
from tests.x12.forms import FORMS, Form

STAR = Separators("*", ":", "~")
TAGS = SPEC.tags
IN_PLACE = {name: form for name, form in FORMS.items() if "UTF-16" not in name}


@pytest.mark.parametrize("form", [pytest.param(form, id=name) for name, form in IN_PLACE.items()])
def test_spans_are_the_bytes_of_each_claim(form: Form) -> None:
    answer = read(form.data)
    assert [claims_in(form.data[start:end]) for start, end in answer.spans] == [1, 1, 1]
    for (start, end), (name,) in zip(answer.spans, answer.rows("claims", "control_number"), strict=True):
        claim = form.data[start:end].upper().replace(b"\r", b"").replace(b"\n", b"").replace(b" ", b"")
        assert claim[:3] == b"CLP"
        assert claim[4:6].decode() == name.upper()
        assert form.data[end:].lstrip(b" \t\r\n*").upper()[:1] in {b"C", b"P", b"S", b"G", b"I", b""}


@pytest.mark.parametrize("name", sorted(set(FORMS) - set(IN_PLACE)))
def test_spans_of_utf_16_count_its_utf_8_form(name: str) -> None:
    encoding = "utf-16" if name.endswith("its mark") else "utf-16-le" if "little" in name else "utf-16-be"
    data = FORMS[name].data.decode(encoding).encode()
    claims = [data[start:end] for start, end in read(FORMS[name].data).spans]
    assert [(claim[:6], claim[-1:], claims_in(claim)) for claim in claims] == [
        (b"CLP*A1", b"~", 1),
        (b"CLP*A2", b"~", 1),
        (b"CLP*A3", b"~", 1),
    ]


NAMES = {
    "ASCII": b"O'NEIL",
    "UTF-8": "MÜLLER-LÜDENSCHEIDT 漢字 😀".encode(),
    "Latin-1": "MÜLLER".encode("latin-1"),
    "Latin-1, a byte that begins a character of UTF-8": "ÉTÉ Ã".encode("latin-1"),
    "Windows": b"O\x92NEIL",
    "a mark within": "A\ufeffB".encode(),
    "a NUL within": b"A\0B",
}


@pytest.mark.parametrize("first", NAMES)
@pytest.mark.parametrize("second", NAMES)
def test_every_name_keeps_its_bytes_and_its_place(first: str, second: str) -> None:
    file = text(interchange(transaction(OFFICE, VISIT)), after="\r\n").encode()
    data = file.replace(b"*DOE*", b"*" + NAMES[first] + b"*").replace(b"*POE*", b"*" + NAMES[second] + b"*")
    answer = read(data)
    names = [name for name, role in answer.rows("names", "last_name", "role") if role == "QC"]
    assert names == [as_people_read(NAMES[first]), as_people_read(NAMES[second])]
    (one, two) = (data[start:end] for start, end in answer.spans)
    assert one.startswith(b"CLP*A1*")
    assert one.endswith(b"LQ*HE*N130~")
    assert two == b"CLP*A3*1*50.00*50.00*0*12*P3~\r\nNM1*QC*1*" + NAMES[second] + b"*ANNA~"
    assert answer.found == []


words = st.binary(max_size=12).map(lambda data: bytes(byte for byte in data if byte not in b"*:~\r\n"))


@settings(deadline=None)
@given(st.lists(words, min_size=1, max_size=8), st.sampled_from([b"", b"\n", b"\r\n", b" \t\0"]))
def test_segments_stand_where_they_say(contents: list[bytes], after: bytes) -> None:
    data = b"".join(b"NM1*" + word + b"~" + after for word in contents)
    rows = segments(data, STAR, TAGS).select("start", "end", "tag").rows()
    assert [data[start:end] for start, end, _ in rows] == [b"NM1*" + word + b"~" for word in contents]
    assert {tag for *_, tag in rows} == {"NM1"}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", []),
        (b"~~ ~\n~", []),
        (b"CLP*1~", [("CLP", ["CLP", "1"])]),
        (b"CLP*1", [("CLP", ["CLP", "1"])]),
        (b"clp*a~", [("CLP", ["clp", "a"])]),
        (b"Clp *a~", [("CLP", ["Clp ", "a"])]),
        (b"\xef\xbb\xbfCLP*1~", [("CLP", ["CLP", "1"])]),
        (b"C\r\nLP*1\n2*~", [("CLP", ["CLP", "12", ""])]),
        (b"*1~", [("", ["", "1"])]),
        (b"XYZ*1~CLP~", [("XYZ", ["XYZ", "1"]), ("CLP", ["CLP"])]),
    ],
)
def test_segments(data: bytes, expected: list[tuple[str, list[str]]]) -> None:
    assert segments(data, STAR, TAGS).select("tag", "elements").rows() == expected


def test_loops_and_their_keys() -> None:
    frame = zoned(segments(text(plain()).encode(), STAR, TAGS), SPEC)
    names = [zone.name for zone in SPEC.zones]
    loops = {
        f"{tag} {'*'.join(elements[1:2])}": (names[zone] if zone != OUTSIDE else "", *keys)
        for tag, elements, zone, *keys in frame.select("tag", "elements", "zone", *SPEC.keys).iter_rows()
    }
    assert loops["GS HP"] == ("", None, None, None, None)
    assert loops["BPR I"] == ("transaction", 2, None, None, None)
    assert loops["N4 HARTFORD"] == ("payer", 2, None, None, None)
    assert loops["REF TJ"] == ("payee", 2, None, None, None)
    assert loops["CLP A1"] == ("claim", 1, None, 1, None)
    assert loops["CAS PR"] == ("line", 1, None, 1, 1)
    assert loops["LQ HE"] == ("line", 1, None, 1, 2)
    assert loops["CLP A2"] == ("claim", 1, None, 2, None)
    assert loops["PLB 1999999984"] == ("summary", 1, None, None, None)
    assert loops["CLP A3"] == ("claim", 2, None, 3, None)
    assert loops["IEA 1"] == ("", None, None, None, None)


def claims_in(data: bytes) -> int:
    return data.replace(b"\r", b"").replace(b"\n", b"").upper().count(b"CLP")


def as_people_read(name: bytes) -> str:
    """UTF-8 where it is, else the character of each byte."""
    try:
        return name.decode()
    except UnicodeDecodeError:
        return name.decode("latin-1")
