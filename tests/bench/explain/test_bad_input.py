"""Folders of which not everything can be explained: what can is, and the rest has a reason."""

import json
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from explained import train

from bench.errors import RequestError
from bench.explain.options import ExplainOptions
from bench.explain.session import run_explain
from bench.explain.stored import explanation_galleries, explanation_tables
from bench.plan.recipe import Recipe
from bench.store.folder import ResultsFolder


@pytest.fixture(scope="module")
def digits_alone(session_cache: None, masked_digits: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """No external site, no masks, one seed; one of two backbones has no spatial layer."""
    return train(
        tmp_path_factory.mktemp("alone") / "results",
        internal=str(masked_digits / "internal"),
        backbone=["resnet18", "pit_ti_224"],
        seeds=[0],
        recipe=Recipe(epochs=1, batch_size=32),
        save_models=True,
    )


@pytest.mark.parametrize(
    ("galleries", "tables"),
    [
        ([{"backbone": "net", "label": "a", "file": "../../outside.png"}], []),
        ([{"backbone": "net", "label": "a", "file": "/etc/passwd"}], []),
        ([{"backbone": "net", "label": "a", "file": "galleries/../x.png"}], []),
        ([], [{"name": "../../outside", "title": "", "columns": [], "rows": [], "notes": []}]),
    ],
)
def test_names_of_explain_json_lead_nowhere_else(galleries: Any, tables: Any, tmp_path: Path) -> None:
    (tmp_path / "explain").mkdir()
    (tmp_path / "explain" / "explain.json").write_text(json.dumps({"galleries": galleries, "tables": tables}))
    for read in (explanation_galleries, explanation_tables):
        with pytest.raises(RequestError, match="it names"):
            read(ResultsFolder(tmp_path))


def test_one_site_one_seed_and_no_masks(digits_alone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_explain(ExplainOptions(results=digits_alone, checks=2)) == 0
    printed = capsys.readouterr().out
    assert "pit_ti_224 is left out: Backbone pit_ti_224 has no layer with places" in printed
    tables = {table.name: table for table in explanation_tables(ResultsFolder(digits_alone))}
    assert set(tables) == {"explanation_perturbation", "explanation_sanity"}
    assert {row[0] for row in tables["explanation_sanity"].rows} == {"resnet18"}
    assert "one seed" in str(tables["explanation_perturbation"].rows[0][3].reason)
    assert [gallery.label for gallery in explanation_galleries(ResultsFolder(digits_alone))] == ["0", "1", "4"]


def test_nothing_but_a_backbone_without_a_spatial_layer(digits_alone: Path) -> None:
    with pytest.raises(RequestError, match=r"Nothing can be explained\. pit_ti_224 is left out: .*Choose another"):
        run_explain(ExplainOptions(results=digits_alone, backbones=("pit_ti_224",), checks=0))


def test_images_that_are_gone_or_others(kept: Path, masked_digits: Path, tmp_path: Path) -> None:
    results = Path(shutil.copytree(kept, tmp_path / "results"))
    moved = tmp_path / "moved"
    text = (results / "experiment.toml").read_text()
    (results / "experiment.toml").write_text(text.replace(str(masked_digits), str(moved)))
    with pytest.raises(RequestError, match=f"No such folder: {moved}"):
        run_explain(ExplainOptions(results=results))
    shutil.copytree(masked_digits, moved)
    next(iter(sorted((moved / "internal" / "4").iterdir()))).unlink()
    with pytest.raises(RequestError, match="was made from other data: 36 cases then, 35 now"):
        run_explain(ExplainOptions(results=results))


def test_edited_folds_leave_their_models_out(kept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results = Path(shutil.copytree(kept, tmp_path / "results"))
    folds = pd.read_parquet(results / "folds.parquet")
    of_seed = folds[folds["seed"] == 1]
    one, other = (of_seed[of_seed["fold"] == fold].index[0] for fold in (0, 1))
    folds.loc[[one, other], "fold"] = [1, 0]
    folds.to_parquet(results / "folds.parquet", index=False)
    assert run_explain(ExplainOptions(results=results, checks=0, number=1)) == 0
    assert "2 stored run(s) belong to cases or folds" in capsys.readouterr().out
    values = pd.read_parquet(results / "explain" / "values.parquet")
    assert set(values["seed"]) == {0}
