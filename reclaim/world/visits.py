"""Typical claims by form, age, sex and season, priced by our fees: book/care.toml made ready for drawing."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from typing import Literal, NamedTuple

from reclaim.rules import shelf
from reclaim.world.chance import Weighted
from reclaim.world.model import Cents
from reclaim.world.patients import Age
from reclaim.world.payers import BOOKS
from reclaim.world.places import Setting

_BOOK = BOOKS / "care.toml"
_WINTER, _SUMMER = (12, 1, 2), (6, 7, 8)
_BILL_TYPES = {"outpatient": "13", "inpatient": "11"}

Form = Literal["professional", "outpatient", "inpatient"]
Class = Age | Literal["injured"]
"""Ages, and apart from them whoever comes with an accident that somebody else pays for."""


class Item(NamedTuple):
    """A service that a visit may hold."""

    procedure: str  # "" where the revenue code says all
    modifiers: tuple[str, ...]
    revenue_code: str  # "" on professional claims
    fewest: int  # units
    most: int  # 0: as many as the stay has days
    chance: float  # that the visit holds it
    fee: Cents  # of one unit
    varies: float  # share of the fee by which it goes up and down


class Visit(NamedTuple):
    """A typical claim."""

    name: str
    form: Form
    setting: Setting
    specialty: str
    items: tuple[Item, ...]
    diagnoses: tuple[tuple[str, ...], ...]  # one group of them comes first
    also: tuple[str, ...]
    authorization: bool  # whoever wants authorizations wants one for it
    referral: bool  # whoever wants referrals wants one for it
    bill_type: str
    drg: str
    days: int


class _Row(NamedTuple):
    name: str
    form: Form
    setting: Setting
    specialty: str
    ages: tuple[Literal["toddler", "child", "teen", "adult", "senior", "injured"], ...]
    weight: int
    lines: tuple[str, ...]
    diagnoses: tuple[str, ...]
    also: tuple[str, ...] = ()
    sex: Literal["F", "M", ""] = ""
    sided: bool = False
    winter: Decimal = Decimal(1)
    authorization: bool = False
    drg: str = ""
    days: int = 1


class _Fee(NamedTuple):
    code: str
    professional: int = 0
    facility: int = 0
    revenue: str = ""
    varies: Decimal = Decimal(0)


class _Part(NamedTuple):
    modifier: str
    share: Decimal


class _Mix(NamedTuple):
    age: str
    professional: Decimal
    outpatient: Decimal
    inpatient: Decimal


class _Authorization(NamedTuple):
    line_of_business: str


class _Referral(NamedTuple):
    specialty: str


class _Pace(NamedTuple):
    week: tuple[Decimal, ...]


class _Hold(NamedTuple):
    fewest: int
    most: int


@cache
def choice(age: Class, sex: str, month: int) -> Weighted[Visit]:
    """What somebody of this age and sex (F, M) comes for in a month of the year (1 to 12), each by its weight."""
    mix = next(row for row in shelf.entries(_BOOK, "mix", _Mix) if row.age == age)
    visits: list[Visit] = []
    weights: list[float] = []
    for form, share in (
        ("professional", mix.professional),
        ("outpatient", mix.outpatient),
        ("inpatient", mix.inpatient),
    ):
        fitting = [row for row in _rows() if row.form == form and age in row.ages and row.sex in ("", sex)]
        total = sum(_weight(row, month) for row in fitting)
        for row in fitting:
            versions = _versions()[row.name]
            visits += versions
            weights += [float(share) * _weight(row, month) / total / len(versions)] * len(versions)
    return Weighted(visits, weights)


@cache
def wants_authorization() -> frozenset[str]:
    """Lines of business whose payers want authorizations."""
    return frozenset(row.line_of_business for row in shelf.entries(_BOOK, "authorization", _Authorization))


@cache
def pace() -> tuple[float, ...]:
    """How much care clinics and outpatients get on each day of the week, Monday first."""
    return tuple(float(share) for share in shelf.entries(_BOOK, "pace", _Pace)[0].week)


@cache
def hold() -> range:
    """Days from the last service until a claim is sent."""
    row = shelf.entries(_BOOK, "hold", _Hold)[0]
    return range(row.fewest, row.most + 1)


# --- from the book ----------------------------------------------------------------------------------------------------


@cache
def _rows() -> tuple[_Row, ...]:
    return shelf.entries(_BOOK, "visit", _Row)


@cache
def _versions() -> Mapping[str, list[Visit]]:
    """Each visit of the book by its name: once, or for the right and the left side."""
    return {row.name: list(_sides(row)) for row in _rows()}


def _weight(row: _Row, month: int) -> float:
    season = float(row.winter)
    if month in _WINTER:
        return row.weight * season
    return row.weight / season if month in _SUMMER else row.weight


def _sides(row: _Row) -> Iterator[Visit]:
    for modifier, digit in (("RT", "1"), ("LT", "2")) if row.sided else (("", ""),):
        yield Visit(
            name=row.name,
            form=row.form,
            setting=row.setting,
            specialty=row.specialty,
            items=tuple(_item(text.replace("@", modifier), row.form) for text in row.lines),
            diagnoses=tuple(tuple(text.replace("@", digit).split()) for text in row.diagnoses),
            also=tuple(text.replace("@", digit) for text in row.also),
            authorization=row.authorization,
            referral=row.form == "professional" and row.specialty in _referred(),
            bill_type=_BILL_TYPES.get(row.form, ""),
            drg=row.drg,
            days=row.days,
        )


@cache
def _referred() -> frozenset[str]:
    return frozenset(row.specialty for row in shelf.entries(_BOOK, "referral", _Referral))


def _item(text: str, form: Form) -> Item:
    """Reads `97110:GP*2-4 30`: code, modifiers, units, times out of 100."""
    service, _, percent = text.partition(" ")
    coded, _, units = service.partition("*")
    code, *modifiers = coded.split(":")
    fewest, _, most = units.partition("-")
    stay = units == "D"
    fee = _fees()[code]
    procedure = "" if fee.facility and not fee.revenue else code
    return Item(
        procedure=procedure,
        modifiers=tuple(modifiers),
        revenue_code="" if form == "professional" else fee.revenue or code,
        fewest=1 if stay else int(fewest or 1),
        most=0 if stay else int(most or fewest or 1),
        chance=int(percent or 100) / 100,
        fee=_cents(fee, form, modifiers),
        varies=float(fee.varies),
    )


def _cents(fee: _Fee, form: Form, modifiers: list[str]) -> Cents:
    share = next((part for modifier in modifiers if (part := _parts().get(modifier))), Decimal(1))
    return int((fee.professional if form == "professional" else fee.facility) * share * 100)


@cache
def _parts() -> Mapping[str, Decimal]:
    return {row.modifier: row.share for row in shelf.entries(_BOOK, "part", _Part)}


@cache
def _fees() -> Mapping[str, _Fee]:
    return {row.code: row for row in shelf.entries(_BOOK, "fee", _Fee)}
