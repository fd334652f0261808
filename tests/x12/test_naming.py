"""Every name in the book belongs to a loop and a segment of the guide; people find an element by its box."""

import pytest

from reclaim.x12.naming import element_at, elements
from reclaim.x12.slices import Place

KINDS = ["837P", "837I", "837D"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_named_place_is_one_of_the_guide(kind: str) -> None:
    for element in elements(kind):
        assert element.places, f"{element.name} has no place in {kind}"
        for place in element.places:
            named = element_at(place._replace(loop_at=3), kind)
            assert named
            assert (named.name, named.box) == (element.name, element.box)


@pytest.mark.parametrize(
    ("place", "kind", "said"),
    [
        ("2310B NM1*82 09", "837P", "CMS-1500 box 24J, rendering provider NPI"),
        ("2420A.3 NM1*82 09", "837P", "CMS-1500 box 24J, rendering provider NPI"),
        ("2310B NM1*72 09", "837I", "UB-04 locator 77, operating physician NPI"),
        ("2400.2 SV101-3", "837P", "CMS-1500 box 24D, modifier 1"),
        ("2300 HI*ABK 05-2", "837P", "CMS-1500 box 21, other diagnosis"),
        ("2300 REF*G1 02", "837I", "UB-04 locator 63, prior authorization number"),
        ("2400 TOO03-2", "837D", "ADA form item 28, tooth surface"),
        ("2330B REF*F8 02", "837P", "other payer's claim number"),
        ("2300 K301", "837P", "None"),
    ],
)
def test_an_element_is_called_as_people_call_it(place: str, kind: str, said: str) -> None:
    assert str(element_at(Place.parse(place), kind)) == said
