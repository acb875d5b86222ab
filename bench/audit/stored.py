"""An audit as it was stored. Reads audit.json."""

import os
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from bench.audit.summary import Audit
from bench.errors import RequestError


def read_audit(file: Path) -> Audit:
    """The audit without the values that its figure was drawn from.

    Raises:
        RequestError: no such file, or not what `bench data audit` writes.
    """
    try:
        audit = TypeAdapter(Audit).validate_json(file.read_bytes())
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
