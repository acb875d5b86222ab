"""What Jupyter shows of results: tables, figures, and the page in a frame. Writes files where it is told to."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from bench.errors import RequestError
from bench.new_output import write_output
from reports.draw.csv_table import csv_text
from reports.draw.latex_table import latex_text
from reports.draw.markdown_table import table_markdown
from reports.draw.notebook_table import notebook_html
from reports.page.part import Chart
from reports.tables.table import Table


@dataclass(frozen=True)
class ShownTable:
    """A table of the leaderboard, for notebooks and papers."""

    table: Table

    def to_markdown(self) -> str:
        """With a heading, and what its marks mean below."""
        return table_markdown(self.table)

    def to_latex(self) -> str:
        """A `table` environment with booktabs, caption, label and notes."""
        return latex_text(self.table)

    def to_csv(self) -> str:
        """With all digits."""
        return csv_text(self.table)

    def to_frame(self) -> pd.DataFrame:
        """The columns of the CSV, numbers as numbers."""
        from io import StringIO

        return pd.read_csv(StringIO(csv_text(self.table)))

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        text = self.to_markdown()
        return {"text/html": str(notebook_html(self.table)), "text/markdown": text, "text/plain": text}

    def _repr_html_(self) -> str:
        return str(notebook_html(self.table))


@dataclass(frozen=True)
class Figure:
    """A chart of the page, as it is printed: on white ground, as wide as a column of a journal."""

    chart: Chart

    @property
    def spec(self) -> Mapping[str, Any]:
        """Vega-Lite, with the data, for those who draw it otherwise."""
        return self.chart.spec

    @cached_property
    def svg(self) -> str:
        """As a vector graphic."""
        from reports.page.charts import figure_svg  # whose renderer tables do without

        return figure_svg(self.chart)

    def save(self, path: str | PathLike[str]) -> Path:
        """Write it; the ending says how: svg, png or pdf.

        Raises:
            RequestError: another ending.
        """
        path = Path(path).expanduser()
        if path.suffix == ".svg":
            content = self.svg.encode()
        elif path.suffix == ".png":
            from reports.page.charts import figure_png

            content = figure_png(self.svg)
        elif path.suffix == ".pdf":
            import vl_convert

            content = bytes(vl_convert.svg_to_pdf(self.svg))
        else:
            raise RequestError(f"A figure is saved as .svg, .png or .pdf, not as {path.name!r}. Change the ending.")
        path.write_bytes(content)
        return path

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"image/svg+xml": self.svg, "text/plain": f"{self.chart.title}. {self.chart.alt}"}

    def __repr__(self) -> str:
        return f"Figure({self.chart.title!r})"


@dataclass(frozen=True)
class Page:
    """The page of a results folder, which asks nothing of a network. height: of its frame in a notebook, in pixels."""

    html: str
    height: int = 720

    def save(self, path: str | PathLike[str]) -> Path:
        """Write it as one file."""
        path = Path(path).expanduser()
        write_output(path, self.html)
        return path

    def _repr_html_(self) -> str:
        """In a frame of its own, whose scripts see nothing of the notebook."""
        return str(
            Markup(
                '<iframe title="Report" sandbox="allow-scripts allow-downloads" srcdoc="{}" '
                'style="width:100%;height:{}px;border:0"></iframe>'
            ).format(self.html, self.height)
        )

    def __repr__(self) -> str:
        return f"Page of {len(self.html)} characters"
