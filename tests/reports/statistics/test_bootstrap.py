"""The crossed bootstrap against plain loops over the same weights, its draws, and its memory."""

import tracemalloc
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, f1_score

from reports.statistics.analyse import analyse
from reports.statistics.bootstrap import Draws, draw_counts, resample
from reports.statistics.cases import index_cases
from reports.statistics.confusion_counts import ConfusionCounts
from reports.statistics.metrics import METRICS
from reports.statistics.metrics.of_counts import accuracy
from reports.statistics.pooling import Pooled, pool_predictions


def pooled(study, entry) -> Pooled:
    one, notes = pool_predictions(
        entry.predictions, index_cases(study.cases, study.classes), name=entry.backbone, folds=entry.folds
    )
    assert one is not None
    assert not [note for note in notes if "left out" in note]
    return one


def slow_resample(study, entry, draws: Draws, side: str, score: Callable) -> np.ndarray:
    """Repeat every prediction as often as its cluster was drawn, seed by seed, resample by resample."""
    table = entry.predictions[entry.predictions["site"] == side]
    group = study.cases.set_index("case_id")["group"]
    own = group.where(group.notna(), group.index.to_series())
    cluster = table["case_id"].map(own)
    # Clusters are numbered in the order of their first cases, cases without a group behind the others.
    first = pd.DataFrame({"case": table["case_id"], "cluster": cluster}).groupby("cluster")["case"].min()
    order = {name: place for place, name in enumerate(first.sort_values().index)}
    number = cluster.map(order).to_numpy()
    strata = np.zeros(len(order), dtype=np.int64)
    drawn = np.concatenate(list(draws.cluster_weights(side, strata)))
    seeds = sorted(table["seed"].unique())
    weights = draws.seed_weights(seeds)
    values = np.zeros(draws.n_resamples)
    for b in range(draws.n_resamples):
        for place, seed in enumerate(seeds):
            rows = np.flatnonzero(table["seed"].to_numpy() == seed)
            repeated = np.repeat(rows, drawn[b, number[rows]])
            values[b] += weights[b, place] * score(table["label"].iloc[repeated], table["predicted"].iloc[repeated])
    return values


@pytest.mark.parametrize("options", [{}, {"holdout": 0.4}], ids=["folds", "hold-out"])
@pytest.mark.parametrize("cases_per_patient", [1, 3])
def test_resamples_equal_plain_loops_over_the_same_weights(make_study, options, cases_per_patient) -> None:
    study = make_study(internal=60, external={"London": 30}, cases_per_patient=cases_per_patient)
    entry = study.entry("resnet34", seeds=(3, 5, 8), **options)
    draws = Draws(7, 12)
    (analysis,) = analyse([pooled(study, entry)], study.classes, (), draws, stratify=False)
    scores = {
        "accuracy": accuracy_score,
        "macro_f1": lambda truth, predicted: f1_score(
            truth, predicted, labels=list(study.classes), average="macro", zero_division=0
        ),
    }
    for metric, score in scores.items():
        sides = {side: slow_resample(study, entry, draws, side, score) for side in ("internal", "London")}
        for side, expected in sides.items():
            np.testing.assert_allclose(analysis.sides[side].resampled[metric], expected, atol=1e-12)
        gap = analysis.gap(METRICS[metric], "London").replicates
        assert gap is not None
        np.testing.assert_allclose(gap.resampled, sides["internal"] - sides["London"], atol=1e-12)


def test_point_estimates_are_means_over_seeds_of_pooled_scores(make_study) -> None:
    study = make_study()
    entry = study.entry("resnet34")
    (analysis,) = analyse([pooled(study, entry)], study.classes, (), Draws(0, 2), stratify=False)
    for side in ("internal", "London"):
        table = entry.predictions[entry.predictions["site"] == side]
        expected = [f1_score(rows["label"], rows["predicted"], average="macro") for _, rows in table.groupby("seed")]
        np.testing.assert_allclose(analysis.sides[side].per_seed["macro_f1"], expected, atol=1e-12)


def test_every_resample_draws_as_many_clusters_as_there_are_each_equally_often() -> None:
    counts = draw_counts(np.random.default_rng(0), np.zeros(20, dtype=np.int64), 20_000)
    assert (counts.sum(1) == 20).all()
    # Counts are binomial(20, 1/20): mean 1, variance .95; five standard errors of each over 20,000 draws.
    np.testing.assert_allclose(counts.mean(0), 1, atol=5 * np.sqrt(0.95 / 20_000))
    np.testing.assert_allclose(counts.var(0), 0.95, atol=0.08)
    # Multinomial: two clusters' counts have correlation −1/19.
    assert np.corrcoef(counts[:, 0], counts[:, 1])[0, 1] == pytest.approx(-1 / 19, abs=5 / np.sqrt(20_000))


def test_stratified_draws_keep_the_number_of_clusters_of_each_class() -> None:
    strata = np.array([2, 0, 0, 1, 2, 2, 0])
    counts = draw_counts(np.random.default_rng(0), strata, 50)
    for stratum in range(3):
        assert (counts[:, strata == stratum].sum(1) == (strata == stratum).sum()).all()
    assert counts.std(0)[3] == 0
    assert (np.delete(counts.std(0), 3) > 0).all()


def test_draws_depend_on_the_root_and_on_what_is_drawn_alone() -> None:
    strata = np.zeros(30, dtype=np.int64)
    one = np.concatenate(list(Draws(1, 500).cluster_weights("internal", strata)))
    same = np.concatenate(list(Draws(1, 500).cluster_weights("internal", strata)))
    np.testing.assert_array_equal(one, same)
    assert one.shape == (500, 30)
    for other in (Draws(2, 500).cluster_weights("internal", strata), Draws(1, 500).cluster_weights("A", strata)):
        assert (one != np.concatenate(list(other))).any()
    np.testing.assert_array_equal(Draws(1, 9).seed_weights([1, 2, 3]), Draws(1, 9).seed_weights([1, 2, 3]))
    assert Draws(1, 9).seed_weights([1, 2, 3]).sum(1) == pytest.approx(1)


def test_at_least_one_resample_is_asked_for() -> None:
    with pytest.raises(ValueError, match="resample"):
        Draws.from_generator(np.random.default_rng(0), 0)


def test_memory_stays_under_256_mib(make_study) -> None:
    study = make_study(internal=1500, external={"London": 600}, classes=[f"c{i}" for i in range(6)])
    rows = [pooled(study, study.entry(name, seeds=range(10))) for name in ("a", "b")]
    tracemalloc.start()
    analyses = analyse(rows, study.classes, [(1, 2)], Draws(0, 10_000), stratify=False)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert analyses[0].sides["internal"].resampled["macro_f1"].shape == (10_000,)
    assert peak < 256 * 2**20


def test_large_counts_are_summed_exactly() -> None:
    # 6,000 slices of each of 3,000 patients: sums pass 2²⁴, where float32 would round.
    rng = np.random.default_rng(0)
    tp = rng.integers(3000, 6000, (3000, 1, 1)).astype(float)
    whole = np.full((3000, 1, 1), 6001.0)
    counts = ConfusionCounts(tp, whole, whole, np.zeros((3000, 1, 0)))
    weights = draw_counts(rng, np.zeros(3000, dtype=np.int64), 5)
    (values,) = resample([counts], [lambda m: {"accuracy": accuracy(m)}], np.ones((5, 1)), iter([weights]))
    exact = [int((w * tp[:, 0, 0].astype(int)).sum()) / (3000 * 6001) for w in weights]
    np.testing.assert_array_equal(values["accuracy"], exact)


def test_predictions_table_has_no_hidden_order(make_study) -> None:
    study = make_study(internal=60, external={"London": 30})
    entry = study.entry("resnet34")
    shuffled = entry.predictions.sample(frac=1, random_state=0)
    a, b = (
        pool_predictions(table, index_cases(cases, study.classes), name="x", folds=3)[0]
        for table, cases in (
            (entry.predictions, study.cases),
            (pd.DataFrame(shuffled), study.cases.sample(frac=1, random_state=1)),
        )
    )
    assert a is not None
    assert b is not None
    assert a.partitions == b.partitions
    for side in a.sides:
        np.testing.assert_array_equal(a.sides[side].counts.tp, b.sides[side].counts.tp)
