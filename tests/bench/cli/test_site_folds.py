"""`bench run --folds sites`: each site predicted by models of the others, and what they say of the next."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from processes import Bench
from scipy.special import expit, logit
from statsmodels.stats.meta_analysis import combine_effects
from trees import write_digit_tree

from bench.store.folder import ResultsFolder

SITES = ("internal", "basel", "bern", "chur", "zug")
ASKED = (
    *("--image-size", "16", "--folds", "sites", "--epochs", "1", "--batch-size", "16", "--backbone", "test_resnet"),
    *("--workers", "1", "--seeds", "2"),
)


@pytest.fixture(scope="module")
def hospitals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five sites of real digits; zug has one class."""
    root = tmp_path_factory.mktemp("hospitals")
    write_digit_tree(root / "internal", [0, 1, 4], 20)
    for number, site in enumerate(SITES[1:4], start=1):
        write_digit_tree(root / f"external-{site}", [0, 1, 4], 20, first=20 * number)
    write_digit_tree(root / "external-zug", [0], 12, first=100)
    return root


@pytest.fixture(scope="module")
def left_out(bench: Bench, hospitals: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    results = tmp_path_factory.mktemp("left-out") / "results"
    done = bench("run", "--data", hospitals, *ASKED, "--results", results)
    assert done.returncode == 0, done.stderr
    assert "10 runs to do" in done.stdout
    return results


def runs(results: Path) -> Iterator[tuple[dict[str, object], pd.DataFrame]]:
    for run in sorted(results.glob("runs/*")):
        yield json.loads((run / "run.json").read_text())["spec"], pd.read_parquet(run / "predictions.parquet")


def test_each_fold_is_a_site_and_its_models_saw_the_others(left_out: Path) -> None:
    folds = pd.read_parquet(left_out / "folds.parquet")
    assert folds.groupby("fold")["site"].unique().str.join(",").tolist() == list(SITES)
    assert set(folds["seed"]) == {0, 1}
    for spec, predictions in runs(left_out):
        assert set(predictions["site"]) == {SITES[int(str(spec["fold"]))]}
        assert spec["n_train"] == len(folds) // 2 - len(predictions)
        assert spec["n_external"] == 0
    cases = ResultsFolder(left_out).cases()
    assert cases is not None
    for stored in ResultsFolder(left_out).runs.read_all():
        planned = stored.spec(cases)  # None where its id is another
        assert planned is not None
        assert not {sample.site for sample in planned.train} & {sample.site for sample in planned.validation}


def test_the_synthesis_is_that_of_the_stored_predictions(left_out: Path) -> None:
    """Accuracy: its value at each site by counting; mean and τ by statsmodels from the cells' own standard errors."""
    board = json.loads((left_out / "leaderboard.json").read_text())
    found = board["hospitals"]["test_resnet"]["accuracy"]
    every = pd.concat([table.assign(seed=spec["seed"]) for spec, table in runs(left_out)])
    right = (every["label"] == every["predicted"]).groupby([every["site"], every["seed"]]).mean().unstack()
    assert list(found["sites"]) == list(SITES)
    for site in SITES:
        assert found["sites"][site]["value"] == pytest.approx(right.loc[site].mean(), abs=1e-12)
    assert board["rows"][0]["internal"]["accuracy"]["value"] == pytest.approx(
        (every["label"] == every["predicted"]).groupby(every["seed"]).mean().mean(), abs=1e-12
    )
    assert found["left_out"] == {}
    mean, following = found["mean"], found["next"]
    assert 0 <= following["low"] <= mean["value"] <= following["high"] <= 1
    # one class alone at zug: a class average there would be of other classes
    macro = board["hospitals"]["test_resnet"]["macro_f1"]
    assert macro["sites"]["zug"] == {
        **dict.fromkeys(("value", "low", "high", "method")),
        "reason": "zug has no case of 1, 4",
    }
    assert macro["left_out"]["zug"] == "zug has no case of 1, 4"
    assert "4 sites hardly know" in macro["tau"]["reason"]


def test_mean_over_sites_by_hand_from_counts(left_out: Path) -> None:
    """With two seeds the variance is that of cases and seeds; here it is computed anew from the predictions."""
    found = json.loads((left_out / "leaderboard.json").read_text())["hospitals"]["test_resnet"]["accuracy"]
    every = pd.concat([table.assign(seed=spec["seed"]) for spec, table in runs(left_out)])
    values, variances = [], []
    for site in SITES:
        of_site = every[every["site"] == site]
        right = (of_site["label"] == of_site["predicted"]).astype(float)
        table = right.to_frame("right").assign(case=of_site["case_id"], seed=of_site["seed"])
        table = table.pivot(index="case", columns="seed", values="right")
        n, seeds = table.shape
        of_cases = table.mean(axis=1).var(ddof=1) / n
        rest = table.sub(table.mean(axis=1), axis=0).sub(table.mean(axis=0), axis=1) + table.to_numpy().mean()
        both = float((rest**2).to_numpy().sum() / (n * seeds * (n - 1) * (seeds - 1)))
        of_seeds = float(table.mean(axis=0).var(ddof=1) / seeds)
        unseen = max(0.0, 1 - of_seeds / both) if both > 0 else 0.0
        variance = max(of_cases - both, both * unseen) + of_seeds
        value = float(table.to_numpy().mean())
        if value in (0.0, 1.0):
            value = (n * value + 0.5) / (n + 1)
            variance = value * (1 - value) / (n + 1)
        values.append(value)
        variances.append(variance / (value * (1 - value)) ** 2)
    tau2 = found["tau"]["value"] ** 2
    theirs = combine_effects(logit(values), np.array(variances) + tau2)
    assert found["mean"]["value"] == pytest.approx(expit(theirs.mean_effect_fe), abs=1e-6)


def test_the_same_command_trains_nothing_and_other_folds_are_refused(
    left_out: Path, bench: Bench, hospitals: Path
) -> None:
    again = bench("run", "--data", hospitals, *ASKED, "--results", left_out)
    assert again.returncode == 0, again.stderr
    assert "All 10 runs are stored; nothing to train." in again.stdout
    other = bench("run", "--data", hospitals, *ASKED, "--folds", "2", "--results", left_out)
    assert other.returncode == 2
    assert "was made with folds that are sites, asked for now: 2 folds" in " ".join(other.stderr.split())


def test_tables_markdown_and_page_have_the_sites(left_out: Path, bench: Bench) -> None:
    text = (left_out / "leaderboard.md").read_text()
    assert "5 sites, each predicted by models that were trained on the others" in text
    assert "What the sites say of the next hospital:" in text
    done = bench("report", left_out, "--format", "csv")
    assert done.returncode == 0, done.stderr
    following = pd.read_csv(left_out / "tables" / "next_hospital.csv")
    assert following.loc[following["metric"] == "accuracy", "sites"].tolist() == [5]
    at_sites = pd.read_csv(left_out / "tables" / "hospitals.csv")
    assert at_sites["site"].tolist() == list(SITES)
    page = bench("report", left_out)
    assert page.returncode == 0, page.stderr
    assert (left_out / "figures" / "hospitals-1-macro-f1.svg").is_file()
    assert 'id="hospitals"' in (left_out / "report.html").read_text()


def test_an_edited_fold_table_is_refused(left_out: Path, bench: Bench, hospitals: Path, tmp_path: Path) -> None:
    edited = tmp_path / "results"
    shutil.copytree(left_out, edited)
    folds = pd.read_parquet(edited / "folds.parquet")
    folds.loc[0, ["fold", "site"]] = [1, "basel"]
    folds.to_parquet(edited / "folds.parquet", index=False)
    done = bench("run", "--data", hospitals, *ASKED, "--results", edited)
    assert done.returncode == 2
    assert "holds cases out otherwise than by their sites" in " ".join(done.stderr.split())


def test_what_cannot_be_left_out_is_refused(bench: Bench, hospitals: Path, tmp_path: Path) -> None:
    def refused(*arguments: str | Path, command: str = "run") -> str:
        done = bench(command, *arguments, "--results", tmp_path / "results")
        assert done.returncode == 2, done.stdout
        return " ".join(done.stderr.split())

    two = ("--internal", hospitals / "internal", "--external", f"bern={hospitals / 'external-bern'}")
    assert "needs 3 sites, and there are two: internal and bern. Two show how much" in refused(*two, *ASKED)
    assert "and there is one: internal" in refused("--internal", hospitals / "internal", *ASKED)
    alone = write_digit_tree(tmp_path / "alone", [0, 1, 7], 6)
    said = refused(*two, "--external", f"alone={alone}", *ASKED)
    assert "Class '7' is at site 'alone' alone" in said
    assert "exclude each other" in refused("--data", hospitals, *ASKED, "--holdout", "0.2")
    twice = tmp_path / "twice"
    shutil.copytree(hospitals / "external-bern", twice)
    said = refused(*two, "--external", f"again={twice}", *ASKED)
    assert "sites bern and again" in said
    assert "--group-duplicates" not in said
    search = ("--data", hospitals, "--folds", "sites", "--trials", "1")
    assert "bench search holds out parts of the internal site" in refused(*search, command="search")


def test_a_manifest_names_its_sites_as_it_likes(bench: Bench, hospitals: Path, tmp_path: Path) -> None:
    rows = [
        (str(file), file.parent.name, file.parent.parent.name.removeprefix("external-"))
        for file in sorted(hospitals.rglob("*.png"))
        if file.parent.parent.name in ("external-basel", "external-bern", "external-chur")
    ]
    manifest = tmp_path / "sites.csv"
    pd.DataFrame(rows, columns=["path", "label", "site"]).to_csv(manifest, index=False)
    asked = [*ASKED, "--allow-outside", "--results", tmp_path / "results"]
    done = bench("run", "--data", manifest, *asked)
    assert done.returncode == 0, done.stderr
    folds = pd.read_parquet(tmp_path / "results" / "folds.parquet")
    assert folds["site"].unique().tolist() == ["basel", "bern", "chur"]
