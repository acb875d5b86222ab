"""What the leak gate says to the user: the pairs, and the ways out. Pure."""

from collections.abc import Mapping, Sequence
from shlex import quote

from bench.data.cases import Case, internal
from bench.data.pseudonyms import PSEUDONYM
from bench.folds.leaks import PATIENT, TWO_FOLDS, Leak

SHOWN = 10
WHOLE = ""
DEIDENTIFIED = "Where de-identified DICOM files of many patients bear one PatientID: --group-by study (or series)."


def leak_message(leaks: Sequence[Leak], cases: Sequence[Case], given: Mapping[str, str], options: Sequence[str]) -> str:
    """Why the run stops, with commands that can be given as they stand.

    `given` are the paths of the user's data by site, under "" one that holds all sites; `options` say how an audit
    is to read them.
    """
    pairs = [f"  {leak.first} and {leak.second}: {leak.what}; {leak.where}" for leak in leaks[:SHOWN]]
    more = [f"  and {len(leaks) - SHOWN} more"] if len(leaks) > SHOWN else []
    copies = [leak for leak in leaks if leak.what != PATIENT]
    return "\n".join(
        [
            f"{len(leaks)} pair(s) of cases would leak from training into evaluation, so that its numbers would be too "
            f"good:",
            *pairs,
            *more,
            "What to do:",
            *(_about_copies(copies, cases, given, options) if copies else []),
            *(_about_patients(leaks, cases) if len(copies) < len(leaks) else []),
            "--allow-leaks runs all the same and says so under every table.",
        ]
    )


def _about_copies(
    copies: Sequence[Leak], cases: Sequence[Case], given: Mapping[str, str], options: Sequence[str]
) -> list[str]:
    site_of = {case.case_id: case.site for case in cases}
    # of two copies the audit keeps the first, which is an internal one if there is any
    paths = dict.fromkeys(given.get(site_of[leak.second], given.get(WHOLE, "")) for leak in copies)
    audited = [path if site == WHOLE else f"{site}={path}" for site, path in given.items()]
    ungrouped = "" if any(case.group for case in internal(cases)) else " (a manifest with a column group)"
    return [
        "Copies: see them, and move all but one of each away (into a folder beside, from where they can come back):",
        f"  bench data audit {' '.join(map(quote, [*audited, *options]))} --out audit",
        *(f"  bench data clean {quote(path)} --from audit/audit.json --apply" for path in paths),
        f"or say which cases are one patient{ungrouped}; or give --group-duplicates, which puts internal copies into "
        f"one fold.",
    ]


def _about_patients(leaks: Sequence[Leak], cases: Sequence[Case]) -> list[str]:
    inside = {leak.where.startswith(TWO_FOLDS) for leak in leaks if leak.what == PATIENT}
    texts = {
        True: "Patients in two folds: hold their cases out together in folds.parquet, or mend their groups.",
        False: "Patients at two sites: remove their cases from one of them. Where two sites use one name for different "
        "patients, rename the groups at one.",
    }
    leaking = {leak.first for leak in leaks if leak.what == PATIENT}
    hidden = any(case.case_id in leaking and (case.group or "").startswith(PSEUDONYM) for case in cases)
    return [*(text for place, text in texts.items() if place in inside), *([DEIDENTIFIED] if hidden else [])]
