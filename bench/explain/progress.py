"""Shows how far explaining is: a bar on a terminal, plain lines elsewhere. Prints."""

import time

from bench.engine.durations import duration
from bench.engine.progress import WorkBar
from bench.plan.spec import RunSpec
from bench.terminal import Terminal


class ExplainProgress(WorkBar):
    """Models done, maps a second, time left."""

    def __init__(self, terminal: Terminal, name: str, models: int) -> None:
        self._name, self._models = name, models
        self._done, self._maps, self._started = 0, 0, time.perf_counter()
        super().__init__(terminal, f"{name}: 0/{models} models", models, transient=True)

    def model(self, spec: RunSpec, maps: int) -> None:
        """Count a model and its maps; off a terminal, print a line."""
        self._done, self._maps = self._done + 1, self._maps + maps
        seconds = time.perf_counter() - self._started
        left = seconds / self._done * (self._models - self._done)
        wait = f", {duration(left)} left" if self._done < self._models else ""
        text = f"{self._name}: {self._done}/{self._models} models, {self._maps} maps{wait}"
        self._show(text=text, done=self._done)
        if not self._terminal.is_interactive:
            self._terminal.say(f"{text}: seed {spec.seed} fold {spec.fold}")
