"""Names as they are meant, and names that only look alike."""

import unicodedata

import pytest

from bench.data.names import alike, normal, spelled

UMLAUT = "Hämatom"


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("101", "101"),
        ("101.0", "101"),
        ("101.000", "101"),
        ("-3.0", "-3"),
        ("007.0", "007"),
        ("0.0", "0"),
        ("101.5", "101.5"),
        ("10", "10"),
        ("1.10", "1.10"),
        ("v1.0", "v1.0"),
        ("1.0.0", "1.0.0"),
        ("", ""),
        ("  bleed ", "bleed"),
        ("\u00a0bleed\u3000", "bleed"),
        ("left\u00a0side", "left side"),
        ("two  blanks", "two  blanks"),
        ("line\nbreak", "line\nbreak"),
        ("ble\u200bed\ufeff", "bleed"),
        ("\u200ebleed\u2060", "bleed"),
        ("ble\u00aded", "bleed"),
        ("101.0\u200b", "101"),
        ("a\u200db", "ab"),
        ("\u0645\u06cc\u200c\u062e", "\u0645\u06cc\u200c\u062e"),  # Persian writes with it
        ("\U0001f468\u200d\U0001f469", "\U0001f468\u200d\U0001f469"),  # a family is one emoji
        (unicodedata.normalize("NFD", UMLAUT), UMLAUT),
        (UMLAUT, UMLAUT),
    ],
)
def test_names_as_they_are_meant(given: str, meant: str) -> None:
    assert normal(given) == meant
    assert normal(meant) == meant


def test_names_that_look_alike_are_found() -> None:
    names = [
        "Epidural",
        "epidural",
        "sub dural",
        "subdural",
        "sub-dural",
        "Sub_Dural",
        "normal",
        "n\u043ermal",
        "other",
    ]
    assert alike(names) == [
        ["Epidural", "epidural"],
        ["Sub_Dural", "sub dural", "sub-dural", "subdural"],
        ["normal", "n\u043ermal"],  # the second with a Cyrillic o
    ]
    assert alike(["naïve", "naive"]) == [["naive", "naïve"]]
    assert alike(["1", "-1", "a", "b", "stage 1", "stage 2", "grade+", "grade-"]) == []
    assert alike(["twice", "twice"]) == []


def test_what_sets_a_name_apart_is_given_in_code_points() -> None:
    assert spelled("Epidural", "epidural") == "'Epidural' (U+0045)"
    assert spelled("n\u043ermal", "normal") == "'n\u043ermal' (U+043E)"
    assert spelled("naïve", "naive") == "'naïve' (U+00EF)"
    assert spelled("sub dural", "subdural") == "'sub dural' (U+0020)"
    assert spelled("subdural", "sub dural") == "'subdural' (nothing where the other has more)"
