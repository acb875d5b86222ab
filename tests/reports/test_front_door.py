"""What `import reports` gives, and what it costs."""

import subprocess
import sys

import reports
from reports.statistics.metrics.metric import Metric
from reports.tables.build_leaderboard import build_leaderboard
from reports.tables.leaderboard import Leaderboard
from reports.tables.row import Entry


def test_it_names_what_a_caller_needs() -> None:
    named = {name: getattr(reports, name) for name in dir(reports)}
    assert named == {
        "Entry": Entry,
        "Leaderboard": Leaderboard,
        "Metric": Metric,
        "build_leaderboard": build_leaderboard,
    }
    assert not hasattr(reports, "Table")


def test_it_imports_nothing_until_something_is_named() -> None:
    code = "import sys, reports; print(*{'numpy', 'pandas', 'scipy'} & sys.modules.keys()); reports.Metric"
    code += "; print(*{'pandas', 'scipy'} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "\n\n"
