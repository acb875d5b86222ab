"""What the texts of command-line options mean: what the configuration file would hold instead. Pure."""

from bench.data.options import EVERY_SITE
from bench.data.sites import parse_external
from bench.errors import RequestError


def parse_seeds(text: str) -> int | list[int]:
    """`10` is a count, `3,5,8` (or `3,`) a list.

    Raises:
        RequestError: neither.
    """
    try:
        if "," in text:
            return [int(part) for part in text.split(",") if part.strip()]
        return int(text)
    except ValueError:
        raise RequestError(f"--seeds takes a count such as 10 or a list such as 3,5,8, not {text!r}.") from None


def parse_externals(texts: list[str]) -> dict[str, str]:
    """`bern=PATH` names a site; without a name it is called after the last folder of its path.

    Raises:
        RequestError: two sites of one name.
    """
    sites: dict[str, str] = {}
    for text in texts:
        name, path = parse_external(text)
        if name in sites:
            raise RequestError(
                f"Two external sites are called {name!r}: {sites[name]} and {path}. Name them: --external NAME=PATH."
            )
        sites[name] = path
    return sites


def parse_readers(texts: list[str]) -> dict[str, str]:
    """`cq500` is the reader of every site that has none of its own, `bern=cq500` that of one site."""
    parts = [text.rpartition("=") for text in texts]
    return {site if separator else EVERY_SITE: name for site, separator, name in parts}


def parse_columns(texts: list[str]) -> dict[str, str]:
    """`path=file` says that the manifest's column `file` is what we call path.

    Raises:
        RequestError: no `=` in it.
    """
    for text in texts:
        if not all(text.partition("=")):
            raise RequestError(f"--column takes OURS=YOURS, such as path=file, not {text!r}.")
    return {ours: yours for ours, _, yours in (text.partition("=") for text in texts)}


def parse_list(text: str) -> list[str]:
    """`a, b` is two names."""
    return [name.strip() for name in text.split(",")]


def parse_events(texts: list[str]) -> dict[str, list[str]]:
    """`bleed=epidural,subdural` is an event of two classes, `epidural` one of that class.

    Raises:
        RequestError: two events of one name.
    """
    found: dict[str, list[str]] = {}
    for text in texts:
        name, separator, classes = text.partition("=")
        if name.strip() in found:
            raise RequestError(f"Two events are called {name.strip()!r}. Name them apart: --event NAME=CLASS,CLASS.")
        found[name.strip()] = parse_list(classes if separator else name)
    return found


def parse_slurm(text: str) -> dict[str, str]:
    """`partition=gpu,time=2:00:00` is two options of sbatch.

    Raises:
        RequestError: no `=` in one.
    """
    parts = [part.strip().partition("=") for part in text.split(",") if part.strip()]
    if not all(key and value for key, _, value in parts):
        raise RequestError(f"--slurm takes KEY=VALUE,KEY=VALUE, such as partition=gpu,time=2:00:00, not {text!r}.")
    return {key.lstrip("-").replace("-", "_"): value for key, _, value in parts}
