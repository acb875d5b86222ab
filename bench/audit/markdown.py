"""The audit as Markdown. Pure."""

from collections.abc import Iterator

from bench.audit.findings import Finding
from bench.audit.summary import QUANTILES, QUANTITIES, RESEARCH_ONLY, Audit
from bench.data.names import visible
from reports.draw.markdown_table import escaped, markdown_table

SHOWN = 20
MEANINGS = {
    "unusable name or link": "cannot be read by any command as it stands",
    "unreadable": "stops `bench run`, unless --skip-unreadable leaves it out",
    "wrong extension": "is read by its content; other programs may refuse it",
    "no class": "lies in no class folder; `bench run` refuses the tree",
    "blank": "has almost one grey value; it teaches nothing",
    "identical": "the same pixels several times; leaks, where folds or sites separate them",
    "near duplicate": "the same picture saved again, resized, brightened, cropped or flipped; leaks likewise",
    "conflicting labels": "one picture under two labels; at least one of them is wrong",
    "patient in several splits": "the split is not by patient",
    "patient at several sites": "the sites are not independent",
}


def audit_markdown(audit: Audit) -> str:
    """Counts, distributions and up to 20 findings of each kind; audit.json has them all."""
    return "\n\n".join(_blocks(audit)) + "\n"


def _blocks(audit: Audit) -> Iterator[str]:
    yield "# Data audit"
    yield RESEARCH_ONLY
    yield f"{audit.images} images in {audit.files} files."
    yield "\n".join(f"- {_text(site)}: {_code(root)}" for site, root in audit.roots.items())
    if audit.passed_over:
        yield "## What became no image, or not as it is stored"
        yield "\n".join(f"- {_text(entry.line())}" for entry in audit.passed_over)
    yield "## Images of each class"
    yield _classes(audit)
    yield "## What they are like"
    yield "Pixels of the upright originals; grey values from 0 to 255. Drawn in audit.png."
    yield _distributions(audit)
    yield "## Findings"
    kinds = audit.kinds()
    if not kinds:
        yield "None."
        return
    yield markdown_table(
        ["Finding", "Number", "Meaning"], [[kind, str(n), MEANINGS[kind]] for kind, n in kinds.items()]
    )
    for kind, number in kinds.items():
        yield f"### {kind} ({number})"
        chosen = [finding for finding in audit.findings if finding.kind == kind]
        lines = [f"- {_finding(finding)}" for finding in chosen[:SHOWN]]
        yield "\n".join(lines + ([f"- and {number - SHOWN} more, in audit.json"] if number > SHOWN else []))


def _classes(audit: Audit) -> str:
    names = audit.class_names()
    rows = [[_text(name) or "(no class)", *(str(c.get(name, 0)) for c in audit.classes.values())] for name in names]
    return markdown_table(["Class", *(_text(site) for site in audit.classes)], rows)


def _distributions(audit: Audit) -> str:
    rows = [
        [_text(site), quantity, *(f"{of_quantity[name]:.6g}" for name in QUANTILES)]
        for site, of_site in audit.distributions.items()
        for quantity in QUANTITIES
        if (of_quantity := of_site.get(quantity))
    ]
    return markdown_table(["Site", "Quantity", *QUANTILES], rows) if rows else "No image can be read."


def _finding(finding: Finding) -> str:
    names = [_code(case.case_id) for case in finding.cases] or [_code(path) for path in finding.paths]
    shown = ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
    return f"{shown}: {_text(finding.detail)}"


def _text(name: str) -> str:
    return escaped(visible(name))


def _code(text: str) -> str:
    """A name as code."""
    plain = visible(text)
    return f"`{plain}`" if "`" not in plain else escaped(plain)
