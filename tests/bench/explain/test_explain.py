"""`bench explain` from a results folder to tables and galleries."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from explained import WITHOUT_MASKS, train
from PIL import Image
from resealed import forget_digests
from safetensors import safe_open
from typer.testing import CliRunner

from bench.cli.app import app
from bench.errors import BenchError, RequestError
from bench.explain.options import ExplainOptions
from bench.explain.session import run_explain
from bench.explain.stored import explanation_galleries, explanation_tables
from bench.store.folder import ResultsFolder
from reports.statistics.cell import Cell


@pytest.fixture(scope="module")
def explained(kept: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Results with an explanation, and what was printed."""
    results = Path(shutil.copytree(kept, tmp_path_factory.mktemp("explained") / "results"))
    done = CliRunner().invoke(app, ["explain", str(results), "--number", "2", "--checks", "1"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return results, done.output


def test_models_are_kept_as_safetensors_beside_their_predictions(kept: Path) -> None:
    files = sorted(kept.glob("runs/*/model.safetensors"))
    assert len(files) == 4
    with safe_open(files[0], "np") as model:
        assert "layer4.1.conv2.weight" in model.keys()  # noqa: SIM118 - no mapping
        assert model.get_slice("fc.weight").get_shape() == [3, 512]
        assert "bn1.running_mean" in model.keys()  # noqa: SIM118


def test_keeping_models_names_no_run_otherwise(
    kept: Path, masked_digits: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    train(Path(shutil.copytree(kept, tmp_path / "results")), data=str(masked_digits))
    assert "All 4 runs are stored; nothing to train." in capsys.readouterr().out


def test_what_is_printed_and_written(explained: tuple[Path, str]) -> None:
    results, printed = explained
    for heading in (
        "Research use only",
        "## Where maps look: the lesion",
        "## Do correct predictions look at the lesion more than wrong ones?",
        "## Does the prediction hang on what maps mark?",
        "## Do models agree on where they look?",
        "## Do maps depend on what was learnt?",
        "from layer: resnet18 layer2 (4 × 4)",
    ):
        assert heading in printed
    names = {table.name for table in explanation_tables(ResultsFolder(results))}
    assert len(names) == 5
    assert {path.stem for path in results.glob("tables/explanation_*.csv")} == names
    assert json.loads((results / "explain" / "explain.json").read_text())["use"].startswith("Research use only")


def test_tables_hold_the_means_of_the_stored_values(explained: tuple[Path, str]) -> None:
    results, _ = explained
    values = pd.read_parquet(results / "explain" / "values.parquet")
    assert len(values) == 2 * 24 + 4 * 12
    lesions = values[values["lesion_share"].notna()]
    assert set(values["label"]) - set(lesions["label"]) == {WITHOUT_MASKS}
    tables = {table.name: table for table in explanation_tables(ResultsFolder(results))}
    for row in tables["explanation_localisation"].rows:
        of_site = lesions[lesions["site"] == row[1]]
        for place, source in ((3, "map"), (4, "centre"), (5, "random")):
            cell, name = row[place], f"{row[2].name}_{source}"
            assert isinstance(cell, Cell)
            assert cell.value == pytest.approx(of_site.groupby("seed")[name].mean().mean())
        assert row[6].value == pytest.approx(row[3].value - row[4].value)
    for row in tables["explanation_correctness"].rows:
        if row[2].name == "energy" and row[3].value is not None:
            right = lesions[(lesions["site"] == row[1]) & (lesions["label"] == lesions["predicted"])]
            assert row[3].value == pytest.approx(right.groupby("seed")["energy_map"].mean().mean())
            assert row[6] == len(right)
    checked = values[values["deletion_map"].notna()]
    assert checked.groupby(["seed", "fold", "site"]).size().tolist() == [1] * 8
    last = tables["explanation_sanity"].rows[-1]
    assert last[3].value == pytest.approx(checked.groupby("seed")["similarity_6"].mean().mean())
    assert last[4] in ("yes", "no", "not clear")


def test_a_gallery_for_each_class_shows_both_sites(explained: tuple[Path, str]) -> None:
    results, _ = explained
    galleries = explanation_galleries(ResultsFolder(results))
    assert [gallery.label for gallery in galleries] == ["0", "1", "4"]
    for gallery in galleries:
        with Image.open(gallery.file) as picture:
            assert picture.width >= 620
            assert np.asarray(picture.convert("L")).std() > 20


def test_models_that_were_not_kept_are_trained_again_and_explain_the_same(
    forgotten: Path, explained: tuple[Path, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results = Path(shutil.copytree(forgotten, tmp_path / "results"))
    assert run_explain(ExplainOptions(results=results, number=2, checks=1, save_models=True)) == 0
    assert "1 of 4 models were not kept and are trained again as they were." in capsys.readouterr().out
    again, first = (pd.read_parquet(folder / "explain" / "values.parquet") for folder in (results, explained[0]))
    order = ["seed", "fold", "site", "case_id"]
    pd.testing.assert_frame_equal(
        again.sort_values(order, ignore_index=True), first.sort_values(order, ignore_index=True), check_exact=True
    )
    for file in explained[0].glob("runs/*/model.safetensors"):
        assert (results / "runs" / file.parent.name / file.name).read_bytes() == file.read_bytes()


def test_training_that_comes_out_otherwise_is_an_error(forgotten: Path, tmp_path: Path) -> None:
    results = Path(shutil.copytree(forgotten, tmp_path / "results"))
    for file in results.glob("runs/*/predictions.parquet"):
        forget_digests(file.parent)
        table = pq.read_table(file)
        place = table.column_names.index("p_4")
        bits = table["p_4"].to_numpy().copy()
        bits[0] = np.nextafter(bits[0], np.float32(1))
        pq.write_table(table.set_column(place, "p_4", [bits]), file)
    with pytest.raises(BenchError, match=r"gave other predictions than are stored \(1 of 24 cases\)"):
        run_explain(ExplainOptions(results=results, checks=0))
    assert not (results / "explain").exists()


@pytest.mark.parametrize(
    ("content", "why"), [("spoilt", "it is no safetensors"), ("another", "it is not the model of")]
)
def test_a_file_that_is_not_the_model_is_refused(kept: Path, tmp_path: Path, content: str, why: str) -> None:
    results = Path(shutil.copytree(kept, tmp_path / "results"))
    one, other = sorted(results.glob("runs/*/model.safetensors"))[:2]
    forget_digests(one.parent)
    if content == "spoilt":
        one.write_bytes(b"\x80\x04N.")
    else:
        shutil.copy(other, one)
    with pytest.raises(BenchError, match=rf"{one.parent.name}/model.safetensors cannot be used: {why}.*Delete it"):
        run_explain(ExplainOptions(results=results, checks=0))


def test_galleries_of_cases_from_a_file_and_a_sample(kept: Path, tmp_path: Path) -> None:
    results = Path(shutil.copytree(kept, tmp_path / "results"))
    ids = pd.read_parquet(results / "cases.parquet").query("label == '1'")["case_id"].tolist()
    chosen = [ids[0], ids[-1]]
    (tmp_path / "cases.txt").write_text("\n".join(chosen) + "\n")
    done = ExplainOptions(
        results=results, method="eigencam", cases=str(tmp_path / "cases.txt"), most=6, checks=0, target="true"
    )
    assert run_explain(done) == 0
    (gallery,) = explanation_galleries(ResultsFolder(results))
    assert gallery.label == "1"
    values = pd.read_parquet(results / "explain" / "values.parquet")
    assert values.groupby("site")["case_id"].nunique().to_dict() == {"internal": 6, "external": 6}
    tables = {table.name for table in explanation_tables(ResultsFolder(results))}
    assert "explanation_sanity" not in tables
    assert "explanation_agreement" in tables


def test_requests_that_cannot_be_met(kept: Path, tmp_path: Path) -> None:
    def refused(match: str, **options: object) -> None:
        with pytest.raises(RequestError, match=match):
            run_explain(ExplainOptions(**{"results": kept, **options}))

    refused("is no results folder", results=tmp_path)
    refused("No run of backbone 'resnet19'.*Nearest: resnet18", backbones=("resnet19",))
    refused("is none of worst, best, random, and no file", cases=str(tmp_path / "none.txt"))
    refused("No such folder.*--masks", masks=tmp_path / "none")
    (tmp_path / "wrong.txt").write_text("internal/nobody.png\n")
    refused("1 case.*internal/nobody.png", cases=str(tmp_path / "wrong.txt"))
    empty = Path(shutil.copytree(kept, tmp_path / "empty", ignore=shutil.ignore_patterns("runs")))
    refused("it holds no finished run", results=empty)
    for option, value in (("--method", "scorecam"), ("--target", "other")):
        done = CliRunner().invoke(app, ["explain", str(kept), option, value])
        assert isinstance(done.exception, RequestError)
        assert option in str(done.exception)
