"""Who bills and where care is given, from book/places.toml."""

from functools import cache
from typing import Literal, NamedTuple

from reclaim.rules import shelf
from reclaim.world import names
from reclaim.world.model import Entity, Location
from reclaim.world.npi import npi, tax_id
from reclaim.world.payers import BOOKS

BOOK = BOOKS / "places.toml"
GROUP, HOSPITAL = "GROUP", "HOSPITAL"
_FIRST_PLACE = 100  # number of the first place's NPI; the entities' stand before it

Setting = Literal["clinic", "outpatient", "emergency", "inpatient"]


class Place(NamedTuple):
    """One entry of the book: a location, and what stays inside the group."""

    id: str
    name: str
    town: str
    setting: Setting
    place_of_service: str
    specialties: tuple[str, ...]
    from_claims: int = 0
    suffix: str = ""


class _Entity(NamedTuple):
    id: Literal["GROUP", "HOSPITAL"]
    name: str
    taxonomy: str
    street: str
    town: str
    phone: str


def entities() -> dict[str, Entity]:
    """The professional group (`GROUP`) and the hospital (`HOSPITAL`), by id."""
    return {
        row.id: Entity(
            id=row.id,
            name=row.name,
            npi=npi(number),
            tax_id=tax_id(number),
            taxonomy=row.taxonomy,
            address=names.address(row.street, row.town),
            phone=row.phone,
        )
        for number, row in enumerate(shelf.entries(BOOK, "entity", _Entity), 1)
    }


@cache
def all_places() -> dict[str, Place]:
    """Every place of the book by its id."""
    return {place.id: place for place in shelf.entries(BOOK, "place", Place)}


def places(claims_per_month: int) -> list[Place]:
    """The places that a group of this size has: six to ten clinics and the hospital's three."""
    return [place for place in all_places().values() if place.from_claims <= claims_per_month]


def location(place: Place) -> Location:
    """A place as claims name it. The hospital bills for its own places, beside the professionals who work there."""
    number = _FIRST_PLACE + list(all_places()).index(place.id)
    clinic = place.setting == "clinic"
    roads = names.words("street")
    street = f"{number} {roads[number % len(roads)]} {names.words('road')[0]}" if clinic else _hospital_street()
    return Location(
        id=place.id,
        name=place.name,
        npi=npi(number),
        address=names.address(street, place.town),
        place_of_service=place.place_of_service,
        entity=GROUP if clinic else HOSPITAL,
    )


def _hospital_street() -> str:
    return entities()[HOSPITAL].address.street
