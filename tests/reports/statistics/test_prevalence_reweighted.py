"""A gap's parts against scikit-learn with sample weights, plain loops over the same draws, and planted shifts."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, cohen_kappa_score, f1_score

from reports import Entry, build_leaderboard
from reports.statistics.analyse import analyse
from reports.statistics.bootstrap import Draws
from reports.statistics.cases import index_cases
from reports.statistics.pooling import pool_predictions

SCORES = {
    "accuracy": accuracy_score,
    "macro_f1": lambda truth, predicted, **weights: f1_score(truth, predicted, average="macro", **weights),
    "kappa": cohen_kappa_score,
}


def analysed(study, entry, draws: Draws, stratify: bool = False):
    pooled, _ = pool_predictions(
        entry.predictions, index_cases(study.cases, study.classes), name="a", folds=entry.folds
    )
    (analysis,) = analyse([pooled], study.classes, (), draws, stratify=stratify)
    return analysis


def skewed(study, keep: dict[str, int]) -> None:
    """Drop external cases so that only so many of each class are left."""
    table = study.table
    rank = table.groupby(["site", "label"]).cumcount()
    few = (table["site"] != "internal") & (rank >= table["label"].map(keep))
    study.table = table[~few].reset_index(drop=True)


def external_with_weights(study, entry, repeat: pd.Series, score) -> list[float]:
    """The external score of each seed with cases drawn `repeat` times, weighted to the internal class mix."""
    label = study.table.set_index("case_id")["label"]
    home = label.index.str.startswith("internal/")
    inside = repeat[home].groupby(label[home]).sum()
    outside = repeat[~home].groupby(label[~home]).sum()
    ratio = (inside / inside.sum()) / (outside / outside.sum())
    table = entry.predictions[entry.predictions["site"] != "internal"]
    weight = table["case_id"].map(repeat) * table["label"].map(ratio)
    return [
        score(rows["label"], rows["predicted"], sample_weight=weight[rows.index]) for _, rows in table.groupby("seed")
    ]


@pytest.mark.parametrize("metric", list(SCORES))
def test_the_reweighted_side_is_scikit_learns_with_case_weights(make_study, metric: str) -> None:
    study = make_study(external={"London": 90})
    skewed(study, {"normal": 20, "epidural": 4, "subdural": 9, "other": 14})
    entry = study.entry("a", drop=0.2)
    draws = Draws(3, 9)
    analysis = analysed(study, entry, draws)
    ids = study.table["case_id"]
    once = pd.Series(1.0, index=ids)
    expected = external_with_weights(study, entry, once, SCORES[metric])
    reweighted = analysis.reweighted["London"][metric]
    np.testing.assert_allclose(reweighted.per_seed, expected, atol=1e-12)
    home, away = (sorted(i for i in ids if i.startswith("internal/") == inside) for inside in (True, False))
    drawn_home, drawn_away = (
        np.concatenate(list(draws.cluster_weights(side, np.zeros(len(members), dtype=np.int64))))
        for side, members in (("internal", home), ("London", away))
    )
    seeds = draws.seed_weights([0, 1, 2, 3, 4])
    for b in range(draws.n_resamples):
        repeat = pd.Series(np.concatenate([drawn_home[b], drawn_away[b]]), index=[*home, *away], dtype=float)
        values = external_with_weights(study, entry, repeat.loc[ids], SCORES[metric])
        assert reweighted.resampled[b] == pytest.approx(seeds[b] @ values, abs=1e-12)
    for side, members in (("internal", home), ("London", away)):
        for place in (0, 7, len(members) - 1):
            without = once.copy()
            without[members[place]] = 0
            values = external_with_weights(study, entry, without, SCORES[metric])
            np.testing.assert_allclose(reweighted.changes[side][place], np.array(values) - expected, atol=1e-7)


def rows_of(site: str, counts: dict[str, int], recall: float, seeds: int = 5, folds: int = 2) -> pd.DataFrame:
    """Cases of each class of which exactly a share is right, the rest taken for the next class."""
    names, parts = list(counts), []
    for place, (name, n) in enumerate(counts.items()):
        right = round(recall * n)
        predicted = [name] * right + [names[(place + 1) % len(names)]] * (n - right)
        ids = [f"{site}/{name}{i}" for i in range(n)]
        for seed in range(seeds):
            for model in range(folds):
                chosen = [i for i in range(n) if site != "internal" or i % folds == model]
                parts.append(pd.DataFrame({
                    "seed": seed, "fold": model, "site": site, "case_id": [ids[i] for i in chosen], "label": name,
                    "predicted": [predicted[i] for i in chosen],
                }))  # fmt: skip
    return pd.concat(parts)


def board(at_home: pd.DataFrame, abroad: pd.DataFrame, classes: tuple[str, ...]):
    predictions = pd.concat([at_home, abroad], ignore_index=True)
    cases = predictions.drop_duplicates("case_id")[["case_id", "site", "label"]]
    entry = Entry("a", "random", "default", 1, 1.0, 2, predictions)
    return build_leaderboard([entry], cases, classes, rng=np.random.default_rng(0), resamples=400)


def test_another_class_mix_alone_is_prevalence_and_a_worse_model_alone_is_appearance() -> None:
    home = rows_of("internal", {"a": 100, "b": 100}, 0.8)
    (mixed,) = board(home, rows_of("x", {"a": 180, "b": 20}, 0.8), ("a", "b")).rows
    split = mixed.gap_split["x"]["macro_f1"]
    gap = mixed.cells.gap["x"]["macro_f1"].value
    # With 180 of a and 20 of b, 80 % right: F1 of a = 2·144/(180+148), of b = 2·16/(20+52); at home both are .8.
    assert gap == pytest.approx(0.8 - (288 / 328 + 32 / 72) / 2, abs=1e-12)
    assert split.appearance.value == pytest.approx(0, abs=1e-12)
    assert split.prevalence.value == pytest.approx(gap, abs=1e-12)
    assert split.prevalence.low > 0
    (worse,) = board(home, rows_of("x", {"a": 100, "b": 100}, 0.6), ("a", "b")).rows
    split = worse.gap_split["x"]["macro_f1"]
    assert split.appearance.value == pytest.approx(0.2, abs=1e-12)
    assert split.appearance.low > 0
    assert split.prevalence.value == pytest.approx(0, abs=1e-12)
    assert split.prevalence.low < 0 < split.prevalence.high


def test_the_parts_add_up_to_the_gap(make_study) -> None:
    study = make_study(external={"London": 90, "Oslo": 70})
    skewed(study, {"normal": 15, "epidural": 12, "subdural": 6, "other": 11})
    (row,) = build_leaderboard(
        [study.entry("a")], study.cases, study.classes, rng=np.random.default_rng(0), resamples=200
    ).rows
    for site in ("London", "Oslo"):
        for metric, split in row.gap_split[site].items():
            total = split.appearance.value + split.prevalence.value
            assert total == pytest.approx(row.cells.gap[site][metric].value, abs=1e-12)


def test_a_site_without_a_class_is_not_split() -> None:
    home = rows_of("internal", {"a": 60, "b": 60, "c": 60}, 0.8)
    (row,) = board(home, rows_of("x", {"a": 50, "b": 50}, 0.8), ("a", "b", "c")).rows
    split = row.gap_split["x"]["macro_f1"]
    assert split.appearance.value is None
    assert split.appearance.reason == "not split: x has no case of c"
    assert row.cells.gap["x"]["macro_f1"].value is not None
