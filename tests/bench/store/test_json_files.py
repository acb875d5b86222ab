"""Typed records in files of JSON: what earlier versions wrote is read, what is damaged is said the same way for all."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bench.config.experiment import Experiment, Tuned
from bench.errors import RequestError
from bench.explain.stored import explanation_galleries, explanation_tables
from bench.nondeterminism.record import read_nondeterminism
from bench.plan.recipe import Recipe
from bench.search.record import read_records
from bench.store.folder import ResultsFolder
from bench.store.planned import Planned, PlannedRun, PlannedSearch, read_planned, write_planned

PLAN = (
    '{"runs": {"00000000000000000001": {"backbone": "net", "seed": 0, "fold": 1, "folds": "abc"}}, "workers": 2, '
    '"searches": {"net-0": {"studies": ["net-0", "net-1"], "trials": 5, "storage": "sqlite:///r/study.db"}}}'
)
TUNED = """[
 {
  "recipe": {
   "epochs": 5,
   "head_epochs": 1,
   "lr": 1e-05,
   "weight_decay": 0.01,
   "batch_size": 32,
   "warmup": 0.25,
   "label_smoothing": 0.0,
   "class_weights": "none"
  },
  "image_size": 64,
  "study": "\\u00e9tude",
  "cases": 60
 }
]
"""


def test_the_plan_is_written_and_read_as_by_version_0_1_0(tmp_path: Path) -> None:
    planned = Planned(
        {f"{1:020x}": PlannedRun("net", 0, 1, "abc")},
        2,
        {"net-0": PlannedSearch(("net-0", "net-1"), 5, "sqlite:///r/study.db")},
    )
    write_planned(tmp_path, planned)
    assert (tmp_path / ".plan.json").read_text() == PLAN
    assert read_planned(tmp_path) == planned


def test_tuned_recipes_are_written_and_read_as_by_version_0_1_0(tmp_path: Path) -> None:
    folder = ResultsFolder(tmp_path)
    tuned = Tuned(study="étude", metric="macro_f1", score=0.5, trials=3, cases=[])
    for name in ("tuned-étude", "another name of the same numbers"):
        recipe = Recipe(name=name, lr=1e-05)
        folder.tuned.add(Experiment(recipe=recipe, image_size=64, tuned=tuned), 60)
    assert (tmp_path / "tuned.json").read_text() == TUNED


@pytest.mark.parametrize("content", ["", "{", '{"studies": 1, "galleries": 1}', "[1]", "\0"])
@pytest.mark.parametrize(
    ("place", "read", "advice"),
    [
        ("nondeterminism.json", read_nondeterminism, "Delete it and give the bench nondeterminism command again"),
        ("search/net.json", read_records, "Give the bench search command again"),
        (
            "explain/explain.json",
            lambda root: explanation_tables(ResultsFolder(root)),
            "Give the bench explain command",
        ),
        ("explain/explain.json", lambda root: explanation_galleries(ResultsFolder(root)), "Give the bench explain"),
        ("tuned.json", lambda root: ResultsFolder(root).tuned.add(EXPERIMENT, 60), "restore it from a copy"),
    ],
)
def test_damage_is_said_in_one_paragraph(
    tmp_path: Path, place: str, read: Callable[[Path], object], advice: str, content: str
) -> None:
    (tmp_path / place).parent.mkdir(exist_ok=True)
    (tmp_path / place).write_text(content)
    with pytest.raises(RequestError) as caught:
        read(tmp_path)
    message = str(caught.value)
    assert message.startswith(f"{tmp_path / place} is damaged (")
    assert advice in message
    assert "\n" not in message


EXPERIMENT = Experiment(tuned=Tuned(study="s", metric="macro_f1", score=0.5, trials=3, cases=[]))
