"""Subgroups as they are asked for: bands, ages of DICOM, and names that are never kept."""

import pytest

from bench.data.subgroups import Subgroup, identifies
from bench.errors import RequestError


def test_bands_begin_at_their_numbers() -> None:
    age = Subgroup.parse(" age:40:65 ")
    assert (age.name, age.text, age.bands) == ("age", "age:40:65", ("<40", "40–65", "≥65"))
    cells = ["39.9", "40", "064Y", "65", "006M", "012W", "", "unknown", "nan", "inf"]
    levels = ["<40", "40–65", "40–65", "≥65", "<40", "<40", None, None, None, None]
    assert [age.level(cell) for cell in cells] == levels


def test_without_bands_a_value_is_a_level() -> None:
    assert [Subgroup.parse("sex").level(cell) for cell in ("F", " M ", "")] == ["F", "M", None]


@pytest.mark.parametrize(
    "name",
    [
        *("PatientName", "patient_name", "name", "surname", "PatientID", "patient", "subject_id", "StudyInstanceUID"),
        *("PatientBirthDate", "birth", "dob", "StudyDate", "study_date", "acquisitiondate", "AccessionNumber", "mrn"),
        *("case_id", "path", "label", "group", "site", "address", "Patient's Name", "MRN", "ScanTime"),
    ],
)
def test_what_names_people_or_cases_is_refused(name: str) -> None:
    assert identifies(name)
    with pytest.raises(RequestError, match="never kept"):
        Subgroup.parse(name)


@pytest.mark.parametrize(
    "name", ["sex", "vendor", "Manufacturer", "ManufacturerModelName", "covid", "kernel", "scanner", "smoker", "split"]
)
def test_attributes_of_many_are_no_identifiers(name: str) -> None:
    assert not identifies(name)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("age", "say where its bands begin, such as age:40:65"),
        ("age:65:40", "rising numbers"),
        ("age:40:40", "rising numbers"),
        ("age:old", "rising numbers"),
        ("age:nan", "rising numbers"),
        (":40", "a subgroup is a column"),
    ],
)
def test_what_is_no_subgroup_says_what_one_is(text: str, why: str) -> None:
    with pytest.raises(RequestError, match=why):
        Subgroup.parse(text)
