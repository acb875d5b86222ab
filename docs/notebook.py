"""Executes docs/notebook.ipynb in a fresh kernel, and writes what it gives into it. Starts a process, writes a file.

python -m docs.notebook
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nbformat
from nbclient import NotebookClient

FILE = Path(__file__).with_name("notebook.ipynb")
SECONDS = 600
OF_A_MACHINE = re.compile(
    r"(?<![\w.>])/(?:root|home|Users|tmp|work|var|opt)/|[A-Za-z]:\\\\"
    r"|\b\d\d:\d\d:\d\d\b|\b20\d\d-\d\d-\d\d\b|\b\d+(?:\.\d+)? (?:s|seconds?|minutes?|images/s)\b"
)
"""Paths and times, which no output may hold."""


def executed(notebook: Any) -> Any:
    """The notebook with new outputs, run in an empty folder that is deleted; what it needs of a machine is cleared.

    Raises nbclient's `CellExecutionError` where a cell fails.
    """
    notebook = nbformat.from_dict(notebook)
    with TemporaryDirectory() as folder:
        client = NotebookClient(
            notebook,
            timeout=SECONDS,
            kernel_name="python3",
            record_timing=False,
            resources={"metadata": {"path": folder}},
        )
        client.execute()
    notebook.metadata = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    return notebook


def outputs(notebook: Any) -> Iterator[tuple[int, str, str]]:
    """Of each output the number of its cell, its media type and its text, of a widget as JSON; of a frame no more than
    that it is one."""
    for number, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", []):
            found = {"text/plain": output.get("text", "")} if output.output_type == "stream" else output.get("data", {})
            for kind, content in found.items():
                text = content if isinstance(content, str) else json.dumps(content)
                yield number, kind, re.sub(r'srcdoc="[^"]*"', "", text)


def main() -> None:
    """Write the notebook anew."""
    notebook = executed(nbformat.read(FILE, as_version=4))
    nbformat.validate(notebook)
    nbformat.write(notebook, FILE)


if __name__ == "__main__":
    main()
