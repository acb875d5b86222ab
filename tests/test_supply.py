"""What the package depends on: bounds, the list that everybody installs, licences, known weaknesses."""

import re
from importlib.metadata import Distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from supply import audit
from supply.licences import Licensed, licensed, stated_by
from supply.newest import without_upper_bounds
from supply.requirements import ROOT, asked_for, extras

PINNED = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines())
ALL = [one for extra in ("", *extras()) for one in asked_for(extra)]


@pytest.mark.parametrize("text", ALL)
def test_every_requirement_of_the_product_stops_before_the_next_major_release(text: str) -> None:
    requirement = Requirement(text)
    (upper,) = [one.version for one in requirement.specifier if one.operator == "<"]
    pinned = Version({canonicalize_name(name): number for name, number in PINNED.items()}[requirement.name.lower()])
    assert pinned in requirement.specifier
    assert Version(upper) == Version(str(pinned.major + 1))


def test_every_package_of_the_product_is_pinned_and_nothing_of_ours_or_of_this_machine() -> None:
    pinned = {canonicalize_name(name) for name in PINNED}
    assert {one.name for one in licensed()} | {
        canonicalize_name(Requirement(one).name) for one in asked_for("dev")
    } <= pinned
    assert "gapbench" not in pinned
    assert all(re.fullmatch(r"[\w.]+", number) for number in PINNED.values())  # no path, no build of one machine


def test_newest_releases_are_tried_beyond_the_bounds() -> None:
    assert without_upper_bounds("torch>=2.6,<3") == "torch>=2.6"
    assert without_upper_bounds("psycopg[binary]>=3.2,<4") == "psycopg[binary]>=3.2"
    assert not [one for one in map(without_upper_bounds, ALL) if "<" in one]


def test_somebody_has_looked_at_every_licence_that_is_not_plainly_permissive() -> None:
    packages = licensed()
    assert [f"{one.name}: {one.stated}" for one in packages if not one.seen] == []
    kinds = {one.name: (one.kind, one.extra) for one in packages}
    assert kinds["torch"] == ("permissive", "")
    assert kinds["psycopg"] == ("copyleft", "postgres")
    assert kinds["pylibjpeg-libjpeg"] == ("copyleft", "dicom")


@pytest.mark.parametrize(
    ("name", "stated", "seen"),
    [
        ("new", "MIT", True),
        ("new", "Apache-2.0 WITH LLVM-exception AND 0BSD", True),
        ("new", "GPL-3.0-only OR MIT", True),
        ("new", "MIT AND GPL-3.0-only", False),
        ("new", "MPL-2.0", False),
        ("new", "not stated", False),
        ("new", "MIT License; Other/Proprietary License", False),
        ("psycopg", "LGPL-3.0-only", True),
        ("psycopg", "AGPL-3.0-only", False),
        ("nvidia-cublas", "LicenseRef-NVIDIA-Proprietary", True),
    ],
)
def test_a_licence_that_comes_in_unseen_is_found(name: str, stated: str, seen: bool) -> None:
    assert Licensed(name, "1", stated, "").seen is seen


def test_a_licence_is_read_from_where_a_package_states_it() -> None:
    class Package(Distribution):
        def __init__(self, *facts: tuple[str, str]) -> None:
            self.facts = facts

        def read_text(self, filename: str) -> str | None:
            return "".join(f"{key}: {value}\n" for key, value in self.facts) if filename == "METADATA" else None

        def locate_file(self, path: object) -> Path:
            return Path(str(path))

    classified = ("Classifier", "License :: OSI Approved :: MIT License")
    assert stated_by(Package(("License-Expression", "BSD-3-Clause"), classified)) == "BSD-3-Clause"
    assert stated_by(Package(("License", "see LICENSE"), classified)) == "MIT License"
    assert stated_by(Package(("License", "ISC"))) == "ISC"
    assert stated_by(Package(("Name", "x"))) == "not stated"


def test_what_pip_audit_finds_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    fine = {"name": "numpy", "version": "2.0", "vulns": []}
    weak = {"name": "pillow", "version": "9.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["9.1"]}]}
    unknown = {"name": "ours", "skip_reason": "not found"}
    assert audit.told("PyPI", [fine, unknown]) == 0
    assert audit.told("PyPI", [fine, weak]) == audit.FOUND
    printed = capsys.readouterr().out
    assert "PyPI knows of weaknesses in 0 of 1 packages.\nNot checked, since PyPI does not know them: ours." in printed
    assert "pillow 9.0: PYSEC-1, mended in 9.1\nPyPI knows of weaknesses in 1 of 2 packages." in printed


def test_nobody_to_ask_is_no_good_news(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(audit, "answer", lambda service: [])
    assert audit.main() == audit.NOBODY
    assert "Nothing was checked." in capsys.readouterr().out
