"""Writes what runs stand on, once nobody else writes to the folder. Writes the results folder."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from bench.config.experiment import Experiment
from bench.engine.prepare import Prepared
from bench.errors import writing
from bench.store.folder import ResultsFolder
from bench.store.heartbeat import Heartbeat
from bench.store.snapshot import FolderSnapshot


@dataclass(frozen=True)
class Begun:
    """A folder that nobody else writes to: the request as it was read, what the folder holds now, and what others are
    told of the work in it."""

    prepared: Prepared
    snapshot: FolderSnapshot
    heartbeat: Heartbeat


@contextmanager
def begin(
    read: Callable[[], Prepared],
    folder: ResultsFolder,
    command: str,
    stored: Callable[[Prepared], Experiment],
    say: Callable[[str], None],
) -> Iterator[Begun]:
    """Read the request, keep other writers out of the folder, and write what the runs stand on.

    The request is read before, since that can take long, and again where the folder has changed meanwhile. `stored`
    gives the experiment to store. What was changed in the folder is said, and damaged runs are moved aside, so that
    they are done again.

    Raises:
        RequestError: the request is wrong, or another process is writing there.
        WriteError: the disk is full or gone.
    """
    prepared = read()
    with folder.locked(command=command, say=say) as heartbeat:
        if folder.state() != prepared.snapshot.state:
            say(f"Another process has changed {folder.root} meanwhile: it is read again.")
            prepared = read()
        for line in (*folder.files.changed(), *folder.set_damaged_aside()):
            say(line)
        yield Begun(prepared, write_foundation(prepared, folder, stored(prepared)), heartbeat)


def write_foundation(prepared: Prepared, folder: ResultsFolder, experiment: Experiment) -> FolderSnapshot:
    """Write cases, folds, the experiment and what was left out, and give the folder as it is then.

    Call only while holding the folder's lock. Of a request that opened internal images only, what a `bench run` has
    written stays.
    """
    before, dataset = prepared.snapshot, prepared.dataset
    all_cases = not prepared.internal_only
    cases = dataset.cases if all_cases or before.cases is None else before.cases
    with writing(folder.root, "No run of this call is stored yet"):
        if any(case.group for case in dataset.cases):
            folder.write_salt(prepared.pseudonyms)
        if cases is dataset.cases:
            folder.write_cases(cases)
            folder.write_passed_over(dataset.passed_over)
        if prepared.subgroups is not None or not experiment.subgroups:
            folder.write_subgroups(prepared.subgroups)
        folder.write_folds(prepared.folds)
        folder.write_experiment(experiment)
        if all_cases or prepared.leaks:
            folder.write_leaks(prepared.leaks)
        if all_cases and dataset.skipped:
            folder.write_unreadable(dataset.skipped)
    return replace(
        before,
        state=folder.state(),
        experiment=experiment,
        cases=cases,
        folds=prepared.folds,
    )


def beside(prepared: Prepared) -> Experiment:
    """The experiment to store by a command that is no `bench run`: what that has written stays, so that both can use
    one folder; only what was decided of backbones is added, and subgroups that are asked for."""
    before, now = prepared.snapshot.experiment, prepared.experiment
    if before is None:
        return now
    subgroups = before.subgroups if prepared.subgroups is None else now.subgroups
    return before.model_copy(update={"frozen": now.frozen, "subgroups": subgroups})
