"""`bench verify`: digests, the report compiled again from the predictions, runs trained again. Prints.

Reads a results folder; writes nothing there.
"""

import json
from collections.abc import Iterator
from math import isclose
from pathlib import Path
from typing import Any

from bench.errors import BenchError, RequestError, interruptible
from bench.report.entries import read_stored
from bench.report.leaderboard import JSON, MARKDOWN, Drawn, Evaluation, draw_leaderboard
from bench.report.overview import KEY as OVERVIEW
from bench.report.trained_labels import of_order
from bench.store.check import check_folder
from bench.store.folder import ResultsFolder
from bench.store.heartbeat import processes_at_work
from bench.terminal import Terminal
from bench.verify.digest import supplement_digest
from bench.verify.retrain import retrain

CHECK_FAILED = 3
ROUNDING = 1e-9
"""Relative; another machine adds the same numbers in another order."""
MADE_FROM = "made_from"  # also names the program, which may be another one now


def verify(root: Path, terminal: Terminal, retrained: int = 0) -> int:
    """Check every file, compile the leaderboard again, and print the digest; then train so many runs again.

    Returns the exit code: 3 where anything is not as it was stored.

    Raises:
        RequestError: it is no results folder, has no leaderboard yet, or its runs cannot be trained again here.
        Interrupted: the user stopped it.
    """
    with interruptible("Nothing was written to the results folder."):
        return _verify(root, terminal, retrained)


def _verify(root: Path, terminal: Terminal, retrained: int) -> int:
    folder, checked = ResultsFolder(root), check_folder(root)
    for line in checked.lines():
        terminal.say(line)
    for name in (JSON, MARKDOWN):
        if not (root / name).is_file():
            raise RequestError(f"{root / name} is missing, so there is no report to verify. Give bench report {root}.")
    try:
        stored = read_stored(folder)
        if stored is None or not stored.entries:
            raise RequestError(f"{root} has no finished run that is ranked, so there is nothing to verify.")
        evaluation = Evaluation.of(stored.experiment)
        stored = of_order(stored, evaluation.label_order)
        drawn = draw_leaderboard(folder, stored, evaluation)
        digest = supplement_digest(stored)
    except BenchError as error:
        if not checked.damaged:
            raise
        terminal.say(f"The report could not be compiled again: {error}")
        return CHECK_FAILED
    follows = _follows(root, drawn, terminal)
    runs = sum(map(len, stored.runs))
    terminal.say(f"Digest of {len(stored.cases)} cases, their folds and the predictions of {runs} ranked runs:")
    terminal.say(f"sha256:{digest}")
    passed = follows and not checked.damaged
    try:
        as_stored = not retrained or retrain(folder, stored, drawn.leaderboard, retrained, terminal)
    except RequestError as error:
        if passed:
            raise
        terminal.say(str(error))
        return CHECK_FAILED
    return 0 if passed and as_stored else CHECK_FAILED


def _follows(root: Path, drawn: Drawn, terminal: Terminal) -> bool:
    """Whether the stored report is the one that the predictions give, which is said."""
    differing = list(_differing(root, drawn))
    if not differing:
        terminal.say(f"The report is the one that these predictions give ({JSON} and {MARKDOWN}).")
        return True
    terminal.say(
        f"NOT the report that these predictions give: {differing[0]}"
        + (f" ({len(differing) - 1} more)" if len(differing) > 1 else "")
        + f". bench report {root} makes it anew."
    )
    for process in processes_at_work(root):
        terminal.say(f"{process} is at work there: verify the report when it has ended.")
    return False


def _differing(root: Path, drawn: Drawn) -> Iterator[str]:
    """Each place where the stored report is another."""
    try:
        content, text = json.loads((root / JSON).read_text("utf-8")), (root / MARKDOWN).read_text("utf-8")
    except ValueError as error:
        yield f"{root / JSON} or {MARKDOWN} cannot be read ({error})"
        return
    now = json.loads(drawn.json)
    if not isinstance(content, dict):
        yield f"{root / JSON} is no object"
        return
    if OVERVIEW not in content:  # an earlier release wrote none
        del now[OVERVIEW]
    yield from differences({**content, MADE_FROM: ""}, {**now, MADE_FROM: ""})
    for number, (then, line) in enumerate(zip(text.splitlines(), drawn.text.splitlines(), strict=False), start=1):
        if then != line:
            yield f"{MARKDOWN} line {number} is {then!r}, from the predictions {line!r}"
    if len(text.splitlines()) != len(drawn.text.splitlines()):
        yield f"{MARKDOWN} has {len(text.splitlines())} lines, from the predictions {len(drawn.text.splitlines())}"


def differences(then: Any, now: Any, place: str = JSON) -> Iterator[str]:
    """Where two contents of JSON are apart by more than rounding."""
    if isinstance(then, dict) and isinstance(now, dict):
        for key in dict.fromkeys([*then, *now]):
            below = f"{place}: {key}" if place == JSON else f"{place}.{key}"
            yield from differences(then.get(key), now.get(key), below)
    elif isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        for number, (one, other) in enumerate(zip(then, now, strict=True)):
            yield from differences(one, other, f"{place}.{number}")
    elif isinstance(then, float) and isinstance(now, float):
        if not isclose(then, now, rel_tol=ROUNDING, abs_tol=ROUNDING):
            yield f"{place} is {then!r}, from the predictions {now!r}"
    elif then != now:
        yield f"{place} is {then!r:.80}, from the predictions {now!r:.80}"
