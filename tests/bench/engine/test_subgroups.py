"""Levels of cases from a manifest's columns and the headers of DICOM files, and columns that are refused."""

from pathlib import Path

import numpy as np
import pytest
from scans import write_dicom

from bench.data.cases import Case
from bench.engine.subgroups import subgroup_table
from bench.errors import RequestError


def cases(*extras: dict[str, str]) -> list[Case]:
    return [
        Case(f"internal/{n}", f"/{n}.png", "a", None, "internal", f"{n:064x}", 8, 8, None, extra)
        for n, extra in enumerate(extras)
    ]


def test_exactly_the_asked_columns_are_kept_in_bands() -> None:
    said = list[str]()
    rows = [{"Sex": "FM"[n % 2], "age": str(30 + 20 * n), "PatientName": f"Muster{n}"} for n in range(3)]
    table = subgroup_table(cases(*rows, {"age": "unknown"}), ["sex", "age:40:65"], said.append)
    assert table is not None
    assert [*table.columns] == ["case_id", "sex", "age:40:65"]
    assert table["sex"].fillna("-").tolist() == ["F", "M", "F", "-"]
    assert table["age:40:65"].fillna("-").tolist() == ["<40", "40–65", "≥65", "-"]
    assert said == [
        "The subgroup age:40:65 (--subgroups): 1 case(s) have no number there and belong to no level.",
    ]
    assert subgroup_table(cases(*rows), [], said.append) is None


def test_headers_of_dicom_files_say_what_no_column_does(tmp_path: Path) -> None:
    found = list[Case]()
    for n, (sex, age, vendor) in enumerate([("F", "034Y", "GE"), ("M", "071Y", "Siemens"), ("F", "", "GE")]):
        stored = np.zeros((2, 8, 8) if n == 1 else (8, 8), dtype=np.uint16)
        file = write_dicom(tmp_path / f"{n}.dcm", stored, PatientSex=sex, PatientAge=age, Manufacturer=vendor)
        parts = [0, 1] if n == 1 else [None]
        found += [
            Case(f"internal/{n}#{part}", str(file), "a", None, "internal", "0" * 64, 8, 8, part) for part in parts
        ]
    table = subgroup_table(found, ["sex", "age:65", "vendor"], print)
    assert table is not None
    assert table["sex"].tolist() == ["F", "M", "M", "F"]
    assert table["age:65"].fillna("-").tolist() == ["<65", "≥65", "≥65", "-"]
    assert table["vendor"].tolist() == ["GE", "Siemens", "Siemens", "GE"]


@pytest.mark.parametrize(
    ("asked", "cells", "why"),
    [
        ("ward", ["", ""], "is missing: no case has a column ward; manifests have other"),
        ("sex", ["", ""], "no case has a column sex nor the DICOM tag PatientSex"),
        ("ward", ["x"] * 20, "is x for every case that has it: there is nothing to compare"),
        ("age:40", ["50", "60"], "is ≥40 for every case that has it"),
        ("age:40", ["old", "young"], "needs numbers, and no cell is one"),
        ("ward", [f"ward {n}" for n in range(500)], "has 500 levels; up to 20 are told apart"),
        ("weight", ["61.5", "80"], "holds numbers, and each would be a level of its own"),
    ],
)
def test_columns_that_make_no_subgroups_are_refused(asked: str, cells: list[str], why: str) -> None:
    rows = [{asked.partition(":")[0]: cell, "other": "1"} if cell else {"other": "1"} for cell in cells]
    with pytest.raises(RequestError, match=why):
        subgroup_table(cases(*rows), [asked], print)


def test_codes_of_one_digit_are_levels() -> None:
    table = subgroup_table(cases({"smoker": "0"}, {"smoker": "1"}), ["smoker"], print)
    assert table is not None
    assert table["smoker"].tolist() == ["0", "1"]
