"""A spec that contradicts itself is said when it is loaded: which file, which entry."""

import pytest

from reclaim.x12.spec import SpecError, load, parse

GOOD = """
kind = "835"
title = "remittance"
versions = ["005010X221A1"]

[codes]
status = "1 2"

[[zone]]
name = "transaction"
loop = "ST"
opener = "ST"
key = true
segments = ["ST 1 1", "BPR 0 1"]

[[zone]]
name = "claim"
loop = "2100"
opener = "CLP"
parent = "transaction"
key = true
segments = ["CLP 1 1"]

[table.claims]
grain = "one CLP"
tags = ["CLP"]
columns = [{ name = "status", element = 2, type = "code", codes = "status" }]
"""


@pytest.mark.parametrize(
    ("there", "instead", "said"),
    [
        ('title = "remittance"\n', "", "title"),
        ("[codes]", "[codes", "836.toml"),
        ('parent = "transaction"', 'parent = "nobody"', "zone claim has the parent nobody, which is no zone above it"),
        ('parent = "transaction"', 'parent = "claim"', "zone claim has the parent claim, which is no zone above it"),
        ('tags = ["CLP"]', 'tags = ["CLM"]', "table claims reads ['CLM'], which no zone holds"),
        ('type = "code"', 'type = "float"', "claims.status has the unknown type float"),
        ('codes = "status"', 'codes = "state"', "claims.status names the unknown code set state"),
        ("element = 2", "elements = 2", "elements"),
        ('"BPR 0 1"', '"BPR 0"', "836.toml"),
        ('"BPR 0 1"', '"BPR none 1"', "836.toml"),
    ],
)
def test_a_fault_is_named_with_its_file(there: str, instead: str, said: str) -> None:
    assert there in GOOD
    with pytest.raises(SpecError) as error:
        parse("836", GOOD.replace(there, instead))
    assert str(error.value).startswith("836.toml: ")
    assert said in str(error.value)


def test_a_good_spec_is_read() -> None:
    spec = parse("836", GOOD)
    assert spec.keys == ("transaction", "claim")
    assert spec.tags == {"ST", "BPR", "CLP"}
    assert spec.within("transaction") == (0, 1)
    assert spec.within("claim") == (1,)
    assert spec.line_of(spec.zones[1]) == ("claim", "transaction")


def test_the_835_holds_together() -> None:
    spec = load("835")
    assert spec.kind == "835"
    assert spec.zones[0].opener == "ST"
    for table in spec.tables.values():
        assert table.grain
        names = [column.name for column in table.columns]
        assert len(set(names)) == len(names), table.name
        assert not set(names) & {"segment", "zone", *spec.keys}, table.name
        assert bool(table.every) == (table.times > 1), table.name
