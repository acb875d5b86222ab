"""Licences of all packages that the product may bring with it. Reads the metadata of installed packages; prints.

python -m supply.licences    the table of docs/licences.md; exit code 3 where a licence was never looked at
"""

import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from importlib.metadata import Distribution, PackageNotFoundError, distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from tabulate import tabulate

from supply.requirements import ROOT, asked_for, extras

PERMISSIVE = re.compile(
    r"0?bsd.*|3-clause bsd.*|apache.*|mit( license|-cmu|-0)?|isc( license.*)?|python software foundation.*|psf-2\.0"
    r"|zlib|(cc0|bsl)-1\.0",
    re.IGNORECASE,
)
UNSEEN = 3
WAY = "Read it, then write it into supply/looked_at.toml, or do without the package."


@dataclass(frozen=True)
class LookedAt:
    """An entry of looked_at.toml, which says what the fields mean."""

    packages: list[str]
    stated: list[str]
    kind: str
    means: str

    def names(self, package: str) -> bool:
        return any(fnmatchcase(package, pattern) for pattern in self.packages)


@dataclass(frozen=True)
class Licensed:
    """A package, its licence as its metadata has it, and by what extra it comes ("" where it always does)."""

    name: str
    version: str
    stated: str
    extra: str

    @property
    def looked_at(self) -> LookedAt | None:
        return next((entry for entry in looked_at() if entry.names(self.name)), None)

    @property
    def seen(self) -> bool:
        """Whether the licence is known: permissive, or looked at and still the same."""
        return is_permissive(self.stated) or (self.looked_at is not None and self.stated in self.looked_at.stated)

    @property
    def kind(self) -> str:
        return self.looked_at.kind if self.looked_at else "permissive"


def looked_at() -> list[LookedAt]:
    table = tomllib.loads((ROOT / "supply" / "looked_at.toml").read_text(encoding="utf-8"))
    return [LookedAt(**entry) for entry in table["licence"]]


def is_permissive(stated: str) -> bool:
    """Whether each part of it is, or one that may be chosen: `MIT AND BSD-3-Clause` is, `MPL-2.0 AND MIT` is not."""
    parts = re.split(r" AND |; ", re.sub(r" WITH [\w.-]+", "", stated))
    return all(any(PERMISSIVE.fullmatch(one) for one in part.split(" OR ")) for part in parts)


def stated_by(package: Distribution) -> str:
    """The expression, else the classifiers, else the first line of the text."""
    facts = package.metadata
    classified = [one.rpartition(" :: ")[2] for one in facts.get_all("Classifier", []) if one.startswith("License ::")]
    text = str(facts.get("License") or "").strip().partition("\n")[0]
    return str(facts.get("License-Expression") or "; ".join(classified) or text or "not stated")


def licensed() -> list[Licensed]:
    """All packages that the product and its extras bring on this machine, by name."""
    found = dict[str, Licensed]()
    for extra in ("", *extras()):
        left = list(map(Requirement, asked_for(extra)))
        while left:
            requirement = left.pop()
            name = canonicalize_name(requirement.name)
            if name not in found:
                package = installed(name)
                found[name] = Licensed(name, package.version, stated_by(package), extra)
                left += needed_by(package, requirement.extras)
    return [found[name] for name in sorted(found)]


def installed(name: str) -> Distribution:
    try:
        return distribution(name)
    except PackageNotFoundError:
        sys.exit(f"{name} is not installed, so its licence is not known. Remove .venv and give `make docs` again.")


def needed_by(package: Distribution, chosen: set[str]) -> Iterator[Requirement]:
    """What it requires here, with these extras of its own."""
    for requirement in map(Requirement, package.requires or []):
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *chosen)):
            yield requirement


def main() -> int:
    packages = licensed()
    for kind, title in (("copyleft", "Copyleft"), ("proprietary", "Proprietary")):
        print(f"### {title}\n")
        for entry in (entry for entry in looked_at() if entry.kind == kind):
            named = [package.name for package in packages if entry.names(package.name)]
            if named:
                print(f"- **{', '.join(named)}**: {' '.join(entry.means.split())}")
        print()
    print("### All\n")
    rows = [[one.name, one.version, one.extra or "–", one.kind, one.stated] for one in packages]
    print(tabulate(rows, ["Package", "Version", "Extra", "Kind", "Licence, as it states it"], tablefmt="github"))
    unseen = [one for one in packages if not one.seen]
    for one in unseen:
        print(f"{one.name} {one.version}: nobody has looked at its licence ({one.stated}). {WAY}", file=sys.stderr)
    return UNSEEN if unseen else 0


if __name__ == "__main__":
    sys.exit(main())
