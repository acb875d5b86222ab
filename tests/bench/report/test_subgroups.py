"""From stored levels to the attributes of a leaderboard, of cases and of groups."""

import pandas as pd

from bench.data.cases import Case
from bench.report.subgroups import attributes_of, of_groups

TABLE = pd.DataFrame(
    {
        "case_id": ["i/1", "i/2", "i/3", "i/4", "i/5"],
        "age:40:65": ["≥65", "<40", None, "<40", "<40"],
        "sex": ["M", "F", "M", None, "F"],
    }
).astype("string")


def case(number: int, group: str | None) -> Case:
    return Case(f"i/{number}", "", "a", group, "internal", "", 8, 8)


def test_bands_keep_their_order_and_what_is_not_stored_is_said() -> None:
    found, notes = attributes_of(TABLE, ["sex", "age:40:65", "vendor"])
    assert [(one.name, one.levels) for one in found] == [("sex", ("F", "M")), ("age", ("<40", "40–65", "≥65"))]
    assert found[0].of_case == {"i/1": "M", "i/2": "F", "i/3": "M", "i/5": "F"}
    assert notes == [
        "Of the subgroup(s) vendor nothing is stored: bench run with --subgroups, on the images or their manifest, "
        "adds them."
    ]
    assert attributes_of(None, ["sex"])[0] == []
    assert attributes_of(TABLE, []) == ([], [])


def test_a_group_has_the_level_that_its_cases_agree_on() -> None:
    cases = [case(1, "p"), case(2, "p"), case(3, "q"), case(4, "q"), case(5, None)]
    sex, age = of_groups(attributes_of(TABLE, ["sex", "age:40:65"])[0], cases)
    assert sex.of_case == {"i/3": "M", "i/4": "M", "i/5": "F"}
    assert age.of_case == {"i/3": "<40", "i/4": "<40", "i/5": "<40"}
