"""TensorBoard: a folder of event files for each model, and one file for what is computed over all. Writes files.

A file is written whole under its last name, so a model is there or is not. Nothing is sent anywhere.
"""

import time
from collections.abc import Collection, Iterator
from pathlib import Path

from bench.tracking.event_file import ended_event, scores_event, settings_event, text_event, write_events
from bench.tracking.tracker import Model, Summary, name_of

PREFIX, OURS = "events.out.tfevents.", ".gapbench."


class TensorBoardTracker:
    """Names of files say what is there: that of a model ends in its run id, that of the summary in its `made_from`."""

    title = "TensorBoard"

    def __init__(self, folder: Path, group: str) -> None:
        import tensorboard  # noqa: F401 - an installation that is broken says so before anything is written

        self._folder = folder
        self._folder.mkdir(parents=True, exist_ok=True)

    @property
    def where(self) -> str:
        return f"into {self._folder}. To look: tensorboard --logdir {self._folder}"

    @property
    def logged(self) -> Collection[str]:
        return {_ending(path) for path in self._folder.glob(f"*/{PREFIX}*{OURS}*")}

    @property
    def summarised(self) -> str:
        return next(map(_ending, self._summaries()), "")

    def model(self, model: Model) -> None:
        began, ended = model.ended - model.seconds, model.ended
        last = model.epochs[-1].number if model.epochs else 0
        events = [
            settings_event(model.settings, began),
            *(scores_event(epoch.scores, epoch.number, ended) for epoch in model.epochs),
            scores_event(model.scores, last, ended),
            ended_event(ended),
        ]
        folder = f"{name_of(model.name)} {model.run_id[:8]}".replace(" ", "-")
        write_events(self._folder / folder / _name(ended, model.run_id), events)

    def summary(self, summary: Summary) -> None:
        now, before = time.time(), list(self._summaries())
        events = [
            scores_event(summary.scores, summary.models, now),
            text_event("leaderboard", summary.text, summary.models, now),
        ]
        write_events(self._folder / _name(now, summary.made_from), events)
        for path in before:
            if _ending(path) != summary.made_from:
                path.unlink()

    def close(self) -> None:
        """Nothing is open."""

    def _summaries(self) -> Iterator[Path]:
        return self._folder.glob(f"{PREFIX}*{OURS}*")


def _name(at: float, ending: str) -> str:
    return f"{PREFIX}{int(at):010d}{OURS}{ending}"


def _ending(path: Path) -> str:
    return path.name.rpartition(OURS)[2]
