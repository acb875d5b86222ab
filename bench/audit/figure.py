"""The audit as one sheet of charts. Writes a PNG."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from bench.audit.summary import RESEARCH_ONLY, Audit
from bench.data.names import visible
from bench.quiet import quiet
from reports.draw.shown import as_drawn

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")  # Okabe and Ito: colour-blind safe
BINS = 30


def draw_audit(audit: Audit, file: Path) -> None:
    """Classes by site, sizes, mean grey and its spread: one colour a site."""
    with quiet():  # of names that the font has no letters for
        _draw(audit).savefig(file, dpi=110, format="png")


def _draw(audit: Audit) -> Figure:
    figure = Figure(figsize=(11, 8), layout="constrained")
    FigureCanvasAgg(figure)
    (classes, sizes), (means, spreads) = figure.subplots(2, 2)
    colour = {site: COLOURS[number % len(COLOURS)] for number, site in enumerate(audit.classes)}
    _classes(classes, audit, colour)
    _sizes(sizes, audit, colour)
    _histogram(means, audit, colour, "mean grey", "Mean grey value of each image")
    _histogram(spreads, audit, colour, "sd of grey", "Standard deviation of each image's grey values")
    figure.suptitle(f"Data audit: {audit.images} images. {RESEARCH_ONLY}", fontsize=11)
    return figure


def _classes(axes: Axes, audit: Audit, colour: dict[str, str]) -> None:
    names = audit.class_names()
    width = 0.8 / max(1, len(audit.classes))
    for number, (site, counts) in enumerate(audit.classes.items()):
        places = np.arange(len(names)) + number * width
        axes.bar(places, [counts.get(name, 0) for name in names], width, color=colour[site], label=_plain(site))
    shown = [_plain(name) or "(no class)" for name in names]
    middles = np.arange(len(names)) + 0.4 - width / 2
    axes.set_xticks(middles, shown, rotation=30, horizontalalignment="right", rotation_mode="anchor")
    axes.set_title("Images of each class", fontsize=10)
    if audit.classes:
        axes.legend(fontsize=8)


def _sizes(axes: Axes, audit: Audit, colour: dict[str, str]) -> None:
    for site, values in audit.values.items():
        axes.scatter(values["width"], values["height"], s=14, alpha=0.4, color=colour[site], label=_plain(site))
    axes.set_xlabel("width (pixels)")
    axes.set_ylabel("height (pixels)")
    axes.set_title("Size of the upright originals", fontsize=10)


def _histogram(axes: Axes, audit: Audit, colour: dict[str, str], quantity: str, title: str) -> None:
    every = [value for values in audit.values.values() for value in values[quantity]]
    bins = np.linspace(min(every, default=0.0), max(every, default=1.0) + 1e-9, BINS + 1)
    for site, values in audit.values.items():
        if values[quantity]:
            share = np.full(len(values[quantity]), 1 / len(values[quantity]))
            axes.hist(values[quantity], bins.tolist(), weights=share, histtype="step", color=colour[site], lw=1.8)
    axes.set_title(title, fontsize=10)
    axes.set_ylabel("share of the site's images")


def _plain(name: str) -> str:
    return as_drawn(visible(name[:40]))
