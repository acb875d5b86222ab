"""What is chosen for images that are not as one would wish them, and what is refused."""

import re
import tomllib
from pathlib import Path

import pytest
from laid_out import Init, Take, digit, lay_out, read_back

from bench.errors import RequestError


def by_class(label: int, k: int) -> str:
    return f"{label}/{k}.png"


def test_folds_follow_the_smallest_class(init: Init, take: Take, tmp_path: Path) -> None:
    lay_out(tmp_path / "data", by_class, digits=(0, 1))
    lay_out(tmp_path / "data", by_class, digits=(4,), each=3)
    done = init(tmp_path / "data")
    assert read_back(done.written[0]).folds == 3
    assert take(done.written[0]).folds.number() == 3
    assert "The smallest class, '4', has 3 images" in done.written[0].read_text()


@pytest.mark.parametrize(("size", "wanted"), [(8, 32), (60, 64), (100, 128), (500, 224)])
def test_image_size_follows_the_images(size: int, wanted: int, init: Init, tmp_path: Path) -> None:
    lay_out(tmp_path / "data", by_class, digits=(0, 1), each=3, size=size)
    assert read_back(init(tmp_path / "data").written[0]).image_size == wanted


def test_a_class_of_one_image_stays_out(init: Init, take: Take, tmp_path: Path) -> None:
    lay_out(tmp_path / "data", by_class, digits=(0, 1))
    lay_out(tmp_path / "data", by_class, digits=(4,), each=1)
    done = init(tmp_path / "data")
    assert take(done.written[0]).dataset.classes == ("0", "1")
    assert any("its class, '4', has one internal image" in line for line in done.lines)


def test_copies_are_kept_in_one_fold(init: Init, take: Take, tmp_path: Path) -> None:
    data = lay_out(tmp_path / "data", by_class)
    (data / "0/again.png").write_bytes((data / "0/3.png").read_bytes())
    done = init(data)
    assert read_back(done.written[0]).group_duplicates
    assert take(done.written[0]).leaks == []
    (said,) = (line for line in done.lines if "copies:" in line)
    assert said.startswith("  copies: 1 pair(s) of images show the same, such as ")
    assert {str(data / "0/3.png"), str(data / "0/again.png")} == {*said.partition("such as ")[2].split(" and ")}
    assert re.search(r"smallest\W+class, '0',\W+has\W+12\W+images", done.written[0].read_text())


def test_patients_that_only_one_sites_names_tell_are_kept(init: Init, take: Take, tmp_path: Path) -> None:
    lay_out(tmp_path / "data/internal", lambda label, k: f"{label}/writer{k % 4:02d}_{k}.png")
    lay_out(tmp_path / "data/external-bern", lambda label, k: f"{label}/{k}.png", first=40, each=4)
    done = init(tmp_path / "data")
    cases = take(done.written[0]).dataset.cases
    assert len({case.group for case in cases if case.site == "internal"}) == 4
    assert {case.group for case in cases if case.site == "bern"} == {None}
    (said,) = (line for line in done.lines if "patients:" in line)
    assert said.endswith("; none of bern, where each image counts by itself")
    assert said.startswith("  patients: 4, by file names: writer00_0.png is of writer00")


def test_an_external_copy_of_an_internal_image_stays_out(init: Init, take: Take, tmp_path: Path) -> None:
    inside = lay_out(tmp_path / "data/internal", by_class)
    outside = lay_out(tmp_path / "data/external-bern", by_class, first=40, each=4)
    (outside / "0/copy.png").write_bytes((inside / "0/3.png").read_bytes())
    done = init(tmp_path / "data")
    prepared = take(done.written[0])
    assert prepared.leaks == []
    assert len(prepared.dataset.cases) == 36 + 12
    assert any(str(outside / "0/copy.png") in line for line in done.lines)


def test_a_patient_at_two_sites_stays_out_of_the_external_one(init: Init, take: Take, tmp_path: Path) -> None:
    lay_out(tmp_path / "data/internal", lambda label, k: f"{label}/pat{label}{k % 6}/{k}.png")
    lay_out(tmp_path / "data/external", lambda label, k: f"{label}/out{label}{k}/{k}.png", first=40, each=3)
    lay_out(tmp_path / "data/external", lambda label, k: f"{label}/pat{label}{k}/{k}.png", first=50, each=1)
    done = init(tmp_path / "data")
    prepared = take(done.written[0])
    assert sum(case.site == "external" for case in prepared.dataset.cases) == 9
    assert any("its patient is also internal" in line for line in done.lines)


def test_numbers_that_begin_anew_at_each_site_are_other_patients(init: Init, take: Take, tmp_path: Path) -> None:
    lay_out(tmp_path / "data/internal", lambda label, k: f"{label}/pat{label}{k % 6}/{k}.png")
    lay_out(tmp_path / "data/external", lambda label, k: f"{label}/pat{label}{k % 2}/{k}.png", first=40, each=4)
    done = init(tmp_path / "data")
    assert sum(case.site == "external" for case in take(done.written[0]).dataset.cases) == 12
    assert any("6 of 6 patients of external are called like internal ones" in line for line in done.lines)


def test_a_class_of_other_sites_alone_stays_out(init: Init, take: Take, tmp_path: Path) -> None:
    lay_out(tmp_path / "data/internal", by_class, digits=(0, 1))
    lay_out(tmp_path / "data/external", by_class, first=40, each=4)
    done = init(tmp_path / "data")
    assert take(done.written[0]).dataset.classes == ("0", "1")
    assert any("only other sites have its class, '4'" in line for line in done.lines)


def test_what_cannot_be_read_is_left_out(init: Init, take: Take, tmp_path: Path) -> None:
    data = lay_out(tmp_path / "data", by_class)
    (data / "0/torn.png").write_bytes((data / "0/3.png").read_bytes()[:60])
    done = init(data)
    assert read_back(done.written[0]).skip_unreadable
    assert len(take(done.written[0]).dataset.cases) == 36
    (data / "1/gone.png").symlink_to("nowhere")
    (data / "loose.png").write_bytes((data / "0/3.png").read_bytes())
    done = init(data, force=True)
    assert len(done.written) == 2
    assert len(take(done.written[0]).dataset.cases) == 36
    said = "\n".join(done.lines)
    assert "3 left out" not in said
    assert all(f"{data}/{name}" in said for name in ("0/torn.png", "1/gone.png", "loose.png"))


def test_odd_names_stay_inside_comments(init: Init, take: Take, tmp_path: Path) -> None:
    data = lay_out(tmp_path / "da\nta = 1", lambda label, k: f'cl"ass\x1b{label}/P{label}{k % 4}_\r{k}.png')
    done = init(data)
    assert tomllib.loads(done.written[0].read_text())["root"] == str(data)
    assert len(take(done.written[0]).dataset.cases) == 36
    assert all(line.isprintable() for line in done.lines)


def test_a_file_is_overwritten_only_by_force(init: Init, tmp_path: Path) -> None:
    data = lay_out(tmp_path / "data", by_class, each=3)
    config = tmp_path / "experiment.toml"
    config.write_text("# mine\n")
    with pytest.raises(RequestError, match="is there already and may have been edited"):
        init(data)
    assert config.read_text() == "# mine\n"
    init(data, force=True)
    assert "# mine" not in config.read_text()


def test_a_list_that_a_killed_call_left_is_written_again_and_an_edited_one_is_not(init: Init, tmp_path: Path) -> None:
    data = lay_out(tmp_path / "data", lambda label, k: f"patient{k % 6:02d}/{label}/{k}.png")
    config, images = init(data).written
    as_written = config.read_text(), images.read_text()
    config.unlink()
    assert [file.read_text() for file in init(data).written] == [*as_written]
    config.unlink()
    images.write_text(f"{as_written[1]}# mine\n")
    with pytest.raises(RequestError, match=r"experiment-images\.csv is there already and may have been edited"):
        init(data)
    assert not config.exists()
    assert images.read_text().endswith("# mine\n")
    init(data, force=True)
    assert images.read_text() == as_written[1]
    config.unlink()
    needs_no_list = lay_out(tmp_path / "other", by_class, each=3)
    with pytest.raises(RequestError, match=r"experiment-images\.csv is there already"):
        init(needs_no_list)


def test_results_of_something_else_are_not_added_to(init: Init, tmp_path: Path) -> None:
    data = lay_out(tmp_path / "data", by_class, each=3)
    (tmp_path / "results").mkdir()
    assert read_back(init(data).written[0]).results == "results"
    (tmp_path / "results/experiment.toml").write_text("")
    assert read_back(init(data, force=True).written[0]).results == "results-2"


def test_what_it_wrote_is_not_taken_for_data(init: Init, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = lay_out(tmp_path / "data", lambda label, k: f"{label}/P{label}{k % 4}_{k}.png")
    monkeypatch.chdir(data)
    first = init(Path())
    assert len(first.written) == 2
    text = first.written[0].read_text()
    assert init(Path(), force=True).written[0].read_text() == text


def nothing(root: Path) -> Path:
    root.mkdir()
    return root


def one_class(root: Path) -> Path:
    return lay_out(root, by_class, digits=(1,))


def one_image(root: Path) -> Path:
    return lay_out(root, by_class, digits=(1,), each=1)


def flat(root: Path) -> Path:
    return lay_out(root, lambda label, k: f"{label}_{k}.png")


def one_class_of_several(root: Path) -> Path:
    return lay_out(root, by_class) / "1"


def two_patients(root: Path) -> Path:
    return lay_out(root, lambda label, k: f"{label}/patient{label}_{k}.png", digits=(0, 1))


def all_copies(root: Path) -> Path:
    for name in ("a/1", "a/2", "b/1", "b/2"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        digit(5).save(root / f"{name}.png")
    return root


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (nothing, "No image found below {0}. Expected one folder a class"),
        (one_class, "The 12 image(s) of {0} have one class: '1'. A classifier needs two or more"),
        (one_image, "The 1 image(s) of {0} have one class: '1'."),
        (flat, "36 image(s) lie directly in {0}, so that nothing says which class each has. Move them into one folder"),
        (one_class_of_several, "If it is a class beside 0, 4: bench init {1}."),
        (two_patients, "class '0' has 1 independent case(s) (patients are known by file names: patient0_0.png is of"),
        (all_copies, "class 'a' has 1 independent case(s) (copies of one image count once)"),
        (lambda root: root.parent / "data-her", "No such folder or manifest: {0}. Is {1}/data-here meant?"),
    ],
)
def test_what_cannot_be_cross_validated_says_what_to_do(make: object, said: str, init: Init, tmp_path: Path) -> None:
    (tmp_path / "data-here").mkdir()
    assert callable(make)
    given = make(tmp_path / "data")
    with pytest.raises(RequestError) as raised:
        init(given)
    assert said.format(given, given.parent) in str(raised.value)
    assert not (tmp_path / "experiment.toml").exists()
