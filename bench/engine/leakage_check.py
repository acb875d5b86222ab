"""The leakage check: stops a request whose training would see what it is tested on. Prints through `say`."""

from collections.abc import Callable, Sequence

from bench.config.experiment import Experiment
from bench.data.cases import INTERNAL, Case
from bench.data.copies import CopyPair
from bench.data.options import EVERY_SITE
from bench.errors import RequestError
from bench.folds.leaks import WHOLE, Leak, find_leaks, leak_message
from bench.folds.table import FoldTable

SHOWN = 5


def check_leakage(
    experiment: Experiment,
    cases: Sequence[Case],
    copies: Sequence[CopyPair],
    folds: FoldTable,
    say: Callable[[str], None],
) -> list[Leak]:
    """The leaks that the experiment allows; `cases` have the groups that were read.

    Raises:
        RequestError: there are some and it does not allow them.
    """
    leaks = find_leaks(cases, copies, folds)
    if leaks and not experiment.allow_leaks:
        raise RequestError(leak_message(leaks, cases, _given(experiment), _audit_options(experiment)))
    if leaks:
        say(f"Warning: {len(leaks)} pair(s) of cases leak from training into evaluation; every table will say so.")
    mixed = [pair for pair in copies if cases[pair.first].label != cases[pair.second].label]
    for pair in mixed[:SHOWN]:
        a, b = cases[pair.first], cases[pair.second]
        say(f"Warning: {a.case_id} and {b.case_id} show the same image ({pair.text()}) under different labels.")
    if len(mixed) > SHOWN:
        say(f"Warning: {len(mixed) - SHOWN} more such pairs; see bench data audit.")
    return leaks


def _given(experiment: Experiment) -> dict[str, str]:
    """The paths that the user gave as data, by site."""
    if experiment.data is not None:
        return {WHOLE: experiment.data}
    return {INTERNAL: experiment.internal or "", **experiment.external}


def _audit_options(experiment: Experiment) -> list[str]:
    """Those with which `bench data audit` reads the same images; it has one reader for all sites."""
    options = [f"--column={ours}={yours}" for ours, yours in experiment.columns.items()]
    if set(experiment.reader) == {EVERY_SITE}:
        options.append(f"--reader={experiment.reader[EVERY_SITE]}")
    options += [f"--root={experiment.root}"] if experiment.root else []
    options += [f"--tree={experiment.tree}"] if experiment.tree != "auto" else []
    if experiment.allow_outside:
        options.append("--allow-outside")
    return options
