"""A leaderboard of groups, beside scikit-learn on predictions that pandas pooled."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, brier_score_loss, f1_score, roc_auc_score
from tables_read import lines

from reports import Entry, build_leaderboard
from reports.draw.markdown_leaderboard import leaderboard_markdown
from reports.page.standings import page_standings
from reports.tables.groups import Grouping, NoGroups, groups_of, pool_entries
from reports.tables.level_tables import LEVEL_NAMES, UNRANKED, build_level_tables

CLASSES = ("bleed", "normal", "other")
P = [f"p_{name}" for name in CLASSES]
SEEDS, FOLDS = (0, 1), 2


def case_table(patients: int = 60, abroad: int = 24, root: int = 0) -> pd.DataFrame:
    """Patients of 1–6 slices at two sites; a diseased one has normal slices as well."""
    rng, rows = np.random.default_rng(root), []
    for site, number in (("internal", patients), ("London", abroad)):
        for patient in range(number):
            disease = CLASSES[patient % 3]
            for k in range(int(rng.integers(1, 7))):
                label = disease if k == 0 or rng.random() < 0.6 else "normal"
                rows.append((f"{site}/{patient:03d}-{k}", site, label, f"{site} {patient}"))
    return pd.DataFrame(rows, columns=["case_id", "site", "label", "group"])


def entry(cases: pd.DataFrame, backbone: str, skill: float, root: int = 0, *, known: bool = True) -> Entry:
    """Predictions with probabilities; no patient in two folds."""
    rng, parts = np.random.default_rng([root, *backbone.encode()]), []
    patient = pd.factorize(cases["group"])[0]
    for seed in SEEDS:
        fold_of = np.random.default_rng(seed).integers(0, FOLDS, patient.max() + 1)[patient]
        for fold in range(FOLDS):
            tested = cases[(cases["site"] != "internal") | (fold_of == fold)]
            truth = np.eye(3)[pd.Categorical(tested["label"], CLASSES).codes]
            score = skill * truth + rng.dirichlet(np.ones(3), len(tested))
            score /= score.sum(1, keepdims=True)
            made = tested[["case_id", "site", "label"]].assign(seed=seed, fold=fold)
            parts.append(
                made.assign(predicted=np.array(CLASSES)[score.argmax(1)], **dict(zip(P, score.T, strict=True)))
            )
    table = pd.concat(parts, ignore_index=True)
    return Entry(backbone, "random", "default", 1, 1.0, FOLDS, table if known else table.drop(columns=P))


def by_groupby(cases: pd.DataFrame, predictions: pd.DataFrame, how: str) -> pd.DataFrame:
    """One row a seed, fold, site and group by pandas alone; the label as `bleed`, `other`, `normal` are found first."""
    joined = predictions.merge(cases[["case_id", "group"]], on="case_id")
    keys = ["seed", "fold", "site", "group"]
    pooled = joined.groupby(keys)[P].agg(how)
    rank = joined["label"].map({"bleed": 0, "other": 1, "normal": 2})
    pooled["label"] = (
        rank.groupby([joined[key] for key in keys]).min().map(dict(enumerate(["bleed", "other", "normal"])))
    )
    pooled[P] = pooled[P].div(pooled[P].sum(axis=1), axis=0)
    pooled["predicted"] = np.array(CLASSES)[pooled[P].to_numpy().argmax(1)]
    return pooled.reset_index()


ORDER = Grouping("mean", ("bleed", "other", "normal"))


@pytest.mark.parametrize("how", ["mean", "max"])
def test_every_metric_is_scikit_learns_on_pooled_predictions(how: str) -> None:
    cases = case_table()
    groups = groups_of(cases, CLASSES, replace(ORDER, pool=how))
    entries, notes = pool_entries([entry(cases, "a", 0.4), entry(cases, "b", 1.0)], groups, CLASSES, how)
    assert notes == []
    board = build_leaderboard(entries, groups.table, CLASSES, rng=np.random.default_rng(0), unit="groups")
    for row in board.rows:
        pooled = by_groupby(cases, entry(cases, row.name, {"a": 0.4, "b": 1.0}[row.name]).predictions, how)
        for site in ("internal", "London"):
            one, cells = pooled[pooled["site"] == site], row.cells
            found = cells.internal if site == "internal" else cells.external[site]
            of_seed = [of for _, of in one.groupby("seed")]
            of_model = [of for _, of in one.groupby(["seed", "fold"])]
            assert row.clusters[site] == (one["group"].nunique(),) * 2

            def mean(score: object, tables: list[pd.DataFrame]) -> float:
                return float(np.mean([score(table) for table in tables]))

            if site == "internal":
                assert found["accuracy"].value == pytest.approx(
                    mean(lambda t: accuracy_score(t["label"], t["predicted"]), of_seed)
                )
                assert found["macro_f1"].value == pytest.approx(
                    mean(lambda t: f1_score(t["label"], t["predicted"], average="macro", labels=CLASSES), of_seed)
                )
            assert found["auroc"].value == pytest.approx(
                mean(lambda t: roc_auc_score(t["label"], t[P], multi_class="ovr", labels=CLASSES), of_model)
            )
            assert found["brier"].value == pytest.approx(
                mean(lambda t: brier_score_loss(t["label"], t[P], labels=CLASSES, scale_by_half=False), of_model)
            )
    assert board.rows[0].name == "b"
    assert board.rows[0].rank == 1
    assert [one.endpoint for one in board.comparisons if one.confirmatory] == ["internal.macro_f1"]


def test_rows_in_any_order_give_the_same_leaderboard() -> None:
    cases = case_table(30, 12)
    made = entry(cases, "a", 0.5)
    shuffled = replace(made, predictions=made.predictions.sample(frac=1, random_state=1))
    found = []
    for one, table in ((made, cases), (shuffled, cases.sample(frac=1, random_state=2))):
        groups = groups_of(table, CLASSES, ORDER)
        pooled, _ = pool_entries([one], groups, CLASSES, "mean")
        found.append(build_leaderboard(pooled, groups.table, CLASSES, rng=np.random.default_rng(0)).to_dict())
    assert found[0] == found[1]


def test_cases_vote_where_probabilities_are_not_known() -> None:
    cases = case_table(30, 12)
    made = entry(cases, "a", 0.5, known=False)
    groups = groups_of(cases, CLASSES, ORDER)
    (pooled,), notes = pool_entries([made], groups, CLASSES, "max")
    assert notes == ["a (default, random): not every prediction has probabilities, so each case votes with its class."]
    assert not set(P) & set(pooled.predictions)
    votes = made.predictions.merge(cases[["case_id", "group"]], on="case_id")
    counts = votes.groupby(["seed", "fold", "group"])["predicted"].value_counts().unstack(fill_value=0)[list(CLASSES)]
    expected = np.array(CLASSES)[counts.to_numpy().argmax(1)]
    names = cases.drop_duplicates("group").set_index("case_id")["group"]
    found = pooled.predictions.assign(group=pooled.predictions["case_id"].map(names))
    assert found.sort_values(["seed", "fold", "group"])["predicted"].tolist() == expected.tolist()


def test_a_case_without_a_group_counts_as_one_and_is_counted() -> None:
    cases = case_table(10, 6)
    cases.loc[cases["group"] == "internal 3", "group"] = None
    alone = int(cases["group"].isna().sum())
    groups = groups_of(cases, CLASSES, ORDER)
    assert len(groups.table) == 15 + alone
    assert groups.notes[1] == f"{alone} cases have no group; each counts as a group of its own."
    assert f"{len(cases)} cases of {15 + alone} groups" in groups.notes[0]


@pytest.mark.parametrize("empty", [None, "", pd.NA])
def test_cases_without_groups_are_refused(empty: object) -> None:
    with pytest.raises(NoGroups, match="no case has a group"):
        groups_of(case_table().assign(group=empty), CLASSES, ORDER)
    with pytest.raises(NoGroups, match="no case has a group"):
        groups_of(case_table().drop(columns="group"), CLASSES, ORDER)


def test_disagreement_is_refused_with_names_and_number() -> None:
    cases = case_table()
    mixed = [group for group, label in cases.groupby("group")["label"] if label.nunique() > 1]
    with pytest.raises(NoGroups) as caught:
        groups_of(cases, CLASSES, Grouping())
    said = str(caught.value)
    assert said.startswith(f"{len(mixed)} group(s) have cases of several classes, and no order says which counts: ")
    assert f"{mixed[0]} (" in said
    assert f"{len(mixed) - 3} more" in said
    assert "--label-order" in said
    with pytest.raises(NoGroups, match="have cases of several classes") as partly:
        groups_of(cases, CLASSES, Grouping("mean", ("bleed",)))
    assert "(normal, other)" in str(partly.value)
    assert "(bleed" not in str(partly.value)


def test_an_order_of_unknown_classes_is_refused() -> None:
    with pytest.raises(NoGroups, match="label_order names 'stroke', which is none of the classes bleed, normal, other"):
        groups_of(case_table(), CLASSES, Grouping("mean", ("stroke",)))


def test_groups_at_several_sites_are_refused() -> None:
    cases = case_table(12, 12)
    cases["group"] = cases["group"].str.replace("London", "internal")
    with pytest.raises(NoGroups, match=r"12 group\(s\) have cases at several sites: internal 0 \(London, internal\)"):
        groups_of(cases, CLASSES, ORDER)


def test_a_group_in_two_folds_is_refused() -> None:
    cases = case_table()
    made = entry(cases, "a", 0.5)
    table = made.predictions
    sizes = cases.groupby("group")["case_id"].transform("size")
    divided = cases[(sizes > 1) & (cases["site"] == "internal")]["case_id"].iloc[0]
    rows = (table["case_id"] == divided) & (table["seed"] == 1)
    table.loc[rows, "fold"] = 1 - table.loc[rows, "fold"]
    with pytest.raises(NoGroups, match=rf"a \(default, random\): 1 group\(s\) were predicted in part .*: {divided}\. "):
        pool_entries([made], groups_of(cases, CLASSES, ORDER), CLASSES, "mean")


def test_tables_of_both_levels_stand_side_by_side_and_one_is_ranked() -> None:
    cases = case_table(30, 15)
    entries, groups = [entry(cases, "a", 0.4), entry(cases, "b", 1.0)], groups_of(cases, CLASSES, ORDER)
    of_cases = build_leaderboard(entries, cases, CLASSES, rng=np.random.default_rng(0))
    pooled, _ = pool_entries(entries, groups, CLASSES, "mean")
    of_groups = build_leaderboard(pooled, groups.table, CLASSES, rng=np.random.default_rng(0), unit="groups")
    unranked = of_cases.unranked(UNRANKED)
    tables = {table.name: table for table in build_level_tables(of_groups, unranked, None, "a")}
    assert {name for name in tables if name.startswith("group_") or name.startswith("level")} <= set(LEVEL_NAMES)
    assert all(row[0] is not None for row in tables["group_leaderboard"].rows[:2])
    assert [row[0] for row in tables["leaderboard"].rows[:2]] == [None, None]
    meaning = "Rank: 1 + the number of backbones resolved better"
    assert any(note.startswith(meaning) for note in tables["group_leaderboard"].notes)
    assert not any(note.startswith(meaning) for note in (*tables["leaderboard"].notes, *page_standings(unranked).notes))
    assert leaderboard_markdown(unranked, groups=of_groups).count(meaning) == 1
    beside = tables["levels"]
    names = [column.name for column in beside.columns]
    assert names[3:] == [
        "groups_internal",
        "cases_internal",
        "groups_external",
        "cases_external",
        "groups_gap",
        "cases_gap",
    ]
    for line in beside.rows:
        item = dict(zip(names, line, strict=True))
        (of_group,) = [row for row in of_groups.rows if row.name == item["backbone"]]
        (of_case,) = [row for row in unranked.rows if row.name == item["backbone"]]
        metric = item["metric"].name
        assert item["groups_internal"] == of_group.cells.internal[metric]
        assert item["cases_internal"] == of_case.cells.internal[metric]
        assert item["groups_external"] == of_group.cells.external["London"][metric]
        assert item["cases_gap"] == of_case.cells.gap["London"][metric]


def test_classes_and_comparisons_stand_side_by_side_as_well() -> None:
    cases = case_table(30, 15)
    entries, groups = [entry(cases, "a", 0.4), entry(cases, "b", 1.0)], groups_of(cases, CLASSES, ORDER)
    of_cases = build_leaderboard(entries, cases, CLASSES, rng=np.random.default_rng(0)).unranked(UNRANKED)
    pooled, _ = pool_entries(entries, groups, CLASSES, "mean")
    of_groups = build_leaderboard(pooled, groups.table, CLASSES, rng=np.random.default_rng(0), unit="groups")
    tables = {table.name: table for table in build_level_tables(of_groups, of_cases)}
    boards = [{row.name: row.per_class for row in board.rows} for board in (of_groups, of_cases)]
    assert len(tables["level_classes"].rows) == 2 * 3 * len(boards[0]["a"]["bleed"].internal)
    for line in lines(tables["level_classes"]):
        group, case = (of[line["backbone"]][line["class"]] for of in boards)
        metric = line["metric"]
        assert (line["groups_internal"], line["cases_internal"]) == (group.internal[metric], case.internal[metric])
        assert (line["groups_gap"], line["cases_gap"]) == (group.gap["London"][metric], case.gap["London"][metric])
    compared = lines(tables["level_comparisons"])
    assert len(compared) == len(of_groups.comparisons)
    at_cases = {one.endpoint: one for one in of_cases.comparisons}
    for line, one in zip(compared, of_groups.comparisons, strict=True):
        other = at_cases[one.endpoint]
        assert (line["difference_groups"], line["p_holm_groups"]) == (one.difference, one.p_holm)
        assert (line["difference_cases"], line["p_cases"]) == (other.difference, other.p)
    assert "level_confusion" not in tables  # no pair of these classes is named
