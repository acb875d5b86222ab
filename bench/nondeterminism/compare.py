"""`bench nondeterminism --compare A B`. Reads both folders, may train a few steps again; prints."""

from pathlib import Path

from bench.cache import user_caches
from bench.errors import BenchError, RequestError, interruptible
from bench.nondeterminism.matched_runs import MatchedRuns, data_differences, differences, matched_runs
from bench.nondeterminism.replay import locate, stored_replay
from bench.printing import to_output
from bench.store.folder import ResultsFolder
from bench.store.traces import read_trace
from reports.draw.markdown_table import tables_markdown
from reports.nondeterminism.compare_tables import ComparedRun, compare_tables
from reports.tables.table import Table


def compare_folders(a: Path, b: Path) -> int:
    """Explain what differs between two results folders.

    Raises:
        RequestError: one is no results folder, or they have no run in common that should be equal.
        Interrupted: the user stopped it.
    """
    with interruptible("Nothing was written."):
        tables = _compared(_folder(a), _folder(b))
    to_output(tables_markdown(tables), end="")
    return 0


def _compared(one: ResultsFolder, two: ResultsFolder) -> tuple[Table, ...]:
    pairs, data = matched_runs(one, two), data_differences(one, two)
    if not pairs:
        raise RequestError(
            f"{one.root} and {two.root} have no two runs of the same backbone, weights, recipe, seed, fold and image "
            f"size, so that there is nothing that should be equal. {data}"
        )
    settings = [(each.what, each.a, each.b) for each in differences(pairs)]
    parted = next((pair for pair in pairs if pair.differs), None)
    notes = [*([data] if data else []), *([_explained(parted, one, two)] if parted else [])]
    return compare_tables(settings, [_row(pair) for pair in pairs], notes)


def _folder(path: Path) -> ResultsFolder:
    folder = ResultsFolder(path.expanduser())
    if not (folder.root / "experiment.toml").is_file():
        raise RequestError(f"{folder.root} is no results folder (--compare). Give two that `bench` wrote.")
    return folder


def _row(pair: MatchedRuns) -> ComparedRun:
    spec, where = pair.a.record.spec, pair.divergence
    return ComparedRun(
        spec.backbone,
        spec.seed,
        spec.replicate,
        spec.fold,
        pair.a.run_id == pair.b.run_id,
        where.step if where else None,
        where.tensor if where else None,
        pair.differing,
        pair.predictions,
        pair.same_bytes,
        pair.traced,
    )


def _explained(pair: MatchedRuns, one: ResultsFolder, two: ResultsFolder) -> str:
    """Where the first two runs part, by training both again up to there where this machine can."""
    name = pair.a.record.title
    if pair.divergence is None:
        return f"{name}: no recorded digest differs, the predictions do."
    caches = user_caches()
    try:
        replays = stored_replay(pair.a, one, caches), stored_replay(pair.b, two, caches)
    except BenchError as error:
        where = f"step {pair.divergence.step}, {pair.divergence.tensor}"
        return f"{name}, first difference: {where}. It was not replayed: {error}"
    found = locate((read_trace(pair.a.folder), read_trace(pair.b.folder)), *replays)
    assert found is not None
    return f"{name}, first difference: {found.text()}."
