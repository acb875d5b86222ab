"""The charts of the searches of a results folder. Writes figures/search-<study>.png."""

from pathlib import Path

from bench.search.record import RecordedStage, SearchRecord
from reports.search.charts import SearchCharts, TrialPoint, search_charts
from reports.search.draw import draw_search


def write_figures(root: Path, record: SearchRecord) -> list[Path]:
    """One sheet for each study."""
    folder = root / "figures"
    folder.mkdir(exist_ok=True)
    paths = []
    for stage in record.stages:
        paths.append(folder / f"search-{stage.study}.png")
        draw_search(charts_of(record, stage), paths[-1])
    return paths


def charts_of(record: SearchRecord, stage: RecordedStage) -> SearchCharts:
    """What the sheet of a study shows."""
    points = [
        TrialPoint(
            trial.number,
            trial.params,
            trial.value,
            trial.steps[max(trial.steps)] if trial.state == "pruned" and trial.steps else None,
        )
        for trial in stage.trials
    ]
    space = {name: part.get("log", False) if isinstance(part, dict) else part for name, part in record.space.items()}
    return search_charts(stage.study, record.metric, points, stage.importance, space, record.direction == "maximize")
