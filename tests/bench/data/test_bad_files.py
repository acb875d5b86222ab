"""Odd and broken files: each is read as documented, or refused with its name and the reason; none is a traceback."""

import json
import os
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from markdown_it import MarkdownIt
from odd_files import (
    MAX_PIXELS,
    PICTURE,
    SETTINGS,
    SIDE,
    SOUND,
    Make,
    Outcome,
    Read,
    Unreadable,
    Unusable,
    image,
    sound_tree,
)
from odd_table import ODD
from PIL import Image
from processes import BENCH, Bench
from scans import write_dicom, write_nifti
from trees import READ, load_sites, missing

from bench.audit.conduct import conduct_audit
from bench.audit.summary import Audit
from bench.cache import Caches
from bench.data.load import load_dataset
from bench.data.readers import DataRequest
from bench.errors import RequestError
from bench.store.folder import ResultsFolder


def refused(tree: Path, caches: Caches, outcome: Unreadable | Unusable, name: str, *, skip: bool = False) -> None:
    with pytest.raises(RequestError) as caught:
        load_sites({"internal": tree}, SETTINGS, caches, skip=skip)
    message = str(caught.value)
    assert (outcome.shown or name) in message
    assert outcome.reason in message
    assert "\n" not in message


@pytest.mark.parametrize(("name", "make", "outcome"), ODD, ids=[ascii(name)[:60] for name, _, _ in ODD])
def test_a_run_reads_it_or_says_why_not(
    tmp_path: Path, caches: Caches, name: str, make: Make, outcome: Outcome
) -> None:
    tree = sound_tree(tmp_path / "tree")
    make(tree / "a" / name)
    if isinstance(outcome, Unreadable | Unusable):
        refused(tree, caches, outcome, name)
    if isinstance(outcome, Unusable):
        refused(tree, caches, outcome, name, skip=True)
        return
    data = load_sites({"internal": tree}, SETTINGS, caches, skip=isinstance(outcome, Unreadable))
    found = {case.case_id: case for case in data.cases}
    assert SOUND.items() <= {case_id: case.label for case_id, case in found.items()}.items()
    others = found.keys() - SOUND
    if isinstance(outcome, Unreadable):
        ((case_id, reason),) = data.skipped
        assert case_id == f"internal/a/{name}{outcome.suffix}"
        assert outcome.reason in reason
    if not isinstance(outcome, Read):
        assert others == set()
        return
    assert others == {f"internal/a/{name}{outcome.suffix}"}
    case = found[others.pop()]
    assert (case.label, case.width, case.height) == ("a", *outcome.size)
    pixels = data.pixels.open()[data.pixels.row[case.digest]].astype(int)
    wanted = outcome.pixels if isinstance(outcome.pixels, dict) else {(): outcome.pixels}
    for place, colour in wanted.items():
        difference = np.abs(pixels[place] - np.asarray(colour, dtype=int))
        assert difference.max() <= outcome.tolerance, place


@pytest.fixture(scope="module")
def odd_tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All of them in one class folder, beside four sound images."""
    tree = sound_tree(tmp_path_factory.mktemp("odd") / "tree")
    for name, make, _ in ODD:
        make(tree / "a" / name)
    return tree


def audited(tree: Path, out: Path, **options: Any) -> Audit:
    settings: Any = {"reader": "auto", "options": READ, "settings": SETTINGS, "max_pixels": MAX_PIXELS, **options}
    return conduct_audit([f"internal={tree}"], out, **settings)


def rows(kind: type[Outcome]) -> dict[str, Any]:
    return {name: outcome for name, _, outcome in ODD if isinstance(outcome, kind)}


def test_the_audit_lists_what_is_wrong_and_nothing_else(odd_tree: Path, tmp_path: Path) -> None:
    audit = audited(odd_tree, tmp_path)
    of_kind = {
        kind: [finding for finding in audit.findings if finding.kind == kind]
        for kind in ("unreadable", "wrong extension", "unusable name or link")
    }
    unreadable = {finding.cases[0].case_id: finding.detail for finding in of_kind["unreadable"]}
    assert unreadable.keys() == {f"internal/a/{name}{outcome.suffix}" for name, outcome in rows(Unreadable).items()}
    for name, outcome in rows(Unreadable).items():
        assert outcome.reason in unreadable[f"internal/a/{name}{outcome.suffix}"]
    astray = {finding.cases[0].path: finding.detail for finding in of_kind["wrong extension"]}
    assert astray == {str(odd_tree / "a" / name): o.astray for name, o in rows(Read).items() if o.astray}
    unusable = {finding.paths[0]: finding.detail for finding in of_kind["unusable name or link"]}
    bytes_name = f"'{odd_tree}/a/\\udce9.png'"
    assert unusable == {
        bytes_name if name == "bytes" else str(odd_tree / "a" / name): outcome.reason
        for name, outcome in rows(Unusable).items()
    }
    assert audit.images == len(SOUND) + len(rows(Read)) + len(rows(Unreadable))
    stored = json.loads((tmp_path / "audit.json").read_text(encoding="utf-8"))
    assert stored["images"] == audit.images
    assert len(stored["findings"]) == len(audit.findings)
    assert f"unreadable ({len(unreadable)})" in (tmp_path / "audit.md").read_text(encoding="utf-8")
    with Image.open(tmp_path / "audit.png") as drawn:
        assert drawn.format == "PNG"


# A name, and how the audit's page must show it.
NAMES = {
    "two\nlines": r"two\nlines",
    "'single' \"double\"": "'single' \"double\"",
    "<script>alert(1)<script>": "<script>alert(1)<script>",
    "<img src=x onerror=alert(1)>": "<img src=x onerror=alert(1)>",
    "😀": "😀",
    "x" * 251: "x" * 251,
    "a|b": "a|b",
    "`tick": "`tick",
    "``ticks``": "``ticks``",
    "\x1b[31mred": r"\x1b[31mred",
    "[link](x) *a* _b_ **c** ~d~": "[link](x) *a* _b_ **c** ~d~",
    "# heading": "# heading",
    "$x^2$": "$x^2$",
}


def rendered(page: Path) -> tuple[set[str], list[list[str]], set[str]]:
    """What a Markdown reader shows: texts of list items, rows of tables, and the kinds of its tokens."""
    tokens = MarkdownIt("commonmark").enable("table").parse(page.read_text(encoding="utf-8"))
    kinds = {token.type for token in tokens} | {child.type for token in tokens for child in token.children or []}
    texts: list[tuple[str, str]] = []
    for before, token in pairwise(tokens):
        if token.type == "inline":
            texts.append((before.type, "".join(child.content for child in token.children or [])))
    items = {text for kind, text in texts if kind == "paragraph_open"}
    table = [text for kind, text in texts if kind == "td_open"]
    return items, [table[place : place + 2] for place in range(0, len(table), 2)], kinds


def test_odd_names_are_shown_as_text(tmp_path: Path) -> None:
    tree = sound_tree(tmp_path / "tree")
    for name in NAMES:
        (tree / name).mkdir()
        (tree / name / f"{name}.png").write_bytes(b"")
    audited(tree, tmp_path / "audit")
    items, table, kinds = rendered(tmp_path / "audit" / "audit.md")
    for name, shown in NAMES.items():
        assert [shown, "1"] in table, name
        assert f"internal/{shown}/{shown}.png: it is empty" in items, name
    assert not kinds & {"html_inline", "html_block", "link_open", "em_open", "strong_open", "image"}


def test_the_limit_of_pixels_can_be_set(tmp_path: Path, caches: Caches) -> None:
    tree = sound_tree(tmp_path / "tree")
    write_nifti(tree / "a" / "long.nii", np.zeros((SIDE, SIDE, 11), np.int16))
    write_dicom(tree / "a" / "frame.dcm", np.zeros((10, 12), np.uint16))

    def load(limit: int) -> dict[str, str]:
        request = DataRequest(READ, sites={"internal": tree})
        options: Any = {"renaming": {}, "declared": None, "skip_unreadable": True, "max_pixels": limit}
        return dict(load_dataset(request, SETTINGS, caches, **options).skipped)

    assert load(120) == {}
    at_81 = load(81)  # as many as the sound images have
    volume = "9×9×11 voxels are more than 810; raise --max-pixels where that is meant"
    assert at_81 == {
        "internal/a/frame.dcm": "12×10 pixels are more than 81; raise --max-pixels where that is meant",
        **{f"internal/a/long.nii#{number:02d}": volume for number in range(11)},
    }
    with pytest.raises(RequestError, match="No internal image can be read"):
        load(80)
    findings = audited(tree, tmp_path / "audit", max_pixels=80).findings
    sound = [f for f in findings if f.kind == "unreadable" and f.cases[0].case_id in SOUND]
    assert [finding.detail for finding in sound] == [
        "9×9 pixels are more than 80; raise --max-pixels where that is meant"
    ] * 4


def test_tables_hold_odd_names_as_they_are(tmp_path: Path, caches: Caches) -> None:
    tree = sound_tree(tmp_path / "tree")
    for name in NAMES:
        image(PICTURE).save(tree / "a" / f"{name}.png")
        (tree / "b" / f"{name}.png").write_bytes(b"")
    data = load_sites({"internal": tree}, SETTINGS, caches, skip=True)
    folder = ResultsFolder(tmp_path / "results")
    (tmp_path / "results").mkdir()
    folder.write_cases(data.cases)
    folder.write_unreadable(data.skipped)
    cases = pd.read_parquet(tmp_path / "results" / "cases.parquet")
    assert set(cases["case_id"]) == SOUND.keys() | {f"internal/a/{name}.png" for name in NAMES}
    left_out = pd.read_csv(tmp_path / "results" / "tables" / "unreadable.csv")
    assert set(left_out["case_id"]) == {f"internal/b/{name}.png" for name in NAMES}


def test_as_processes(bench: Bench, odd_tree: Path, tmp_path: Path) -> None:
    usable = sound_tree(tmp_path / "usable")
    for name, make, outcome in ODD:
        if not isinstance(outcome, Unusable):
            make(usable / "a" / name)
    audit = bench("data", "audit", f"internal={odd_tree}", "--out", tmp_path / "audit")
    unusable, unreadable = (
        bench("run", "--internal", tree, "--results", tmp_path / "none") for tree in (odd_tree, usable)
    )
    codes = [done.returncode for done in (audit, unusable, unreadable)]
    assert codes == [0, 2, 2], audit.stderr + unusable.stderr + unreadable.stderr
    assert f"unreadable: {len(rows(Unreadable))}" in audit.stdout.splitlines()
    assert f"unusable name or link: {len(rows(Unusable))}" in audit.stdout.splitlines()
    assert "is a link that leads to no file" in unusable.stderr
    assert f"{len(rows(Unreadable))} image(s) cannot be read" in unreadable.stderr
    assert not (tmp_path / "none").exists()
    for done in (audit, unusable, unreadable):
        for sign in ("Traceback", "Unforeseen", "Warning"):
            assert sign not in done.stderr, done.stderr


def test_what_may_not_be_read_is_named(bench_environment: dict[str, str], tmp_path: Path) -> None:
    tree = sound_tree(tmp_path / "tree")
    for path in (tree / "a" / "closed.png", tree / "b" / "closed" / "within.png", tree / "b" / "listed" / "within.png"):
        path.parent.mkdir(exist_ok=True)
        image(PICTURE).save(path)
    (tree / "a" / "closed.png").chmod(0)
    (tree / "b" / "closed").chmod(0)
    (tree / "b" / "listed").chmod(0o444)  # its names can be read, nothing else
    humble = [] if os.geteuid() else ["setpriv", "--inh-caps=-all", "--bounding-set=-dac_override,-dac_read_search"]
    closed = [*humble, "cat", str(tree / "a" / "closed.png")]
    if (humble and not shutil.which("setpriv")) or b"denied" not in subprocess.run(closed, capture_output=True).stderr:
        missing("a file that may not be read needs a user other than root, or setpriv")
    audit = ["data", "audit", f"internal={tree}", "--out", str(tmp_path / "audit")]
    run = ["run", "--internal", str(tree), "--skip-unreadable", "--results", str(tmp_path / "none")]
    options: Any = {"env": bench_environment, "capture_output": True, "text": True, "timeout": 300, "check": False}
    seen, stopped = (subprocess.run([*humble, *BENCH, *arguments], **options) for arguments in (audit, run))
    (tree / "b" / "closed").chmod(0o755)
    (tree / "b" / "listed").chmod(0o755)
    assert (seen.returncode, stopped.returncode) == (0, 2), seen.stderr + stopped.stderr
    findings = json.loads((tmp_path / "audit" / "audit.json").read_text(encoding="utf-8"))["findings"]
    named = {finding["paths"][0]: finding["detail"] for finding in findings if finding["paths"]}
    places = ("a/closed.png", "b/closed", "b/listed/within.png")
    assert named == {str(tree / place): "may not be read" for place in places}
    for place in places:
        assert str(tree / place) in stopped.stderr
    assert "may not be read" in stopped.stderr
    assert "Traceback" not in seen.stderr + stopped.stderr
