"""Whether the runs of a folder were made in one environment. Pure."""

from collections.abc import Mapping, Sequence

OF_NUMERICS = ("device", "precision", "layout", "threads", "deterministic", "CUBLAS_WORKSPACE_CONFIG")
"""What a run's own settings decide, which rows of a leaderboard are told apart by."""


def mixed_environments(environments: Sequence[Mapping[str, str]]) -> list[str]:
    """A phrase that names what differs and in how many runs each value was found; nothing where nothing does.

    Environments without any entry, as those of imported runs, do not count; nor does what some runs do not record,
    having been made before it was. A variable that is not there was not set.
    """
    known = [one for one in environments if one]
    everywhere = set.intersection(*map(set, known)) if known else set()
    variables = {name for one in known for name in one if name.isupper()} if "threads" in everywhere else set()
    names = sorted((everywhere | variables) - set(OF_NUMERICS))
    differing = []
    for name in names:
        values = [one.get(name, "not set") for one in known]
        if len(set(values)) > 1:
            counted = (f"{value} ({values.count(value)} runs)" for value in sorted(set(values)))
            title = name if name.isupper() else name.replace("_", " ")
            differing.append(f"{title} {', '.join(counted)}")
    if not differing:
        return []
    return [f"runs were made in different environments: {'; '.join(differing)}"]
