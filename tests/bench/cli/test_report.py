"""`bench report`: a finished folder printed and written as tables, and what it refuses."""

import io
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from processes import Bench, wait_until
from resealed import reseal

from bench.cli.report_command import report
from bench.errors import RequestError
from bench.store.folder import ResultsFolder

OTHER = "resnet_other"


@pytest.fixture
def results(finished: Path, tmp_path: Path) -> Path:
    """A copy of the finished experiment."""
    return shutil.copytree(finished, tmp_path / "results")


@pytest.fixture
def two(results: Path) -> Path:
    """The copy with a second backbone, which gets a third of the cases right that the first gets wrong."""
    for number, run in enumerate(sorted(results.glob("runs/*"))):
        copy = shutil.copytree(run, run.with_name(f"{number:020x}"))
        record = json.loads((copy / "run.json").read_text())
        record["spec"]["backbone"] = OTHER
        table = pd.read_parquet(copy / "predictions.parquet")
        better = np.flatnonzero(table["predicted"] != table["label"])[::3]
        for name in ("0", "1", "4"):
            table.loc[better, f"p_{name}"] = (table.loc[better, "label"] == name).astype("float32")
        table.loc[better, "predicted"] = table.loc[better, "label"]
        table.to_parquet(copy / "predictions.parquet", index=False)
        reseal(copy, spec=record["spec"])
    return results


def test_markdown_and_json_are_printed_as_compiled(finished: Path, bench: Bench) -> None:
    before = {path: path.stat().st_mtime_ns for path in finished.glob("**/*")}
    for layout, name in (("md", "leaderboard.md"), ("json", "leaderboard.json")):
        done = bench("report", finished, "--format", layout)
        assert done.returncode == 0
        # only what became of the worklist is said on the other stream
        assert all(line.startswith("No list of labels to look at again") for line in done.stderr.splitlines())
        assert done.stdout == (finished / name).read_text()
    assert {path: path.stat().st_mtime_ns for path in finished.glob("**/*")} == before


def test_a_stale_leaderboard_is_compiled_anew(two: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = (two / "leaderboard.json").read_text()
    report(two, "json")
    printed = capsys.readouterr().out
    assert printed == (two / "leaderboard.json").read_text() != old
    assert {row["backbone"] for row in json.loads(printed)["rows"]} == {"test_resnet", OTHER}


def test_the_page_is_written_printed_about_and_opened(two: Path, bench: Bench, tmp_path: Path) -> None:
    opener = tmp_path / "browser"
    opener.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/opened\n')
    opener.chmod(0o755)
    done = bench("report", two, "--open", BROWSER=str(opener))
    assert done.returncode == 0, done.stderr
    assert "Rank  Backbone" in done.stdout
    assert f"Next: bench report {two} --open" in done.stdout
    assert str(two / "report.html") in done.stdout
    assert "resnet_other" in (two / "report.html").read_text()
    wait_until((tmp_path / "opened").exists, "the browser")
    assert (tmp_path / "opened").read_text().strip() == (two / "report.html").as_uri()


def test_a_page_that_is_older_than_the_leaderboard_is_said_to_be(two: Path, bench: Bench) -> None:
    assert bench("report", two, "--format", "html").returncode == 0
    page, command = two / "report.html", ("run", "--config", two / "experiment.toml", "--results", two)
    assert f"the page {page}: charts" in " ".join(bench(*command).stdout.split())
    os.utime(page, ns=(0, 0))
    assert f"the page {page} anew: the one there is older than" in " ".join(bench(*command).stdout.split())


def test_csv_has_the_numbers_of_the_json(two: Path, bench: Bench) -> None:
    done = bench("report", two, "--format", "csv")
    assert done.returncode == 0, done.stderr
    content = json.loads((two / "leaderboard.json").read_text())
    rows = {row["name"]: row for row in content["rows"]}
    printed = pd.read_csv(io.StringIO(done.stdout), float_precision="round_trip").set_index("name")
    guessing = printed.loc["Guessing by class shares"]
    assert guessing["internal_macro_f1_value"] == content["chance"]["internal"]["macro_f1"]
    printed = printed.drop("Guessing by class shares")
    assert printed["backbone"].tolist() == printed.index.tolist()
    assert {stamps.rpartition("; ")[2] for stamps in printed["stamps"]} == {"fewer than 5 seeds"}
    assert done.stdout == (two / "tables/leaderboard.csv").read_text()
    metrics = pd.read_csv(two / "tables/metrics.csv", float_precision="round_trip")
    for name, row in rows.items():
        for part in ("value", "low", "high", "method"):
            assert printed.loc[name, f"internal_macro_f1_{part}"] == row["internal"]["macro_f1"][part]
            chosen = metrics[(metrics["backbone"] == name) & (metrics["metric"] == "balanced_accuracy")]
            assert chosen[f"gap_{part}"].tolist() == [row["gap"]["external"]["balanced_accuracy"][part]]
    written = re.search(r"Written: (.*)", done.stderr)
    assert written is not None
    assert {Path(path) for path in written[1].split(", ")} == set(two.glob("tables/*.csv")) - {
        two / "tables/label_worklist.csv"
    }


def test_json_by_either_name(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report(finished, as_json=True)
    assert capsys.readouterr().out == (finished / "leaderboard.json").read_text()
    with pytest.raises(RequestError, match="--json and --format csv exclude each other"):
        report(finished, "csv", as_json=True)


def test_every_table_in_every_format(two: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report(two, "tables", baseline="test_resnet")
    printed = capsys.readouterr()
    assert printed.out == ""
    names = {path.stem for path in two.glob("tables/*.json")}
    assert names >= {"leaderboard", "runs", "metrics", "gap_split", "classes", "comparisons", "against_baseline"}
    for ending, besides in (("csv", {"label_worklist"}), ("tex", {"all"}), ("md", set())):
        assert {path.stem for path in two.glob(f"tables/*.{ending}")} - besides == names
    for name in names:
        content = json.loads((two / f"tables/{name}.json").read_text())
        text = (two / f"tables/{name}.md").read_text()
        assert content["name"] == name
        assert len(content["rows"]) == len(pd.read_csv(two / f"tables/{name}.csv"))
        assert len([line for line in text.splitlines() if line.startswith("|")]) == len(content["rows"]) + 2
        assert f"tables/{name}.json" in printed.err
    document = (two / "tables/all.tex").read_text()
    assert set(re.findall(r"\\input\{(.+)\}", document)) == names
    if shutil.which("pdflatex"):
        command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "all.tex"]
        done = subprocess.run(command, cwd=two / "tables", capture_output=True, timeout=120, check=False)
        assert done.returncode == 0, done.stdout.decode(errors="replace")[-2000:]


def test_latex_is_written_for_each_table(two: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report(two, "latex", baseline="test_resnet")
    assert capsys.readouterr().out == (two / "tables/leaderboard.tex").read_text()
    names = {path.stem for path in two.glob("tables/*.tex")}
    assert {"leaderboard", "metrics", "classes", "comparisons", "against_baseline"} <= names
    assert r"Minus test\_resnet" in (two / "tables/against_baseline.tex").read_text()
    assert r"resnet\_other" in (two / "tables/metrics.tex").read_text()


def test_tables_of_an_earlier_call_go(two: Path) -> None:
    (two / "tables").mkdir(exist_ok=True)
    (two / "tables/unreadable.csv").touch()
    report(two, "csv", baseline="test_resnet")
    assert (two / "tables/against_baseline.csv").exists()
    report(two, "csv", metric=["accuracy"])
    assert not (two / "tables/against_baseline.csv").exists()
    assert not (two / "tables/classes.csv").exists()
    assert set(pd.read_csv(two / "tables/metrics.csv")["metric"]) == {"accuracy"}
    assert (two / "tables/unreadable.csv").exists()


def test_differences_from_a_baseline_follow_the_leaderboard(two: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report(two, baseline=OTHER, full=True)
    printed = capsys.readouterr().out
    assert printed.startswith((two / "leaderboard.md").read_text() + f"\n## Differences from {OTHER}\n")
    values = {
        row["name"]: row["internal"]["accuracy"]["value"]
        for row in json.loads((two / "leaderboard.json").read_text())["rows"]
    }
    difference = values["test_resnet"] - values[OTHER]
    assert difference < 0
    row = rf"\| test_resnet +\| internal.accuracy +\| −{-difference:.3f} \("
    assert re.search(row, printed)
    report(two, baseline=OTHER)
    short = capsys.readouterr().out
    assert re.search(row, short)
    assert short.startswith(f"## Differences from {OTHER}\n")
    assert "Research use only, never for diagnosis." in short.splitlines()[-40:]


def test_metrics_limit_what_is_printed(two: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report(two, metric=["recall", "balanced_accuracy"])
    printed = capsys.readouterr().out
    assert printed.startswith("Research use only, never for diagnosis.\n\n## Leaderboard\n")
    assert "Internal balanced accuracy" in printed
    assert "| Recall " in printed
    assert "Internal macro F1" not in printed
    assert "| Rank (macro F1) " in printed
    assert "Precision" not in printed


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"layout": "pdf"}, "'pdf' is none of md, json, csv, latex, tables, html"),
        ({"layout": "html", "metric": ["accuracy"]}, "The page has every metric"),
        ({"layout": "html", "interval": "percentile"}, "The page has every metric"),
        ({"layout": "csv", "show": True}, "The page has every metric"),
        ({"layout": "csv", "full": True}, "--full prints every table. Give it without --format, --json and --metric"),
        ({"metric": ["accuracy"], "full": True}, "--full prints every table"),
        ({"metric": ["speed"]}, "'speed' is none of accuracy, macro_f1,"),
        ({"layout": "csv", "metric": ["accuracy", ""]}, "'' is none of accuracy"),
        ({"baseline": "resnet"}, r"called 'resnet' \(--baseline\). Nearest: test_resnet, resnet_other"),
        (
            {"baseline": OTHER, "metric": ["precision"]},
            rf"Nothing was compared with {OTHER} \(--baseline\) on precision: only accuracy and macro_f1 are compared.",
        ),
        ({"layout": "json", "metric": ["accuracy"]}, "json prints all"),
        ({"layout": "json", "baseline": "test_resnet"}, "json prints all"),
    ],
)
def test_wrong_requests_say_what_there_is(two: Path, options: dict[str, object], message: str) -> None:
    with pytest.raises(RequestError, match=message):
        report(two, **options)
    assert not list(two.glob("tables/*.tex"))
    assert not (two / "tables/leaderboard.csv").exists()


def test_a_baseline_without_company_is_refused(results: Path) -> None:
    with pytest.raises(RequestError, match=r"Nothing was compared with test_resnet .*: it is the only row"):
        report(results, baseline="test_resnet")


def test_exit_codes(results: Path, bench: Bench, tmp_path: Path) -> None:
    missing = bench("report", tmp_path / "nowhere")
    assert (missing.returncode, missing.stdout) == (2, "")
    assert "nowhere is no results folder. Give the one that `bench run` or `bench import` wrote." in missing.stderr
    assert not (tmp_path / "nowhere").exists()
    shutil.rmtree(results / "tables", ignore_errors=True)
    (results / "tables").write_text("in the way")
    unwritten = bench("report", results, "--format", "csv")
    assert (unwritten.returncode, unwritten.stdout) == (1, "")
    assert "tables" in unwritten.stderr


def test_nothing_finished_is_refused(results: Path) -> None:
    shutil.rmtree(results / "runs")
    for layout in (None, "md", "csv", "html"):
        with pytest.raises(RequestError, match="No finished run"):
            report(results, layout)


def test_a_lost_table_of_cases_is_refused(results: Path) -> None:
    (results / "cases.parquet").unlink()
    with pytest.raises(RequestError, match=r"cases\.parquet or folds\.parquet is missing"):
        report(results, "md")


def test_while_a_run_writes_the_leaderboard_can_be_printed_but_no_tables_written(
    results: Path, bench: Bench, finished: Path
) -> None:
    with ResultsFolder(results).locked():
        printed = bench("report", results)
        full = bench("report", results, "--full")
        page = bench("report", results, "--format", "html")
        limited = bench("report", results, "--metric", "accuracy")
        refused = bench("report", results, "--format", "csv")
    assert printed.returncode == 0
    assert re.search(r"^ +1  test_resnet  0\.\d\d \(", printed.stdout, re.MULTILINE)
    assert "report.html was not written. Another bench process is writing" in printed.stderr
    assert (full.returncode, full.stdout) == (0, (finished / "leaderboard.md").read_text())
    assert (page.returncode, page.stdout) == (2, "")
    assert limited.returncode == 0, limited.stderr
    assert "| Internal accuracy" in limited.stdout
    assert refused.returncode == 2
    assert "Another bench process is writing" in refused.stderr


def test_other_intervals_are_printed_and_the_stored_leaderboard_stays(finished: Path, bench: Bench) -> None:
    before = {path: path.stat().st_mtime_ns for path in finished.glob("**/*")}
    own = json.loads((finished / "leaderboard.json").read_text())
    found = {}
    for options in (["percentile"], ["bca"], ["bca", "--stratify"]):
        done = bench("report", finished, "--format", "json", "--interval", *options)
        assert done.returncode == 0, done.stderr
        found[*options] = json.loads(done.stdout)
    assert {path: path.stat().st_mtime_ns for path in finished.glob("**/*")} == before
    assert [(one["interval"], one["stratified"]) for one in (own, *found.values())] == [
        ("jackknife-t", False),
        ("percentile", False),
        ("bca", False),
        ("bca", True),
    ]
    assert len({one["made_from"] for one in (own, *found.values())}) == 4
    cells = [one["rows"][0]["internal"]["accuracy"] for one in (own, *found.values())]
    assert {cell["value"] for cell in cells} == {cells[0]["value"]}
    assert [cell["method"] for cell in cells] == ["jackknife-t", "percentile", "bca", "bca"]
    assert len({(cell["low"], cell["high"]) for cell in cells}) == 4


def test_the_experiments_own_intervals_are_the_stored_leaderboard(
    finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path: path.stat().st_mtime_ns for path in finished.glob("**/*")}
    report(finished, "md", interval="jackknife-t", stratify=False)
    assert capsys.readouterr().out == (finished / "leaderboard.md").read_text()
    assert {path: path.stat().st_mtime_ns for path in finished.glob("**/*")} == before


def test_tables_are_written_with_other_intervals(two: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = (two / "leaderboard.json").read_bytes()
    report(two, "csv", interval="percentile")
    methods = set(pd.read_csv(two / "tables/metrics.csv")["internal_method"].dropna())
    assert "percentile" in methods
    assert "bias-corrected" not in methods
    assert (two / "leaderboard.json").read_bytes() == old
    capsys.readouterr()
    report(two, baseline=OTHER, stratify=True, full=True)
    assert "within the classes" in capsys.readouterr().out
    assert (two / "leaderboard.json").read_bytes() == old


def test_the_stored_leaderboard_follows_the_experiment(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (results / "experiment.toml").read_text()
    without = "".join(line for line in text.splitlines(True) if not line.startswith(("interval", "stratify")))
    (results / "experiment.toml").write_text(without)
    report(results, "md")
    assert capsys.readouterr().out == (results / "leaderboard.md").read_text()
    assert json.loads((results / "leaderboard.json").read_text())["interval"] == "jackknife-t"
    (results / "experiment.toml").write_text('interval = "percentile"\nstratify = true\n' + without)
    report(results, "md")
    assert "percentile" in capsys.readouterr().out
    assert json.loads((results / "leaderboard.json").read_text())["stratified"]
    report(results, stratify=False, full=True)
    assert "within the classes" not in capsys.readouterr().out


def test_a_wrong_interval_is_refused_in_one_paragraph(finished: Path, bench: Bench) -> None:
    for command, message in (
        (("report", finished), "--interval 'exact' is none of jackknife-t, bias-corrected, percentile, bca."),
        (
            ("run", "--results", finished),
            "--interval must be 'jackknife-t', 'bias-corrected', 'percentile' or 'bca', not 'exact'",
        ),
    ):
        done = bench(*command, "--interval", "exact")
        assert done.returncode == 2
        assert "|" not in done.stdout  # no table
        assert message in done.stderr
        assert len(done.stderr.strip().split("\n\n")) == 1


def test_tables_of_an_up_to_date_leaderboard_leave_it_alone(two: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report(two, "md")
    before = {path: path.stat().st_mtime_ns for path in two.glob("**/*")}
    report(two, metric=["accuracy"], baseline=OTHER)
    report(two, baseline=OTHER)
    assert {path: path.stat().st_mtime_ns for path in two.glob("**/*")} == before
    assert capsys.readouterr().out.count(f"## Differences from {OTHER}") == 2
    report(two, "csv")
    assert {path: path.stat().st_mtime_ns for path in two.glob("leaderboard.*")}.items() <= before.items()


def test_a_stratified_folder_says_how_to_leave_that_out(results: Path) -> None:
    text = (results / "experiment.toml").read_text()
    without = "".join(line for line in text.splitlines(True) if not line.startswith(("interval", "stratify")))
    (results / "experiment.toml").write_text('interval = "percentile"\nstratify = true\n' + without)
    with pytest.raises(RequestError, match=r"stratify = true.* of .*experiment\.toml: .* Add --no-stratify\."):
        report(results, interval="jackknife-t")
    report(results, interval="jackknife-t", stratify=False)
    (results / "experiment.toml").write_text('interval = "jackknife-t"\n' + without)
    with pytest.raises(RequestError, match=r"--stratify does not go with `interval` .* Add another --interval\."):
        report(results, stratify=True)


def test_a_jackknife_cannot_be_stratified(finished: Path, bench: Bench) -> None:
    for command in (("report", finished), ("run", "--results", finished)):
        done = bench(*command, "--interval", "jackknife-t", "--stratify")
        assert done.returncode == 2
        assert "|" not in done.stdout  # no table
        assert "jackknife-t draws nothing to stratify" in done.stderr
