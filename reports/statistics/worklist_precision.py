"""How many of the cases on a label worklist are expected to be mislabelled. Pure.

Predictions alone cannot tell a wrong label from a hard case, so the answer depends on how many labels are wrong, which
nobody knows; it is given for some rates. If a share e of the labels is wrong at random, whatever the image shows, if a
share r of wrong labels would be listed, and if a share l of all cases is, then by Bayes' rule e·r/l of those listed are
wrong. l is counted. r is too: each case, whose prediction out of fold does not know its label, is given each other
label in turn. Labels that are wrong because the case looks like another class are found less often than that.
"""

from reports.statistics.worklist import Worklist

RATES = (0.01, 0.05, 0.10)
"""Of wrong labels; Northcutt, Athalye & Mueller (2021) found 0.2 to 10 % in ten test sets, 3.3 % on average."""


LEAST_LIFT = 2.0


def is_informative(worklist: Worklist) -> bool:
    """Whether the cases listed would be wrong at least twice as often as cases drawn blindly."""
    return not worklist.suspects or not worklist.findable or LEAST_LIFT * largest_rate(worklist) <= 1


def expected_precision(worklist: Worklist, rate: float) -> float | None:
    """The share of listed cases with a wrong label, were a share `rate` of all labels wrong at random.

    1 where so many would have listed more cases than there are; None without a list or a second class.
    """
    if not worklist.suspects or not worklist.findable:
        return None
    return min(1.0, rate / largest_rate(worklist))


def largest_rate(worklist: Worklist) -> float:
    """The share of labels that would be wrong if all those listed were, and none were but by chance."""
    assert worklist.findable
    return len(worklist.suspects) / worklist.judged / worklist.findable


def precision_in_words(worklist: Worklist) -> str | None:
    """What share to expect at each rate that the list leaves possible, and where that comes from."""
    if not worklist.suspects or not worklist.findable:
        return None
    largest = largest_rate(worklist)
    possible = [rate for rate in RATES if rate <= largest]
    how = (
        f"of cases given another label at random {100 * worklist.findable:.0f} % would be listed; labels that are "
        "wrong because a case looks like another class are found less often"
    )
    if not possible:
        return (
            f"Expected precision: not known. So few are listed that at most {100 * largest:.1f} % of all labels are "
            f"wrong at random ({how})."
        )
    rates, shares = (
        _alternatives([f"{100 * number:.0f}" for number in numbers])
        for numbers in (possible, [expected_precision(worklist, rate) or 0.0 for rate in possible])
    )
    return (
        f"Expected precision: were {rates} % of all labels wrong at random, {shares} % of those listed would be; of "
        f"cases drawn blindly {rates} % ({how})."
    )


def _alternatives(numbers: list[str]) -> str:
    return numbers[0] if len(numbers) == 1 else f"{', '.join(numbers[:-1])} or {numbers[-1]}"
