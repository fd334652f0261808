"""The envelope segments of a file, followed from piece to piece: what it holds, and whether its counts are right."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from reclaim.x12.findings import Finding, Level, quoted

KINDS = {
    "270": "eligibility inquiry", "271": "eligibility answer", "275": "attachment", "276": "status inquiry",
    "277": "status answer", "277CA": "claim acknowledgement", "278": "authorization", "820": "premium payment",
    "824": "application advice", "834": "enrollment", "835": "remittance", "837": "claims",
    "837D": "dental claims", "837I": "institutional claims", "837P": "professional claims",
    "997": "functional acknowledgement", "999": "implementation acknowledgement", "TA1": "interchange acknowledgement",
}  # fmt: skip
"""The transactions that Reclaim knows by name."""

VARIANTS = {
    ("837", "X222"): "837P", ("837", "X098"): "837P", ("837", "X223"): "837I", ("837", "X096"): "837I",
    ("837", "X224"): "837D", ("837", "X097"): "837D", ("277", "X214"): "277CA", ("277", "X167"): "277CA",
}  # fmt: skip
"""One number, several guides: told apart by the version in ST03 or GS08."""


class Control(NamedTuple):
    """One envelope segment: its tag, its elements (the tag first) and its number in the file, from 1."""

    tag: str
    elements: Sequence[str]
    segment: int

    def element(self, position: int) -> str:
        """An element, stripped; "" when it was not sent."""
        return self.elements[position].strip() if position < len(self.elements) else ""


class Interchange(NamedTuple):
    """Who sent an interchange to whom, and its number: what tells it from every other."""

    sender: str
    receiver: str
    control_number: str
    segment: int


@dataclass(slots=True)
class Contents:
    """What stood in a file so far, and the loops of its envelope that are still open."""

    interchanges: list[Interchange] = field(default_factory=list)
    transactions: dict[str, int] = field(default_factory=dict)  # kind: how many
    findings: list[Finding] = field(default_factory=list)
    open: dict[str, Control] = field(default_factory=dict)  # ISA, GS, ST
    within: dict[str, int] = field(default_factory=dict)  # groups in the ISA, transactions in the GS

    def follow(self, control: Control, last: int) -> str:
        """Take the next envelope segment; the kind of transaction when it opens one, else "".

        Args:
            control: the segment.
            last: the number of the segment before it.
        """
        match control.tag:
            case "ISA":
                self._close("ISA", last)
                self._open("ISA", control)
                sender, receiver = (f"{control.element(at)}:{control.element(at + 1)}" for at in (5, 7))
                self.interchanges.append(Interchange(sender, receiver, control.element(13), control.segment))
            case "GS":
                self._close("GS", last)
                self._open("GS", control)
            case "ST":
                self._close("ST", last)
                self._open("ST", control)
                return self._transaction(control)
            case "TA1":
                self.transactions["TA1"] = self.transactions.get("TA1", 0) + 1
            case "SE" | "GE" | "IEA":
                self._trailer(control, {"SE": "ST", "GE": "GS", "IEA": "ISA"}[control.tag], last)
        return ""

    def end(self, last: int) -> None:
        """The file has ended: note what is still open."""
        self._close("ISA", last)

    def _open(self, tag: str, control: Control) -> None:
        self.open[tag] = control
        self.within[tag] = 0
        outer = {"ST": "GS", "GS": "ISA"}.get(tag)
        if outer in self.open:
            self.within[outer] += 1

    def _transaction(self, control: Control) -> str:
        group = self.open.get("GS")
        kind = kind_of(control.element(1), control.element(3) or (group.element(8) if group else ""))
        self.transactions[kind] = self.transactions.get(kind, 0) + 1
        if not group and "ISA" in self.open:
            self._note("warning", "envelope-missing", control.segment, "GS", "ST stands without a GS before it.")
        if kind not in KINDS:
            said = f"ST01 says “{kind[:8]}”, which is no transaction that Reclaim knows. It was left out."
            self._note("error", "transaction-unknown", control.segment, "ST01", said)
        return kind

    def _trailer(self, trailer: Control, tag: str, last: int) -> None:
        """A trailer closes the loop of a header, if that is open: compare the numbers and counts of the two."""
        for inner in INNER[tag][-1:]:
            self._close(inner, last)
        header = self.open.pop(tag, None)
        if header is None:
            said = f"{trailer.tag} stands without its {tag}. Ask the sender for the whole file."
            self._note("error", "envelope-missing", trailer.segment, tag, said)
            return
        place = {"ST": 2, "GS": 6, "ISA": 13}[tag]
        theirs, ours = header.element(place), trailer.element(2)
        if not same_number(theirs, ours):
            said = f"{trailer.tag}02 is {shown(ours)} but {tag}{place:02d} is {shown(theirs)}: two files may be mixed."
            self._note("error", "control-number", trailer.segment, f"{trailer.tag}02", said)
        true = trailer.segment - header.segment + 1 if tag == "ST" else self.within[tag]
        if not same_number(trailer.element(1), str(true)):
            what = {"ST": "segments", "GS": "transactions", "ISA": "groups"}[tag]
            said = f"{trailer.tag}01 promises {shown(trailer.element(1))} {what} and {true} were found."
            said += " Something is missing or doubled; ask the sender for the file again."
            self._note("error", "count", trailer.segment, f"{trailer.tag}01", said)

    def _close(self, tag: str, last: int) -> None:
        """A loop ends without its trailer, because the next one begins or the file ends; so do those within it."""
        missing = [self.open.pop(each) for each in (*INNER[tag], tag) if each in self.open]
        if missing:
            trailers = ", ".join(TRAILERS[each.tag] for each in missing)
            outer = missing[-1]
            said = f"{trailers} missing after segment {last:,}: {outer.tag} of segment {outer.segment:,} is cut off."
            said += " What is there was read; ask the sender for the whole file."
            self._note("error", "cut-off", last, trailers, said)

    def _note(self, level: Level, rule: str, segment: int, path: str, text: str) -> None:
        self.findings.append(Finding(level, rule, segment, path, text))


TRAILERS = {"ISA": "IEA", "GS": "GE", "ST": "SE"}
INNER = {"ISA": ("ST", "GS"), "GS": ("ST",), "ST": ()}  # innermost first


def kind_of(number: str, version: str) -> str:
    """The kind of a transaction by its ST01 and the version of its guide: "837" and "005010X222A1" give "837P"."""
    number = number.strip()
    return next(
        (kind for (base, guide), kind in VARIANTS.items() if base == number and guide in version.upper()), number
    )


def same_number(one: str, other: str) -> bool:
    """Whether two control numbers or counts are the same; leading zeros do not matter."""
    return one == other or (one.isdecimal() and other.isdecimal() and one.lstrip("0") == other.lstrip("0"))


def shown(text: str) -> str:
    """A value in a sentence, "nothing" when it was not sent."""
    return quoted(text) or "nothing"
