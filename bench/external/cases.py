"""The cases that predictions are of: one label, site and patient each, and those of the folder. Pure."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from bench.data.cases import INTERNAL, Case
from bench.data.names import as_meant, normal, visible
from bench.data.passed_over import PassedOver
from bench.errors import RequestError, listed
from bench.external.rows import refuse_rows


def with_case_ids(table: pd.DataFrame, known: Sequence[Case], account: PassedOver) -> pd.DataFrame:
    """`table` with case ids as results folders have them, site/name; the site may have been given or not.

    An id that is not `known` as it stands is read as it is meant, which is counted in `account`.
    """
    ids = {_meant(case.site, case.case_id): case.case_id for case in known} | {c.case_id: c.case_id for c in known}
    given = table[["site", "case_id"]].drop_duplicates()
    full = {(site, name): _full(site, name, ids) for site, name in given.itertuples(index=False)}
    pairs = list(zip(table["site"], table["case_id"], strict=True))
    changed = [(site, name) for site, name in pairs if full[site, name] not in (name, f"{site}/{name}")]
    if changed:
        example = as_meant(changed[0][1], full[changed[0]])
        account.add("changed", "cell(s) of the column case_id read as they are meant", example, number=len(changed))
    return table.assign(case_id=pd.Series([full[pair] for pair in pairs], index=table.index, dtype=object))


def _full(site: str, name: str, known: Mapping[str, str]) -> str:
    prefixed = f"{site}/{name}"
    plain = name if name.startswith(f"{site}/") and not (prefixed in known and name not in known) else prefixed
    meant = _meant(site, plain)
    return plain if plain in known else known.get(meant, plain if known else meant)


def _meant(site: str, case_id: str) -> str:
    """The name within the site as it is meant."""
    return f"{site}/{normal(case_id.removeprefix(f'{site}/'))}"


def cases_of(table: pd.DataFrame, known: Sequence[Case]) -> tuple[Case, ...]:
    """The folder's cases, or where it has none those of the rows: the internal ones first, else as they come.

    Raises:
        RequestError: rows that contradict each other or the folder about a case.
    """
    for column, name in (("site", "site"), ("label", "label"), ("group", "group (patient)")):
        _refuse_contradictions(table, column, name)
    if INTERNAL not in set(table["site"]):
        sites = visible(listed(sorted(set(table["site"])), 5))
        raise RequestError(
            f"No row has the site 'internal'; sites found: {sites}. Call the site that was cross-validated on "
            f"'internal'."
        )
    if known:
        _refuse_other_cases(table, {case.case_id: case for case in known})
        return tuple(known)
    first = table.drop_duplicates("case_id")
    order = (first["site"] != INTERNAL).to_numpy().argsort(kind="stable")
    groups = _groups(table)
    return tuple(
        Case(case_id, "", label, groups.get(case_id), site, "", 0, 0)
        for case_id, label, site in first.iloc[order][["case_id", "label", "site"]].itertuples(index=False)
    )


def _groups(table: pd.DataFrame) -> dict[str, str]:
    named = table[table["group"] != ""].drop_duplicates("case_id")
    return dict(zip(named["case_id"], named["group"], strict=True))


def _refuse_contradictions(table: pd.DataFrame, column: str, name: str) -> None:
    """A group may be left out in some rows; whatever else is said of a case must be the same in all of them."""
    said = table[table["group"] != ""] if column == "group" else table
    first = said.drop_duplicates("case_id").set_index("case_id")[column]
    expected = table["case_id"].map(first)
    wrong = (expected.notna() & (table[column] != expected)).to_numpy()
    if column == "group":
        wrong = wrong & (table[column] != "").to_numpy()
    refuse_rows(
        table,
        wrong,
        f"give a case another {name} than an earlier row",
        "A case has one; two images need two case ids.",
    )


def _refuse_other_cases(table: pd.DataFrame, known: Mapping[str, Case]) -> None:
    advice = "Correct them, or use another --results folder."
    unknown = ~table["case_id"].isin(list(known)).to_numpy()
    if unknown.any():
        names = visible(listed(list(dict.fromkeys(table.loc[unknown, "case_id"])), 3))
        refuse_rows(table, unknown, f"name a case that the results folder lacks ({names})", advice)
    for column in ("site", "label"):
        stored = table["case_id"].map({name: getattr(case, column) for name, case in known.items()})
        refuse_rows(
            table, (table[column] != stored).to_numpy(), f"give a case another {column} than the results folder", advice
        )
    given = _groups(table)
    if not given:
        return
    ids = sorted(set(table["case_id"]))
    ours = _eldest({name: known[name].group for name in ids})
    theirs = _eldest({name: given.get(name) for name in ids})
    differing = [name for name in ids if ours[name] != theirs[name]]
    refuse_rows(
        table,
        np.asarray(table["case_id"].isin(differing)),
        "group cases into other patients than the results folder",
        "Leave out the column group to take over its groups, or use another --results folder.",
    )


def _eldest(group_of: Mapping[str, str | None]) -> dict[str, str]:
    """Each case's group, named by its first case: names of groups may be pseudonyms, and decide nothing."""
    first: dict[str, str] = {}
    return {name: name if group is None else first.setdefault(group, name) for name, group in group_of.items()}
