"""Levels of attributes in a leaderboard: each against scikit-learn, what is refused, tests, tables and the plot."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, f1_score
from statsmodels.stats.meta_analysis import combine_effects
from statsmodels.stats.multitest import multipletests
from tables_read import by_name, lines

from reports import Entry, Leaderboard, build_leaderboard
from reports.draw.markdown_leaderboard import leaderboard_markdown
from reports.page.board_sections import board_sections
from reports.page.forest import ALL, subgroup_lines
from reports.tables.subgroups import Attribute

CLASSES, SIZE = ("a", "b", "c"), 240
METRICS = {
    "accuracy": accuracy_score,
    "macro_f1": lambda label, predicted: f1_score(label, predicted, average="macro"),
}


def ids() -> list[str]:
    return [f"internal/{n:03d}" for n in range(SIZE)]


def attributes() -> list[Attribute]:
    """sex of all; a vendor that one case in ten lacks, with a level of six cases; an age with a level of no case."""
    sex = {name: "FM"[n % 2] for n, name in enumerate(ids())}
    vendor = {name: "rare" if n < 6 else "one" if n < 120 else "two" for n, name in enumerate(ids()) if n % 10 != 9}
    age = {name: ["<40", "40–65", "≥65"][(n // 7) % 3] for n, name in enumerate(ids())}
    return [
        Attribute("sex", ("F", "M"), sex),
        Attribute("vendor", ("one", "rare", "two"), vendor),
        Attribute("age", ("<40", "40–65", "≥65", "≥90"), age),
    ]


def predictions(seeds: int = 3) -> pd.DataFrame:
    """Women are predicted right more often; two folds, of which the second holds the last cases."""
    rng, rows = np.random.default_rng(7), []
    for seed in range(seeds):
        for n, name in enumerate(ids()):
            label = CLASSES[(n // 2) % 3]
            said = label if rng.random() < (0.9 if n % 2 == 0 else 0.55) else CLASSES[int(rng.integers(3))]
            rows.append((seed, int(n >= SIZE / 2), "internal", name, label, said))
    return pd.DataFrame(rows, columns=["seed", "fold", "site", "case_id", "label", "predicted"])


def built(table: pd.DataFrame, wanted: list[Attribute], group: list[str] | None = None) -> Leaderboard:
    cases = table[["case_id", "site", "label"]].drop_duplicates()
    entry = Entry("net", "random", "fine-tune", 1, 1.0, 2, table)
    cases = cases.assign(group=group if group else None)
    return build_leaderboard([entry], cases, CLASSES, rng=np.random.default_rng(0), attributes=wanted)


@pytest.fixture(scope="module")
def board() -> Leaderboard:
    return built(predictions(), attributes())


@pytest.mark.parametrize("metric", [*METRICS])
def test_each_level_and_its_difference_are_those_of_scikit_learn(board: Leaderboard, metric: str) -> None:
    table = predictions()
    for one in attributes():
        level_of = table["case_id"].map(one.of_case)
        of_row = board.subgroups["net"][one.name]
        for level in of_row.counts:
            values = {}
            for which, kept in (("level", level_of == level), ("rest", level_of.notna() & (level_of != level))):
                by_seed = table[kept].groupby("seed")
                values[which] = np.mean([METRICS[metric](seed["label"], seed["predicted"]) for _, seed in by_seed])
            found = of_row.metrics[metric]
            assert found.values[level].value == pytest.approx(values["level"])
            assert found.differences[level].value == pytest.approx(values["level"] - values["rest"])
            assert of_row.counts[level][0] == len(set(table[level_of == level]["case_id"]))


def test_few_are_refused_with_the_reason_and_absent_levels_stay_absent(board: Leaderboard) -> None:
    vendor, age = board.subgroups["net"]["vendor"], board.subgroups["net"]["age"]
    assert vendor.without == SIZE / 10
    assert vendor.counts["rare"] == (6, 6)
    macro = vendor.metrics["macro_f1"]
    assert macro.values["rare"].low is None
    assert macro.left_out == {"rare": "rare has 6 clusters, 15 needed"}
    assert macro.test is not None
    assert macro.test.levels == ("one", "two")
    assert [*age.counts] == ["<40", "40–65", "≥65"]
    assert "≥90" not in json.dumps(board.to_dict(), ensure_ascii=False)


def test_a_level_that_lacks_a_class_has_no_macro_f1() -> None:
    only = Attribute("kind", ("x", "y"), {name: "x" if (n // 2) % 3 == 0 else "y" for n, name in enumerate(ids())})
    found = built(predictions(), [only]).subgroups["net"]["kind"].metrics["macro_f1"]
    assert found.values["x"].value is None
    assert found.left_out["x"] == "x has no case of b, c"
    assert found.test is None
    assert found.differences["y"].value is None


def test_heterogeneity_is_cochrans_q_and_holm_goes_over_subgroups() -> None:
    table = predictions(seeds=1)
    of_row = built(table, attributes()).subgroups["net"]
    for one in attributes():
        level_of, right = table["case_id"].map(one.of_case), (table["label"] == table["predicted"]).astype(float)
        samples = [right[level_of == level] for level in of_row[one.name].counts]
        assert all(sample.std() > 0 for sample in samples)
        q = combine_effects(
            np.array([sample.mean() for sample in samples]),
            np.array([sample.var(ddof=1) / len(sample) for sample in samples]),
        ).q
        test = of_row[one.name].metrics["accuracy"].test
        assert test is not None
        assert test.statistic == pytest.approx(q, rel=1e-4)  # changes are kept in float32
    tests = [one.metrics["accuracy"] for one in of_row.values()]
    adjusted = multipletests([one.test.p for one in tests if one.test], method="holm")[1]
    assert [one.p_holm for one in tests] == pytest.approx([*adjusted])
    assert tests[0].p_holm is not None
    assert tests[0].p_holm < 0.05  # sex, which the predictions were made to differ in


def test_patients_with_cases_at_several_levels_are_paired() -> None:
    thin = Attribute("thickness", ("<3", "≥3"), {name: "<3" if n % 4 < 2 else "≥3" for n, name in enumerate(ids())})
    patients = [f"patient {n // 4}" for n in range(SIZE)]
    of_row = built(predictions(), [thin], patients).subgroups["net"]["thickness"]
    assert of_row.counts == {"<3": (120, 60), "≥3": (120, 60)}
    difference, other = (of_row.metrics["accuracy"].differences[level] for level in ("<3", "≥3"))
    assert difference.low is not None
    assert other.low is not None
    assert difference.high is not None
    assert (difference.value, difference.low) == pytest.approx((-(other.value or 0), -(other.high or 0)))


def test_a_leaderboard_without_subgroups_is_as_it_was(board: Leaderboard) -> None:
    plain, content = built(predictions(), []), json.loads(json.dumps(board.to_dict()))
    of_sex = content.pop("subgroups")["net"]["sex"]
    assert of_sex["cases"] == {"F": 120, "M": 120}
    assert set(of_sex["metrics"]["accuracy"]["levels"]["F"]) == {"value", "difference_to_rest"}
    assert of_sex["metrics"]["accuracy"]["heterogeneity"]["levels"] == ["F", "M"]
    assert json.loads(json.dumps(plain.to_dict())) == content
    assert "subgroups" not in by_name(plain)


def test_tables_markdown_and_the_plot_have_every_level(board: Leaderboard) -> None:
    tables = by_name(board)
    of_sex = lines(tables["subgroups"], subgroup="sex", metric="accuracy")
    assert [(line["level"], line["cases"], line["clusters"]) for line in of_sex] == [("F", 120, 120), ("M", 120, 120)]
    (tested,) = lines(tables["subgroup_tests"], subgroup="vendor", metric="macro_f1")
    assert (tested["levels"], tested["left_out"]) == (2, "rare has 6 clusters, 15 needed")
    text = leaderboard_markdown(board)
    assert "## Subgroups" in text
    assert "| net        | sex        | F       |" in text
    drawn = subgroup_lines(board.subgroups["net"], board.rows[0].cells.internal["accuracy"], "accuracy")
    assert [line.label for line in drawn][:2] == ["sex F", "sex M"]
    assert drawn[-1].label == ALL
    (section,) = (one for one in board_sections(board) if one.identity == "subgroups")
    assert [one.name for one in section.charts] == ["subgroups-1-macro-f1", "subgroups-1-accuracy"]


def outside(seeds: int = 3) -> pd.DataFrame:
    """Sixty cases of bern, two slices a patient, each predicted by both fold models; men are predicted right less."""
    rng, rows = np.random.default_rng(11), []
    for seed, fold, n in ((seed, fold, n) for seed in range(seeds) for fold in range(2) for n in range(60)):
        label = CLASSES[(n // 2) % 3]
        said = label if rng.random() < (0.9 if n % 4 < 2 else 0.5) else CLASSES[int(rng.integers(3))]
        rows.append((seed, fold, "bern", f"bern/{n:03d}", label, said))
    return pd.DataFrame(rows, columns=["seed", "fold", "site", "case_id", "label", "predicted"])


def both_sites(lens: int = 60) -> tuple[Leaderboard, list[Attribute]]:
    wanted = attributes()[:2]
    of_bern = {f"bern/{n:03d}": "FM"[n % 4 >= 2] for n in range(lens)}
    wanted[0] = Attribute("sex", wanted[0].levels, {**wanted[0].of_case, **of_bern})
    table = pd.concat([predictions(), outside()], ignore_index=True)
    groups = [*ids(), *(f"patient {n // 2}" for n in range(60))]
    return built(table, wanted, groups), wanted


@pytest.mark.parametrize("metric", [*METRICS])
def test_levels_at_another_site_are_those_of_scikit_learn(board: Leaderboard, metric: str) -> None:
    found, (sex, _) = both_sites(lens=56)
    inside, of_site = found.subgroups["net"], found.external_subgroups["net"]["bern"]
    assert {name: one.to_dict() for name, one in inside.items()} == {
        name: board.subgroups["net"][name].to_dict() | {"metrics": inside[name].to_dict()["metrics"]} for name in inside
    }
    assert [*of_site] == ["sex"]  # no case of bern has a vendor
    assert of_site["sex"].without == 4
    assert of_site["sex"].counts == {"F": (28, 14), "M": (28, 14)}
    table = outside()
    level_of = table["case_id"].map(sex.of_case)
    values = {
        level: np.mean(
            [METRICS[metric](one["label"], one["predicted"]) for _, one in table[level_of == level].groupby("seed")]
        )
        for level in "FM"
    }
    over = of_site["sex"].metrics[metric]
    for level, other in (("F", "M"), ("M", "F")):
        assert over.values[level].value == pytest.approx(values[level])
        assert over.differences[level].value == pytest.approx(values[level] - values[other])


def test_a_difference_at_another_site_is_found() -> None:
    found, (sex, _) = both_sites()
    over, table = found.external_subgroups["net"]["bern"]["sex"].metrics["accuracy"], outside()
    assert over.test is not None
    assert over.test.levels == ("F", "M")
    right = (table["label"] == table["predicted"]).astype(float).groupby(table["case_id"]).mean()
    of_patient = right.groupby([int(name[5:]) // 2 for name in right.index]).mean()
    level_of = np.array([sex.of_case[f"bern/{2 * n:03d}"] for n in of_patient.index])
    values = {level: of_patient[level_of == level].mean() for level in "FM"}
    apart = values["F"] - values["M"]
    assert over.differences["F"].value == pytest.approx(apart)
    assert over.test.p == over.p_holm  # the only subgroup there
    assert over.differences["F"].low is not None
    assert over.differences["F"].low > 0
    assert over.test.p < 0.05


def test_tables_and_json_tell_sites_apart() -> None:
    found, _ = both_sites()
    tables = by_name(found)
    assert [
        (line["site"], line["level"]) for line in lines(tables["subgroups"], subgroup="sex", metric="accuracy")
    ] == [(site, level) for site in ("internal", "bern") for level in "FM"]
    assert [line["site"] for line in lines(tables["subgroup_tests"], metric="accuracy")] == [
        "internal",
        "internal",
        "bern",
    ]
    content = json.loads(json.dumps(found.to_dict()))
    assert content["external_subgroups"]["net"]["bern"]["sex"]["clusters"] == {"F": 15, "M": 15}
    assert "| net        | bern     | sex        | F       |" in leaderboard_markdown(found)


def test_what_has_one_level_at_a_site_is_not_passed_over_in_silence() -> None:
    vendor = Attribute(
        "vendor", ("GE", "Siemens"), {**dict.fromkeys(ids(), "Siemens"), **{f"bern/{n:03d}": "GE" for n in range(60)}}
    )
    table = pd.concat([predictions(), outside()], ignore_index=True)
    found = built(table, [vendor, attributes()[2]])
    assert [note for note in found.notes if note.startswith("Subgroup")] == [
        "Subgroup vendor: at bern there is one level, GE, and no rest.",
        "Subgroup vendor: at internal there is one level, Siemens, and no rest.",
        "Subgroup age: no case of bern has a level.",
    ]
    assert found.external_subgroups == {}
    assert [*found.subgroups["net"]] == ["age"]
