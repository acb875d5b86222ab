"""The valid folds that are nearest to folds in which a class is held out whole. Pure."""

import numpy as np
from numpy.typing import NDArray

from bench.folds.table import NEVER_HELD_OUT


def nearest_valid(
    fold_of: NDArray[np.int64], labels: NDArray[np.str_], groups: NDArray[np.int64], number: int
) -> NDArray[np.int64] | None:
    """(n_cases,) folds 0 … `number` − 1 that hold no class whole, none empty, with the fewest cases moved.

    Groups, numbered 0, 1, 2, …, stay whole. With one fold, the hold-out split, the other cases are never held out. A
    linear program in whole numbers (scipy's HiGHS), so that None means that no such folds exist.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import coo_array, vstack

    places = number if number > 1 else 2  # the second one: never held out
    place_of = np.where(fold_of == NEVER_HELD_OUT, places - 1, fold_of)
    n_groups = int(groups.max()) + 1
    stays = np.zeros((n_groups, places))
    np.add.at(stays, (groups, place_of), 1)
    variable = np.arange(n_groups * places).reshape(n_groups, places)

    def sums(members: list[NDArray[np.int64]]) -> coo_array:
        rows = np.repeat(np.arange(len(members)), [len(part) for part in members])
        columns = np.concatenate(members)
        return coo_array((np.ones(len(rows)), (rows, columns)), shape=(len(members), variable.size))

    once = list(variable)
    filled = [variable[:, place] for place in range(places)]
    of_class = [np.unique(groups[labels == label]) for label in np.unique(labels)]
    held = [(part, place) for part in of_class for place in range(number)]
    sparse = vstack([sums(once), sums(filled), sums([variable[part, place] for part, place in held])])
    low = [np.ones(n_groups), np.ones(places), np.zeros(len(held))]
    high = [np.ones(n_groups), np.full(places, n_groups), np.array([len(part) - 1 for part, _ in held])]
    limits = LinearConstraint(sparse, np.concatenate(low), np.concatenate(high))
    found = milp(-stays.ravel(), constraints=limits, integrality=np.ones(variable.size), bounds=Bounds(0, 1))
    if found.x is None:
        return None
    place = np.asarray(found.x).reshape(n_groups, places).argmax(axis=1)[groups]
    return np.where((number == 1) & (place == 1), NEVER_HELD_OUT, place).astype(np.int64)
