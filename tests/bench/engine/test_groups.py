"""Labels of groups: what is refused before anything is trained."""

import pytest

from bench.config.experiment import Experiment
from bench.data.cases import Case
from bench.engine.groups import refuse_no_groups
from bench.errors import RequestError
from bench.plan.recipe import Recipe

CASES = [Case(f"internal/{n}", "", "ab"[n % 2], f"p{n // 2}", "internal", f"{n:064x}", 8, 8) for n in range(8)]


def attention(**options: object) -> Experiment:
    return Experiment(recipe=Recipe(name="a", probe="attention", label_order=("a", "b")), **options)


def test_one_order_labels_what_is_trained_on_and_what_is_judged() -> None:
    refuse_no_groups(attention(), CASES, ("a", "b"))
    refuse_no_groups(attention(label_order=["a", "b"], level="group"), CASES, ("a", "b"))
    with pytest.raises(
        RequestError, match=r"labelled by a > b, and --label-order \(label_order\) labels them by b > a"
    ):
        refuse_no_groups(attention(label_order=["b", "a"]), CASES, ("a", "b"))


def test_groups_that_disagree_are_refused_where_they_are_trained_on() -> None:
    with pytest.raises(RequestError, match="have cases of several classes, and no order says which counts: p0"):
        refuse_no_groups(Experiment(recipe=Recipe(name="a", probe="attention")), CASES, ("a", "b"))
