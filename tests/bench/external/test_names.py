"""Names in imported files: numbers as floats, forms of Unicode, what has no width; said once, and leaks show."""

import unicodedata
from pathlib import Path

import pandas as pd
import pytest

from bench.errors import RequestError


def kept(root: Path) -> pd.DataFrame:
    return pd.read_parquet(root / "cases.parquet")


def test_numbers_as_floats_are_those_that_were_meant(by_hand: pd.DataFrame, bring, tmp_path: Path) -> None:
    numbers = by_hand.replace({"label": {"a": "1", "b": "2"}, "predicted": {"a": "1", "b": "2"}})
    numbers["case_id"] = numbers["case_id"].str.removesuffix(".png")
    numbers["group"] = numbers["case_id"].where(numbers["site"] == "internal", "9")
    plain = bring(numbers, results=tmp_path / "plain")
    floats = numbers.assign(
        **{
            name: numbers[name].astype(str) + ".0"
            for name in ("label", "predicted", "case_id", "group", "seed", "fold")
        }
    )
    read = bring(floats, results=tmp_path / "floats")
    assert kept(tmp_path / "floats").equals(kept(tmp_path / "plain"))
    names = [{path.name for path in (tmp_path / root / "runs").iterdir()} for root in ("plain", "floats")]
    assert names[0] == names[1]  # the same predictions
    assert read["rows"] == plain["rows"]
    assert read["printed"].count("Changed:") == 6
    assert "such as '1.0' as '1'" in read["printed"]
    assert "Changed:" not in plain["printed"]


def test_a_patient_in_two_spellings_is_one_and_leaks(by_hand: pd.DataFrame, bring) -> None:
    group = by_hand["case_id"].map({"0.png": "101", "2.png": "101.0"}).fillna("")
    said = bring(by_hand.assign(group=group.where(by_hand["site"] == "internal", "")))
    assert (
        "Warning: 2 pair(s) of cases leak" in said["printed"] or "Warning: 1 pair(s) of cases leak" in said["printed"]
    )


def test_sites_classes_and_cases_are_matched_as_they_are_meant(trained: Path, bring, export) -> None:
    table = export(trained)
    odd = table.assign(
        backbone="elsewhere",
        site=table["site"].replace("bern", "bern\u200b"),
        label=table["label"] + "\u00a0",
        case_id=table["case_id"] + "\ufeff",
    )
    odd = odd.rename(columns={"p_a": "p_a\u200b"})
    read = bring(odd, results=trained)
    assert {row["backbone"] for row in read["rows"]} == {"resnet18", "elsewhere"}
    assert "cell(s) of the column case_id read as they are meant" in read["printed"]


def test_classes_in_two_forms_of_unicode_are_one(by_hand: pd.DataFrame, bring, tmp_path: Path) -> None:
    apart, composed = (unicodedata.normalize(form, "ä") for form in ("NFD", "NFC"))
    names = {"a": apart, "b": "b"}
    bring(by_hand.replace({"label": names, "predicted": {"a": composed}}))
    assert set(kept(tmp_path / "results")["label"]) == {composed, "b"}
    assert "changed" in (tmp_path / "results" / "tables" / "passed_over.csv").read_text()


def test_two_columns_that_mean_one_class_are_refused(by_hand: pd.DataFrame, bring) -> None:
    with pytest.raises(RequestError, match="several columns that all mean p_1"):
        bring(by_hand.drop(columns="predicted").assign(**{"p_1": 0.5, "p_1.0": 0.5}))
