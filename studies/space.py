"""The search space: what may vary, and between which values. Pure, but for `suggest`."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from optuna.trial import Trial

from studies.errors import StudyError

Value = bool | int | float | str
Params = dict[str, Value]


@dataclass(frozen=True)
class FloatRange:
    """Numbers from `low` to `high`, both included; even on a logarithmic scale, or in steps from `low` on."""

    low: float
    high: float
    log: bool = False
    step: float | None = None

    def suggest(self, trial: Trial, name: str) -> Value:
        return trial.suggest_float(name, self.low, self.high, step=self.step, log=self.log)

    def grid(self, points: int) -> list[Value]:
        """All steps, or `points` values at even distances on the scale of the range."""
        if self.step is not None:
            return [
                self.low + self.step * number for number in range(int((self.high - self.low) / self.step + 1e-9) + 1)
            ]
        spaced = np.geomspace if self.log else np.linspace
        inner: list[Value] = spaced(self.low, self.high, points)[1:-1].tolist()
        return [self.low, *inner, self.high]

    def contains(self, value: object) -> bool:
        return isinstance(value, int | float) and self.low <= value <= self.high


@dataclass(frozen=True)
class IntRange:
    """Whole numbers from `low` to `high`, both included."""

    low: int
    high: int
    log: bool = False
    step: int = 1

    def suggest(self, trial: Trial, name: str) -> Value:
        return trial.suggest_int(name, self.low, self.high, step=self.step, log=self.log)

    def grid(self, points: int) -> list[Value]:
        """Every value, or about `points` of them where there are more."""
        every = list(range(self.low, self.high + 1, self.step))
        if len(every) <= points:
            return [*every]
        spaced = np.geomspace if self.log else np.linspace
        chosen = spaced(self.low, self.high, points)
        return [min(every, key=lambda value: abs(value - at)) for at in chosen]

    def contains(self, value: object) -> bool:
        return isinstance(value, int) and self.low <= value <= self.high and (value - self.low) % self.step == 0


@dataclass(frozen=True)
class Choices:
    """One of some values, in no order."""

    values: tuple[Value, ...]

    def suggest(self, trial: Trial, name: str) -> Value:
        chosen = trial.suggest_categorical(name, list(self.values))
        assert chosen is not None
        return chosen

    def grid(self, points: int) -> list[Value]:
        return list(self.values)

    def contains(self, value: object) -> bool:
        return any(value == known and isinstance(value, bool) == isinstance(known, bool) for known in self.values)


Dimension = FloatRange | IntRange | Choices


@dataclass(frozen=True)
class Space:
    """What a study varies, by name."""

    dimensions: Mapping[str, Dimension]

    def suggest(self, trial: Trial) -> Params:
        """A value for each dimension, in the order of their names, so that the order of a file decides nothing."""
        return {name: self.dimensions[name].suggest(trial, name) for name in sorted(self.dimensions)}

    def grid(self, points: int) -> dict[str, list[Value]]:
        """The values of an exhaustive search."""
        return {name: self.dimensions[name].grid(points) for name in sorted(self.dimensions)}

    def contains(self, params: Mapping[str, object]) -> bool:
        """Whether `params` has a value inside every dimension."""
        return all(name in params and part.contains(params[name]) for name, part in self.dimensions.items())

    def described(self) -> dict[str, str]:
        """Each dimension in a line."""
        return {name: describe(self.dimensions[name]) for name in sorted(self.dimensions)}


def describe(part: Dimension) -> str:
    """`1e-05 to 0.01 (log)`, `2 to 8`, or `16, 32`."""
    if isinstance(part, Choices):
        return "one of " + ", ".join(map(str, part.values))
    step = part.step if part.step not in (None, 1) else None
    scale = [*(["log"] if part.log else []), *([f"steps of {step:g}"] if step else [])]
    return f"{part.low:g} to {part.high:g}" + (f" ({', '.join(scale)})" if scale else "")


def to_table(part: Dimension) -> dict[str, object] | list[Value]:
    """As `parse_dimension` reads it."""
    if isinstance(part, Choices):
        return list(part.values)
    return {key: value for key, value in asdict(part).items() if value is not None and value is not False}


def parse_dimension(name: str, given: object, *, whole: bool, where: str) -> Dimension:
    """A dimension from TOML: a table with low and high (log, step) or a list of choices.

    whole: whether only whole numbers make sense.

    Raises:
        StudyError: an empty or inverted range, a range on a logarithmic scale from 0, a key or a type that is wrong.
    """
    place = f"search.space.{name} in {where}"
    if isinstance(given, list):
        return _choices(place, given)
    if not isinstance(given, Mapping):
        raise StudyError(
            f"{place} is {given!r}. Give a range, {name} = {{ low = …, high = … }}, or a list of choices, "
            f"{name} = [ …, … ]."
        )
    unknown = sorted(set(given) - {"low", "high", "log", "step"})
    absent = [key for key in ("low", "high") if key not in given]
    if unknown or absent:
        wrong = f"has no key {absent[0]!r}" if absent else f"has a key {unknown[0]!r}"
        raise StudyError(f"{place} {wrong}. A range has low and high, and may have log (true or false) and step.")
    low, high, log, step = given["low"], given["high"], given.get("log", False), given.get("step")
    _check_numbers(place, {"low": low, "high": high, **({} if step is None else {"step": step})}, whole)
    if not isinstance(log, bool):
        raise StudyError(f"{place} has log = {log!r}. It is true or false.")
    if low >= high:
        what = "is empty: low and high are both" if low == high else "is inverted: low is"
        more = f"{low:g}" if low == high else f"{low:g}, high is {high:g}"
        raise StudyError(f"{place} {what} {more}. Give a high above low, or leave the line out to keep it fixed.")
    if log and low <= 0:
        raise StudyError(f"{place} is logarithmic from {low:g}. Give a low above 0, or log = false.")
    if log and step is not None and step != 1:
        raise StudyError(f"{place} has both log and step. Give one of them.")
    if step is not None and not 0 < step <= high - low:
        raise StudyError(f"{place} has steps of {step:g} between {low:g} and {high:g}. Give a smaller step above 0.")
    if not whole:
        return FloatRange(float(low), float(high), log, None if step is None else float(step))
    size = 1 if step is None else int(step)
    return IntRange(int(low), int(high) - (int(high) - int(low)) % size, log, size)


def _choices(place: str, given: Sequence[object]) -> Choices:
    values = [value for value in given if isinstance(value, bool | int | float | str)]
    if len(values) < 2 or len(values) != len(given):
        raise StudyError(f"{place} lists {list(given)!r}. Give at least two numbers or texts, or leave the line out.")
    if len(set(values)) < len(values):
        raise StudyError(f"{place} lists a value twice: {list(given)!r}. Give each once.")
    return Choices(tuple(values))


def _check_numbers(place: str, numbers: Mapping[str, object], whole: bool) -> None:
    for key, value in numbers.items():
        fits = isinstance(value, int) if whole else isinstance(value, int | float) and math.isfinite(value)
        if isinstance(value, bool) or not fits:
            raise StudyError(f"{place} has {key} = {value!r}. It takes a {'whole' if whole else 'finite'} number.")
