"""Identical files are told of."""

from bench.data.cases import Case
from bench.data.duplicates import warnings_of_duplicates


def case(name: str, digest: str, label: str = "a", site: str = "internal") -> Case:
    return Case(f"{site}/{name}", f"/{name}", label, None, site, digest, 8, 8)


def test_each_kind_is_told_once_with_an_example() -> None:
    assert warnings_of_duplicates([case("1", "x"), case("2", "y"), case("3", "z", site="bern")]) == []
    (inside,) = warnings_of_duplicates([case("1", "x"), case("2", "x"), case("3", "y")])
    assert "1 image file(s) stand several times in the internal data" in inside
    assert "internal/1 and internal/2" in inside
    kinds = warnings_of_duplicates([case("1", "x"), case("2", "x", "b"), case("3", "x", site="bern")])
    assert [text.split(" stand ")[1].split(",")[0] for text in kinds] == [
        "several times in the internal data",
        "under more than one label",
        "both in the internal data and at another site",
    ]
    assert warnings_of_duplicates([case("1", "x", site="bern"), case("2", "x", site="bern")]) == []
