"""What was typed wrongly is answered in one paragraph with the line to type, and ends with 2."""

from pathlib import Path

import pytest
from processes import Bench
from trees import write_digit_tree


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("rum --seeds 3", "No such command 'rum'. Did you mean run? Type: bench run --seeds 3"),
        ("data audti x", "No such command 'audti'. Did you mean audit? Type: bench data audit x"),
        ("run --seed 3", "No such option: --seed. Did you mean --seeds? Type: bench run --seeds 3"),
        ("run --seed=3 DIR", "Did you mean --seeds? Type: bench run --seeds=3 DIR"),
        ("report 'my results' --ful", "Did you mean --full? Type: bench report 'my results' --full"),
        ("run --qqqq 3", "No such option: --qqqq. All there is: bench run --help. Example: bench run DIR"),
        ("frobnicate", "No such command 'frobnicate'. All there is: bench --help."),
        ("import", "Missing argument 'FILE'. All there is: bench import --help. Example: bench import predictions.csv"),
        ("run DIR OTHER", "unexpected extra argument"),
        ("run --epochs many", "Invalid value for '--epochs'"),
        (
            "search --storag postgresql://me:secret@host/db",
            "Type: bench search --storage postgresql://me:***@host/db",
        ),
    ],
)
def test_commands_and_options(bench: Bench, typed: str, answer: str) -> None:
    import shlex

    done = bench(*shlex.split(typed))
    assert (done.returncode, done.stdout) == (2, "")
    assert answer in done.stderr
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1
    assert "secret" not in done.stderr


def test_a_folder_one_level_too_high(bench: Bench, digit_data: Path) -> None:
    for given in ([digit_data.parent], ["--data", digit_data.parent]):
        done = bench("run", *given)
        assert done.returncode == 2
        assert f"Type: bench run {'--data ' * len(given[1:])}{digit_data.parent}/" in done.stderr


def test_an_external_site_without_its_own(bench: Bench, digit_data: Path) -> None:
    done = bench("run", "--external", digit_data / "external")
    assert done.returncode == 2
    assert f"bench run --internal DIR --external external={digit_data / 'external'}" in done.stderr


def test_a_class_that_only_another_site_has(bench: Bench, digit_data: Path, tmp_path: Path) -> None:
    outside = write_digit_tree(tmp_path / "outside", [0, 7], 3)
    done = bench("run", digit_data / "internal", "--external", f"bern={outside}", "--results", tmp_path / "r")
    assert done.returncode == 2
    assert "Class '7' exists only at external site 'bern'" in done.stderr
    assert '"7" = "0"' in done.stderr
    assert "and add to the command: --config classes.toml" in done.stderr
