"""What becomes no case is counted in one account, which every command shows."""

import json
from pathlib import Path

import pandas as pd
from odd_files import MAX_PIXELS, PICTURE, SETTINGS, image, sound_tree
from processes import SMALL, Bench
from scans import write_dicom
from trees import READ, load_sites

from bench.audit.conduct import conduct_audit
from bench.cache import Caches
from bench.data.passed_over import Entry, PassedOver
from bench.data.tree.scan import scan
from bench.store.folder import ResultsFolder

BY_PRODUCTS = (
    "@eaDir/0.png/SYNOPHOTO_THUMB_XL.png",
    "@eaDir/0.png/SYNOPHOTO_THUMB_M.png",
    ".thumbnails/large/0.png",
    "__MACOSX/a/._0.png",
    ".@__thumb/default0.png",
    "#recycle/0.png",
    "Thumbs.db",
    ".DS_Store",
    "._0.png",
    "Desktop.ini",
)


def write(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    image(PICTURE).save(path, "PNG")


def counted(root: Path) -> dict[str, int]:
    return {entry.what: entry.number for entry in scan(root).passed_over.entries()}


def test_by_products_are_no_images_and_are_counted(tmp_path: Path) -> None:
    tree = sound_tree(tmp_path / "tree")
    for name in BY_PRODUCTS:
        write(tree / "a" / name)
    write(tree / "a" / ".hidden.png")
    write(tree / "b" / ".cache" / "x.png")
    found = scan(tree)
    assert [file.relative for file in found.files] == [
        f"{label}/sound{number}.png" for label in "ab" for number in "01"
    ]
    assert sorted((entry.fate, entry.number) for entry in found.passed_over.entries()) == [
        ("passed over", 2),
        ("passed over", len(BY_PRODUCTS)),
    ]


def test_other_files_are_counted_by_suffix_and_kinds_of_images_by_name(tmp_path: Path) -> None:
    tree = sound_tree(tmp_path / "tree")
    for name in ("notes.txt", "more.TXT", "labels.csv", "README", "scan.jxl", "scan.nrrd"):
        (tree / "a" / name).write_text("of no kind that is read")
    write_dicom(tree / "b" / "DICOMDIR", PICTURE[..., 0])
    assert counted(tree) == {
        "file(s) of a kind of image that cannot be read here (JPEG XL)": 1,
        "file(s) of a kind of image that cannot be read here (NRRD)": 1,
        "file(s) that are no image by content and have no suffix": 1,
        "file(s) that are no image by content nor by name (*.csv)": 1,
        "file(s) that are no image by content nor by name (*.txt)": 2,
        "DICOMDIR file(s), which list files and hold no pixels": 1,
    }


def test_the_account_adds_up_and_keeps_the_first_example() -> None:
    account = PassedOver()
    account.add("passed over", "hidden", "/a\n", number=2)
    account.add("passed over", "hidden", "/b")
    account.add("left out", "cut", "/c", site="bern", advice="Mend them.")
    assert account.entries() == (
        Entry("left out", "bern", "cut", 1, "/c", "Mend them."),
        Entry("passed over", "", "hidden", 3, "/a\\n"),
    )
    assert [entry.line() for entry in account.entries()] == [
        "Warning: Left out (bern): 1 cut, such as /c. Mend them.",
        "Passed over: 3 hidden, such as /a\\n.",
    ]


def odd_tree(root: Path) -> Path:
    tree = sound_tree(root)
    write(tree / "a" / "@eaDir" / "0.png")
    (tree / "a" / "scan.jxl").write_text("")
    (tree / "b" / "cut.png").write_bytes(b"")
    return tree


def test_data_folder_audit_and_page_have_the_same_account(tmp_path: Path, caches: Caches) -> None:
    tree = odd_tree(tmp_path / "tree")
    data = load_sites({"internal": tree}, SETTINGS, caches, skip=True)
    numbers = {(entry.fate, entry.what.split(",")[0]): entry.number for entry in data.passed_over}
    assert numbers == {
        ("left out", "unreadable image(s)"): 1,
        ("left out", "file(s) of a kind of image that cannot be read here (JPEG XL)"): 1,
        ("passed over", "by-products of a system or viewer (such as @eaDir"): 1,
    }
    folder = ResultsFolder(tmp_path / "results")
    (tmp_path / "results").mkdir()
    folder.write_passed_over(data.passed_over)
    assert tuple(folder.passed_over()) == data.passed_over
    folder.write_passed_over(())
    assert folder.passed_over() == []
    options = {"reader": "auto", "options": READ, "settings": SETTINGS, "max_pixels": MAX_PIXELS}
    audit = conduct_audit([f"internal={tree}"], tmp_path / "audit", **options)  # type: ignore[arg-type]
    assert set(audit.passed_over) == {entry for entry in data.passed_over if "unreadable" not in entry.what}
    stored = json.loads((tmp_path / "audit" / "audit.json").read_text(encoding="utf-8"))["passed_over"]
    assert [Entry(**entry) for entry in stored] == list(audit.passed_over)
    assert "cannot be read here (JPEG XL)" in (tmp_path / "audit" / "audit.md").read_text(encoding="utf-8")


def test_the_commands_say_it(bench: Bench, digit_data: Path, tmp_path: Path) -> None:
    tree, results = tmp_path / "tree", tmp_path / "results"
    tree.mkdir()
    for folder in (digit_data / "internal").iterdir():
        (tree / folder.name).mkdir()
        for file in folder.iterdir():
            (tree / folder.name / file.name).write_bytes(file.read_bytes())
    write(tree / "0" / "@eaDir" / "0.png")
    (tree / "1" / "scan.jxl").write_text("")
    done = bench("run", "--internal", tree, *SMALL, "--seeds", "1", "--results", results)
    assert done.returncode == 0, done.stderr
    said = (
        f"Warning: Left out (internal): 1 file(s) of a kind of image that cannot be read here (JPEG XL), such as "
        f"{tree}/1/scan.jxl. Export them as PNG or DICOM, or give a tree without them.",
        "Passed over (internal): 1 by-products of a system or viewer",
    )
    for line in said:
        assert line in done.stdout
    table = pd.read_csv(results / "tables" / "passed_over.csv")
    assert dict(zip(table["fate"], table["number"], strict=True)) == {"left out": 1, "passed over": 1}
    page = bench("report", results, "--format", "html")
    assert page.returncode == 0, page.stderr
    assert "From files to 90 cases" in (results / "report.html").read_text(encoding="utf-8")
    audit = bench("data", "audit", f"internal={tree}", "--out", tmp_path / "audit")
    for line in said:
        assert line in audit.stdout
