"""Goals are printed in lines that are read again, and judged as they are printed."""

from benchmarks.goals import Goal, at_least, at_most, goals_in


def test_a_goal_is_read_back_from_what_was_printed() -> None:
    goals = [
        at_least("the whole job", 3.996, 4),
        at_least("shares", 0.8496, 0.85, "{:.1%}"),
        at_most("bench --help", 0.512, 0.5),
    ]
    assert [goal.reached for goal in goals] == [True, True, False]  # 4.00, 85.0%, 0.51
    text = "\n".join(["before", *map(str, goals), "  | a | table | of | others |", "goal | half a line"])
    assert list(goals_in(text)) == goals
    assert str(goals[2]) == "goal | bench --help | 0.51 s | at most 0.50 s | not reached"


def test_a_goal_in_words() -> None:
    goal = Goal("the same bytes", "4 of 4", "all", True)
    assert list(goals_in(f"{goal}\n")) == [goal]
