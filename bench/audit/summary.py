"""The audit as a typed summary: counts, distributions and findings, ready to be stored or drawn. Reads audit.json."""

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import TypeAdapter, ValidationError

from bench.audit.findings import Finding
from bench.audit.measure import Measured
from bench.data.passed_over import Entry
from bench.errors import RequestError
from bench.formats import AUDIT, WRITTEN_BY, refuse_newer
from bench.plain_file import plain

QUANTILES = {"minimum": 0.0, "5 %": 0.05, "median": 0.5, "95 %": 0.95, "maximum": 1.0}
QUANTITIES = ("width", "height", "aspect", "mean grey", "sd of grey")
RESEARCH_ONLY = "Research use only, never for diagnosis."


@dataclass(frozen=True, kw_only=True)
class Audit:
    """All that an audit found.

    `roots` says where each site lies; `classes` counts images of a class at a site; `distributions` are quantiles
    of each quantity by site, over images that can be read; `values` are what they were made from, for drawing;
    `passed_over` counts what lies there and became no image as it is stored.
    """

    schema: Literal[1] = AUDIT
    written_by: str = WRITTEN_BY
    notice: str = RESEARCH_ONLY
    roots: Mapping[str, str]
    images: int
    files: int
    classes: Mapping[str, Mapping[str, int]]
    distributions: Mapping[str, Mapping[str, Mapping[str, float]]]
    findings: tuple[Finding, ...]
    passed_over: tuple[Entry, ...] = ()
    values: Mapping[str, Mapping[str, Sequence[float]]] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """For JSON: all but the values."""
        return {name: value for name, value in asdict(self).items() if name != "values"}

    def class_names(self) -> list[str]:
        """Of all sites, sorted."""
        return sorted({name for of_site in self.classes.values() for name in of_site})

    def kinds(self) -> dict[str, int]:
        """How many findings there are of each kind."""
        return dict(Counter(finding.kind for finding in self.findings))


def summarise(
    roots: Mapping[str, str],
    measured: Sequence[Measured],
    findings: Sequence[Finding],
    passed_over: Sequence[Entry] = (),
) -> Audit:
    """Put the measurements of all images and what was found together."""
    sites = list(dict.fromkeys(m.image.site for m in measured))
    values = {site: _values([m for m in measured if m.image.site == site and not m.unreadable]) for site in sites}
    return Audit(
        roots=roots,
        images=len(measured),
        files=len({m.image.path for m in measured}),
        classes={site: _counts(m.image.label for m in measured if m.image.site == site) for site in sites},
        distributions={
            site: {quantity: _quantiles(numbers) for quantity, numbers in of_site.items() if len(numbers)}
            for site, of_site in values.items()
        },
        findings=tuple(findings),
        passed_over=tuple(passed_over),
        values=values,
    )


def _counts(labels: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(labels).items()))


def _values(chosen: Sequence[Measured]) -> dict[str, list[float]]:
    rows = [(m.width, m.height, m.width / m.height, m.mean, m.sd) for m in chosen]
    return {quantity: [float(row[number]) for row in rows] for number, quantity in enumerate(QUANTITIES)}


def _quantiles(numbers: Sequence[float]) -> dict[str, float]:
    found = np.quantile(numbers, list(QUANTILES.values()))
    return {name: round(float(value), 4) for name, value in zip(QUANTILES, found, strict=True)}


def read_audit(file: Path) -> Audit:
    """The audit without the values that its figure was drawn from.

    Raises:
        RequestError: no such file, or not what `bench data audit` writes, or what a later release of it wrote.
    """
    try:
        content = plain(file).read_bytes()
        refuse_newer(content, file, AUDIT)
        audit = TypeAdapter(Audit).validate_json(content)
    except OSError as error:
        raise RequestError(f"Cannot read {file} (--from): {error.strerror}. Make it with bench data audit.") from None
    except ValidationError:
        audit = None
    if audit is None or not all(_is_plain(case.path) for finding in audit.findings for case in finding.cases):
        raise RequestError(
            f"{file} (--from) is not what this version of bench data audit writes as audit.json, or it is damaged. "
            f"Audit anew."
        )
    return audit


def _is_plain(path: str) -> bool:
    """Whether a path is absolute and takes no detour, as the audit writes them."""
    return os.path.isabs(path) and os.path.normpath(path) == path and "\0" not in path  # noqa: PTH117
