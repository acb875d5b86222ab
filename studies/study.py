"""Opens a study, or refuses one that was made for something else. Reads and writes the storage."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Literal, NoReturn

import optuna
from optuna.storages import BaseStorage
from optuna.study import Study

from studies.errors import StudyError
from studies.pruners import make_pruner
from studies.samplers import make_sampler
from studies.space import Space
from studies.storage import masked, translated

PLAN = "plan"
MEANS = "means"
Direction = Literal["maximize", "minimize"]


@dataclass(frozen=True)
class StudyPlan:
    """What a study asks and how it goes about it.

    `question` says in words, by topic, all on which a score depends: two studies that differ there cannot be
    one. `space` belongs to it. Sampler, pruner and seed may change under way; that is only said.
    """

    name: str
    space: Space
    metric: str
    direction: Direction
    parts: int
    sampler: str
    pruner: str
    seed: int
    question: Mapping[str, str]
    note: str = ""

    def asked(self) -> dict[str, str]:
        """The question with its space and metric, a line a topic."""
        space = {f"space.{name}": text for name, text in self.space.described().items()}
        return {**self.question, **space, "metric": f"{self.metric} ({self.direction})"}

    def means(self) -> dict[str, str]:
        return {"sampler": self.sampler, "pruner": self.pruner, "seed": str(self.seed)}


@dataclass(frozen=True)
class OpenStudy:
    """A study, its storage, the URL of that (never to be shown as it is), and what differs from its last call."""

    study: Study
    storage: BaseStorage
    url: str
    plan: StudyPlan
    remarks: tuple[str, ...]


def open_study(storage: BaseStorage, url: str, plan: StudyPlan, *, new: bool = False) -> OpenStudy:
    """Go on with the newest study of that name that asks the same, or begin it.

    Where all of that name ask something else, `new` begins one beside them, as NAME-2, NAME-3, …; the same call then
    goes on with that one, so that an interrupted search can be given again as it was.

    Raises:
        StudyError: every stored study asks something else, without `new`; the differences from the newest are listed.
    """
    with translated(url):
        summaries = optuna.get_all_study_summaries(storage, include_best_trial=False)
        stored = {summary.study_name: summary.user_attrs for summary in summaries}
        taken = [name for name in _numbered(plan.name, len(stored)) if name in stored]
        same = [name for name in taken if not _differences(stored[name], plan)]
        if taken and not same and not new:
            _refuse(taken[-1], url, _differences(stored[taken[-1]], plan))
        free = next(name for name in _numbered(plan.name, len(stored) + 1) if name not in stored)
        name = same[-1] if same else free
        study = optuna.create_study(
            storage=storage,
            study_name=name,
            direction=plan.direction,
            sampler=make_sampler(plan.sampler, plan.space, plan.seed),
            pruner=make_pruner(plan.pruner, plan.parts),
            load_if_exists=True,
        )
        attributes = study.user_attrs
        before = json.loads(attributes[MEANS]) if MEANS in attributes else plan.means()
        if PLAN not in attributes:
            study.set_user_attr(PLAN, json.dumps(plan.asked()))
            study.set_metric_names([plan.metric])
            _note_for_dashboard(study, plan.note)
        study.set_user_attr(MEANS, json.dumps(plan.means()))
    remarks = tuple(
        f"{topic} was {before.get(topic)}, now {value}"
        for topic, value in plan.means().items()
        if before.get(topic) != value
    )
    return OpenStudy(study, storage, url, plan, remarks)


def _note_for_dashboard(study: Study, note: str) -> None:
    """Nothing where the dashboard, which alone shows it, is not installed."""
    try:
        from optuna_dashboard import save_note
    except ModuleNotFoundError:
        return
    save_note(study, note)


def _numbered(name: str, most: int) -> Iterator[str]:
    for number in count(1):
        if number > most:
            return
        yield name if number == 1 else f"{name}-{number}"


def _differences(attributes: Mapping[str, str], plan: StudyPlan) -> list[str]:
    """In what a stored study differs from what the plan asks; nothing where it was not yet said what it asks."""
    now = plan.asked()
    before = json.loads(attributes[PLAN]) if PLAN in attributes else now
    return [
        f"{topic} was {before.get(topic, 'not there')}, now {now.get(topic, 'not there')}"
        for topic in sorted({*before, *now})
        if before.get(topic) != now.get(topic)
    ]


def _refuse(name: str, url: str, differences: list[str]) -> NoReturn:
    raise StudyError(
        f"The study {name!r} in {masked(url)} asks something else: {'; '.join(differences)}. Its trials cannot be "
        f"compared with new ones. Give the same options as then, or --new-study to begin another beside it."
    )
