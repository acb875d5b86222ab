"""How long the runs that are left will take, and how fast they go. Pure, but for a clock."""

import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bench.engine.durations import makespan
from bench.execution.executor import Speed
from bench.plan.spec import EpochRecord, RunResult, RunSpec

UNKNOWN = Speed(1.0, 1.0)  # in proportion to the images; finished runs then say how long one takes


@dataclass
class _Underway:
    """A run that has begun. `share` of its work was done at `told`, the time of its last epoch."""

    spec: RunSpec
    began: float
    told: float
    epochs: int = 0
    share: float = 0.0


@dataclass
class _Ratio:
    """Seconds that work took, over those that timed steps promised for it."""

    taken: float = 0.0
    promised: float = 0.0

    def add(self, taken: float, promised: float) -> None:
        self.taken += taken
        self.promised += promised

    def ratio(self) -> float | None:
        return self.taken / self.promised if self.promised else None


class Eta:
    """The first estimate is that of the timed steps; what runs really take corrects it, for each backbone by itself.

    Before the first run of a backbone has ended its training epochs correct, and before those what other backbones
    took. Runs are taken to begin in the order of `specs`, one a worker. speeds: by backbone, None where no
    step could be timed; then there is no estimate before a run has ended, of probes one of each backbone.
    """

    def __init__(
        self,
        specs: Sequence[RunSpec],
        speeds: Mapping[str, Speed] | None,
        workers: int,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.workers, self.total, self.done, self.images = workers, len(specs), 0, 0
        self._speeds, self._clock, self._started = speeds, clock, clock()
        self._waiting = {spec.run_id: spec for spec in specs}
        self._underway: dict[str, _Underway] = {}
        self._runs: dict[str, _Ratio] = defaultdict(_Ratio)
        self._epochs: dict[str, _Ratio] = defaultdict(_Ratio)
        self.probes = any(spec.recipe.probes for spec in specs)
        seconds = [(speeds[spec.backbone] if speeds else UNKNOWN).seconds(spec) for spec in specs]
        self._promises = {spec.run_id: one for spec, one in zip(specs, seconds, strict=True)}
        self._work = sum(seconds)
        self._worked = 0.0
        for spec in specs[:workers]:
            self._begin(spec)

    def epoch(self, spec: RunSpec, record: EpochRecord) -> None:
        """Count an epoch; those of a frozen phase cost next to nothing."""
        run = self._begun(spec)
        run.epochs, run.told = run.epochs + 1, self._clock()
        if record.phase == "full":
            self.images += record.images
            run.share += 1 / spec.recipe.epochs
            if self._speeds:
                self._epochs[spec.backbone].add(record.seconds, record.images / self._speeds[spec.backbone].training)

    def run(self, spec: RunSpec, result: RunResult) -> None:
        """Count a run that has ended; a failed one says nothing of how long others take."""
        run = self._begun(spec)
        del self._underway[spec.run_id]
        self.done += 1
        self._worked += self._promised(spec)
        if result.status == "done":
            taken = self._clock() - run.began - result.timings.get("features", 0.0)
            self._runs[spec.backbone].add(taken, self._promised(spec))
        if self._waiting and len(self._underway) < self.workers:
            self._begin(next(iter(self._waiting.values())))

    def running(self) -> list[tuple[RunSpec, int]]:
        """The runs under way, and how many epochs each has done."""
        return [(run.spec, run.epochs) for run in self._underway.values()]

    def share(self) -> float:
        """How much of the work is done, from 0 to 1."""
        under_way = sum(run.share * self._promised(run.spec) for run in self._underway.values())
        return min(1.0, (self._worked + under_way) / self._work) if self._work else 1.0

    def rate(self) -> float:
        """Training images a second of all workers, since the beginning."""
        return self.images / max(self._clock() - self._started, 1e-9)

    def seconds_left(self) -> float | None:
        """Until the last run ends; None where nothing is known yet."""
        if not self._waiting and not self._underway:
            return 0.0
        factors = {name: self._factor(name) for name in {spec.backbone for spec in self._open()}}
        known = {backbone: factor for backbone, factor in factors.items() if factor is not None}
        if len(known) < len(factors):
            return None

        def whole(spec: RunSpec) -> float:
            return self._promised(spec) * known[spec.backbone]

        now = self._clock()
        running = [max(0.0, whole(run.spec) * (1 - run.share) - (now - run.told)) for run in self._underway.values()]
        return makespan(map(whole, self._waiting.values()), self.workers, running)

    def _begin(self, spec: RunSpec) -> None:
        now = self._clock()
        del self._waiting[spec.run_id]
        self._underway[spec.run_id] = _Underway(spec, now, now)

    def _begun(self, spec: RunSpec) -> _Underway:
        if spec.run_id in self._waiting:  # an executor that has an order of its own
            self._begin(spec)
        return self._underway[spec.run_id]

    def _open(self) -> list[RunSpec]:
        return [*self._waiting.values(), *(run.spec for run in self._underway.values())]

    def _promised(self, spec: RunSpec) -> float:
        return self._promises[spec.run_id]

    def _factor(self, backbone: str) -> float | None:
        """What to multiply a promise with."""
        if self.probes:  # whose first run computes features, and says nothing of other backbones
            return self._runs[backbone].ratio()
        pooled = _Ratio()
        for one in self._runs.values():
            pooled.add(one.taken, one.promised)
        for ratio in (self._runs[backbone], self._epochs[backbone], pooled):
            if (found := ratio.ratio()) is not None:
                return found
        return 1.0 if self._speeds else None
