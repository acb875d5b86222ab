"""The cells of a row: values, intervals and what they rest on."""

import dataclasses
import json

import numpy as np
import pytest
from scipy.stats import t
from sklearn.metrics import accuracy_score, f1_score, precision_score, recall_score

from reports import build_leaderboard


def build(study, entries, root: int = 0, **options):
    options = {"resamples": 300, **options}
    return build_leaderboard(entries, study.cases, study.classes, rng=np.random.default_rng(root), **options)


def test_values_are_scikit_learns_averaged_over_seeds(make_study) -> None:
    study = make_study()
    entry = study.entry("a")
    (row,) = build(study, [entry]).rows
    for side, cells in (("internal", row.cells.internal), ("London", row.cells.external["London"])):
        table = entry.predictions[entry.predictions["site"] == side]

        def mean(score, table=table, **options) -> float:
            return np.mean([score(one["label"], one["predicted"], **options) for _, one in table.groupby("seed")])

        assert cells["accuracy"].value == pytest.approx(mean(accuracy_score), abs=1e-12)
        assert cells["macro_f1"].value == pytest.approx(mean(f1_score, average="macro"), abs=1e-12)
        for name, score in (("f1", f1_score), ("precision", precision_score), ("recall", recall_score)):
            of_class = row.per_class["subdural"]
            cell = (of_class.internal if side == "internal" else of_class.external[side])[name]
            expected = mean(score, labels=["subdural"], average="macro", zero_division=0)
            assert cell.value == pytest.approx(expected, abs=1e-12)
        both = table[table["label"].isin(["epidural", "subdural"])]
        swapped = both["predicted"].isin(["epidural", "subdural"]) & (both["predicted"] != both["label"])
        pair = row.confusion_pairs["epidural", "subdural"]
        cell = (pair.internal if side == "internal" else pair.external[side])["confused"]
        assert cell.value == pytest.approx(swapped.mean(), abs=1e-12)
    gap = row.cells.gap["London"]["accuracy"].value
    expected = row.cells.internal["accuracy"].value - row.cells.external["London"]["accuracy"].value
    assert gap == pytest.approx(expected, abs=1e-12)


def test_a_class_that_a_site_lacks_does_not_fake_a_gap(make_study) -> None:
    study = make_study()
    entry = study.entry("a", drop=0.0)
    lacking = study.table["site"].eq("London") & study.table["label"].eq("epidural")
    dropped = set(study.table.loc[lacking, "case_id"])
    study.table = study.table[~lacking]
    table = entry.predictions[~entry.predictions["case_id"].isin(dropped)]
    (row,) = build(study, [dataclasses.replace(entry, predictions=table)]).rows
    shared = [name for name in study.classes if name != "epidural"]

    def mean(side: str, labels: list[str]) -> float:
        rows = table[(table["site"] == side) & table["label"].isin(labels)]
        scores = [
            f1_score(one["label"], one["predicted"], labels=labels, average="macro", zero_division=0)
            for _, one in rows.groupby("seed")
        ]
        return float(np.mean(scores))

    external = row.cells.external["London"]["macro_f1"]
    assert external.value == pytest.approx(mean("London", shared), abs=1e-12)
    assert external.low < external.value < external.high
    assert external.reason == "over the classes that London has cases of: normal, subdural, other"
    assert row.cells.external["London"]["balanced_accuracy"].low is not None
    gap = row.cells.gap["London"]["macro_f1"]
    assert gap.value == pytest.approx(mean("internal", shared) - mean("London", shared), abs=1e-12)
    assert gap.low is not None
    assert gap.reason == "over the classes on both sides: normal, subdural, other"
    assert row.per_class["epidural"].external["London"]["recall"].value is None
    assert row.per_class["epidural"].gap["London"]["f1"].reason == "London has no case of epidural"


def test_a_site_that_shares_no_class_has_no_macro_f1_gap(make_study) -> None:
    study = make_study(classes=("a", "b"))
    at_london = study.table["site"].eq("London")
    study.table.loc[at_london, "label"] = "c"
    study.classes = ("a", "b", "c")
    (row,) = build(study, [study.entry("net")]).rows
    gap = row.cells.gap["London"]["macro_f1"]
    assert (gap.value, gap.reason) == (None, "internal and London share no class")


def test_a_perfect_backbone_has_exact_bounds_for_proportions_and_no_interval_for_f1(make_study) -> None:
    study = make_study()
    entry = study.entry("perfect")
    right = entry.predictions.assign(predicted=entry.predictions["label"])
    (row,) = build(study, [dataclasses.replace(entry, predictions=right)]).rows
    accuracy = row.cells.internal["accuracy"]
    assert (accuracy.value, accuracy.high, accuracy.method) == (1.0, 1.0, "clopper-pearson")
    assert accuracy.low == pytest.approx(0.025 ** (1 / 160))
    recall = row.per_class["epidural"].internal["recall"]
    assert recall.low == pytest.approx(0.025 ** (1 / 40))
    assert row.cells.internal["macro_f1"].low is None
    gap = row.cells.gap["London"]["accuracy"]
    assert gap.low == pytest.approx(0.025 ** (1 / 160) - 1)
    assert gap.high == pytest.approx(1 - 0.025 ** (1 / 80))
    confused = row.confusion_pairs["epidural", "subdural"].internal["confused"]
    assert (confused.value, confused.low) == (0.0, 0.0)
    assert confused.high == pytest.approx(1 - 0.025 ** (1 / 80))
    json.dumps(row.to_dict(), allow_nan=False)


def test_recall_rests_on_the_clusters_of_its_class_alone(make_study) -> None:
    # One seed, 20 cases a class, each its own cluster: the t interval of 20 zeros and ones, on the logit.
    study = make_study(internal=80)
    (row,) = build(study, [study.entry("a", 0.6, seeds=(0,))]).rows
    cell = row.per_class["subdural"].internal["recall"]
    p = cell.value
    half = t.ppf(0.975, 19) * (p * (1 - p) / 19) ** 0.5 / (p * (1 - p))
    expected = [1 / (1 + np.exp(sign * half - np.log(p / (1 - p)))) for sign in (1, -1)]
    assert (cell.low, cell.high) == pytest.approx(expected, abs=1e-6)


def test_precision_of_a_class_that_is_never_predicted_is_undefined(make_study) -> None:
    study = make_study()
    entry = study.entry("a")
    table = entry.predictions.assign(predicted=entry.predictions["predicted"].replace("epidural", "subdural"))
    (row,) = build(study, [dataclasses.replace(entry, predictions=table)]).rows
    cells = row.per_class["epidural"].internal
    assert (cells["precision"].value, cells["precision"].reason) == (None, "epidural is never predicted for internal")
    assert (cells["recall"].value, cells["recall"].method) == (0.0, "clopper-pearson")
    assert (cells["f1"].value, cells["f1"].low) == (0.0, None)


def test_one_seed_says_so_in_every_estimated_cell(make_study) -> None:
    study = make_study()
    board = build(study, [study.entry("a", seeds=(3,))])
    (row,) = board.rows
    for cell in (row.cells.internal["accuracy"], row.cells.gap["London"]["macro_f1"]):
        assert cell.low is not None
        assert "these models only" in cell.reason
    assert board.noise_floor == {}
    assert "a: one seed, so its noise floor is not known." in board.notes


def test_few_patients_abroad_mark_what_involves_them_only(make_study) -> None:
    study = make_study(internal=160, external={"London": 120}, cases_per_patient=1)
    at_london = study.table["site"].eq("London")
    study.table.loc[at_london, "group"] = [f"p{i // 5}" for i in range(120)]
    (row,) = build(study, [study.entry("a")]).rows
    assert row.clusters["London"] == (120, 24)
    accuracies = [
        cells["accuracy"] for cells in (row.cells.internal, *row.cells.external.values(), *row.cells.gap.values())
    ]
    assert [cell.few_clusters for cell in accuracies] == [False, True, True]
    (row,) = build(study, [study.entry("a")], interval="bca").rows
    accuracies = [
        cells["accuracy"] for cells in (row.cells.internal, *row.cells.external.values(), *row.cells.gap.values())
    ]
    assert [cell.method for cell in accuracies] == ["bca", "jackknife-t", "jackknife-t"]
