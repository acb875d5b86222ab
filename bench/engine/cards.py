"""Which cards share the runs. Asks torch what there is."""

from collections.abc import Mapping, Sequence

from bench.config.experiment import Experiment
from bench.config.options.numerics import cards_in
from bench.errors import RequestError
from bench.plan.spec import RunSpec


def cards_for(experiment: Experiment, specs: Sequence[RunSpec]) -> tuple[str, ...]:
    """Those that `--device` names, or all of this machine; none where no run is for CUDA.

    Raises:
        RequestError: a card is not there, or they differ.
    """
    if all(spec.numerics.device != "cuda" for spec in specs):
        return ()
    from bench.execution.setup import card_models

    return chosen(cards_in(experiment.device), card_models())


def chosen(named: Sequence[str], models: Mapping[str, str]) -> tuple[str, ...]:
    """Cards of one model, since a run does not say on which it was trained and must have the same bytes on each.

    models: of each card of this machine. Without names all cards are meant that are like the first.

    Raises:
        RequestError: a card is not there, or they differ.
    """
    if missing := [card for card in named if card not in models]:
        raise RequestError(
            f"{missing[0]} is not on this machine (--device). There are: {', '.join(models) or 'no cards'}."
        )
    first = named[0] if named else next(iter(models), "")
    cards = named or [card for card in models if models[card] == models[first]]
    if other := [card for card in cards if models[card] != models[first]]:
        raise RequestError(
            f"{first} is {models[first]}, and {other[0]} is {models[other[0]]}. Cards of two models differ in the last "
            f"bits, and a run does not say where it was trained: name cards of one model (--device)."
        )
    return tuple(cards)
