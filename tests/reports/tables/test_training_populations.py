"""Rows with training cases that were drawn anew: pooled to groups, undefined numbers, and what does not count."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from reports import Entry, Leaderboard, build_leaderboard
from reports.tables.groups import Grouping, groups_of, pool_entries
from reports.tables.training_populations import AT_A_LIMIT, TrainingDraws

CLASSES, PATIENTS, SLICES, SEEDS, DRAWS = ("a", "b"), 120, 2, 2, 4
FOLDS = 2


def case_table() -> pd.DataFrame:
    """Internal patients of two slices, and as many of bern."""
    rows = [
        (f"{site}/{n:03d}", site, CLASSES[n // SLICES % 2], f"{site} {n // SLICES}")
        for site in ("internal", "bern")
        for n in range(PATIENTS * SLICES)
    ]
    return pd.DataFrame(rows, columns=["case_id", "site", "label", "group"])


def predicted(seed: int, skill: float, rng: np.random.Generator) -> pd.DataFrame:
    """Out of fold inside, by both fold models outside; the probability of the right class is drawn around a skill."""
    cases, parts = case_table(), []
    inside = cases["site"] == "internal"
    held_out = np.arange(len(cases)) // SLICES % FOLDS
    for fold in range(FOLDS):
        part = cases[~inside | (held_out == fold)].drop(columns="group")
        p_right = np.clip(rng.normal(skill, 0.25, len(part)), 0.01, 0.99)
        p_a = np.where(part["label"] == "a", p_right, 1 - p_right)
        names = np.where(p_a > 0.5, "a", "b")
        parts.append(part.assign(seed=seed, fold=fold, predicted=names, p_a=p_a, p_b=1 - p_a))
    return pd.concat(parts, ignore_index=True)


def entry(seeds: int = SEEDS, apart: float = 0.15) -> Entry:
    """A backbone whose draws differ in skill by so much."""
    rng = np.random.default_rng(4)
    main = pd.concat([predicted(seed, 0.65, rng) for seed in range(seeds)], ignore_index=True)
    drawn = [(seed, draw) for seed in range(SEEDS) for draw in range(1, DRAWS + 1)]
    of_draws = [predicted(place, 0.65 + apart * (place % DRAWS - 1.5) / 1.5, rng) for place, _ in enumerate(drawn)]
    inside = [name for name in case_table()["case_id"] if name.startswith("internal")]
    times = [
        dict(zip(inside, np.repeat(rng.multinomial(PATIENTS, np.full(PATIENTS, 1 / PATIENTS)), SLICES), strict=True))
        for _ in drawn
    ]
    draws = TrainingDraws(pd.concat(of_draws, ignore_index=True), tuple(drawn), tuple(times))
    return Entry("net", "random", "fine-tune", 1, 1.0, FOLDS, main, (), draws)


def built(one: Entry, cases: pd.DataFrame | None = None) -> Leaderboard:
    return build_leaderboard([one], case_table() if cases is None else cases, CLASSES, rng=np.random.default_rng(0))


def test_what_all_patients_change_by_is_seen_and_makes_intervals_longer() -> None:
    found, still = (built(entry(apart=apart)).training_populations["net"] for apart in (0.15, 0.0))
    for cells in (found.internal, found.external["bern"]):
        one = cells["accuracy"]
        assert one.deviations is not None
        assert one.deviations["training_cases"] > 0.05
        assert one.these.low is not None
        assert one.any.low is not None
        assert one.any.low < one.these.low - 0.02
    assert still.internal["accuracy"].deviations is not None
    assert still.internal["accuracy"].deviations["training_cases"] < 0.04
    gap = found.gap["bern"]["accuracy"]  # both sides change together
    assert gap.deviations is not None
    assert gap.deviations["training_cases"] < 0.05


def test_groups_have_their_own_draws() -> None:
    one = entry()
    groups = groups_of(case_table(), CLASSES, Grouping())
    (pooled,), _ = pool_entries([one], groups, CLASSES, "mean")
    assert pooled.draws is not None
    assert pooled.draws.drawn == one.draws.drawn if one.draws else False
    found = built(pooled, groups.table).training_populations["net"]
    assert found.draws == {0: DRAWS, 1: DRAWS}
    table = pooled.draws.predictions
    outside = table[table["site"] == "bern"]
    right = (outside["predicted"] == outside["label"]).groupby([outside["seed"], outside["case_id"]]).mean().unstack(0)
    of_seeds = []
    for seed in range(SEEDS):
        values = right.iloc[:, seed * DRAWS : (seed + 1) * DRAWS].to_numpy()
        rest = values - values.mean(1, keepdims=True) - values.mean(0) + values.mean()
        single = np.square(rest).sum() / (PATIENTS * (PATIENTS - 1) * (DRAWS - 1))
        of_seeds.append(values.mean(0).var(ddof=1) - single)
    deviations = found.external["bern"]["accuracy"].deviations
    assert deviations is not None
    assert deviations["training_cases"] == pytest.approx(np.sqrt(np.mean(of_seeds)), abs=1e-4)


def test_draws_of_seeds_that_the_row_lacks_do_not_count() -> None:
    assert built(entry(seeds=1)).training_populations["net"].draws == {0: DRAWS}


def test_with_fewer_than_two_draws_there_is_nothing_to_say() -> None:
    one = entry()
    assert one.draws is not None
    single = replace(one.draws, predictions=one.draws.predictions[one.draws.predictions["seed"].isin([0, DRAWS])])
    assert built(replace(one, draws=single)).training_populations == {}
    assert built(replace(one, draws=None)).training_populations == {}
    assert "training_populations" not in built(replace(one, draws=None)).to_dict()


def test_where_all_are_right_nothing_is_known_of_other_training_cases() -> None:
    one = entry()
    right = one.predictions.assign(predicted=one.predictions["label"])
    found = built(replace(one, predictions=right)).training_populations["net"]
    assert found.internal["accuracy"].these.method == "clopper-pearson"
    assert found.internal["accuracy"].any.low is None
    assert found.internal["accuracy"].any.reason == AT_A_LIMIT


def test_a_number_without_an_interval_has_none_over_training_cases() -> None:
    cases = case_table()
    few = cases[(cases["site"] == "internal") | (cases["case_id"] < "bern/010")]
    one = entry()
    assert one.draws is not None

    def kept(table: pd.DataFrame) -> pd.DataFrame:
        return table[table["case_id"].isin(few["case_id"])]

    draws = replace(one.draws, predictions=kept(one.draws.predictions))
    found = built(replace(one, predictions=kept(one.predictions), draws=draws), few).training_populations["net"]
    macro = found.external["bern"]["macro_f1"]
    assert macro.any == macro.these
    assert macro.any.reason is not None
    assert "15 needed" in macro.any.reason
