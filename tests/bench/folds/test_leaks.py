"""The leakage check: what counts as a leak, what is a copy, and what the user is told."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, PngImagePlugin
from scipy.ndimage import gaussian_filter
from trees import load_sites

from bench.cache import Caches
from bench.data.cases import Case
from bench.data.copies import IDENTICAL, NEAR, CopyPair, copies_among
from bench.data.images import PixelSettings
from bench.folds.leaks import PATIENT, WHOLE, Leak, find_leaks, grouped, leak_message
from bench.folds.table import FoldTable
from bench.near_duplicates import search


def case(name: str, group: str | None = None) -> Case:
    site = name.partition("/")[0]
    return Case(name, f"/{name}", "x", group, site, f"digest of {name}", 8, 8)


def copy(first: int, second: int) -> CopyPair:
    return CopyPair(first, second, NEAR, 0.99)


def pairs(leaks: Sequence[Leak]) -> set[tuple[str, str]]:
    return {(leak.first, leak.second) for leak in leaks}


def folds(*seeds: str, names: str = "abcd") -> FoldTable:
    """A table of internal/a, b, c, d: `0011` puts the first two into fold 0; `-` is never held out."""
    return FoldTable(
        {
            seed: {f"internal/{name}": -1 if fold == "-" else int(fold) for name, fold in zip(names, text, strict=True)}
            for seed, text in enumerate(seeds)
        }
    )


FOUR = [case(f"internal/{name}") for name in "abcd"]


class TestCopies:
    """Pairs of copies that leak, and those that do not."""

    def test_two_folds(self) -> None:
        leaks = find_leaks(FOUR, [copy(0, 1), copy(0, 2)], folds("0011"))
        assert leaks == [Leak("internal/a", "internal/c", "near duplicate, 0.990", "two folds of seed 0")]

    def test_two_folds_of_any_seed(self) -> None:
        (leak,) = find_leaks(FOUR, [copy(0, 1)], folds("0011", "0101", "0101"))
        assert leak.where == "two folds of seed 1"

    def test_a_case_that_is_never_held_out_is_always_trained_on(self) -> None:
        found = find_leaks(FOUR, [copy(0, 1), copy(0, 2), copy(2, 3)], folds("--00"))
        assert pairs(found) == {("internal/a", "internal/c")}

    def test_internal_and_external(self) -> None:
        cases = [*FOUR, case("bern/e"), case("lyon/f"), case("lyon/g")]
        found = find_leaks(cases, [copy(0, 4), copy(1, 5), copy(5, 6), copy(4, 6)], folds("0011"))
        assert pairs(found) == {("internal/a", "bern/e"), ("internal/b", "lyon/f")}
        assert [leak.where for leak in found] == ["internal and bern", "internal and lyon"]

    def test_the_text_names_kind_score_and_flip(self) -> None:
        mirrored = CopyPair(0, 2, NEAR, 0.98765, "h")
        found = find_leaks(FOUR, [CopyPair(0, 3, IDENTICAL, 1.0), mirrored], folds("0011"))
        assert [leak.what for leak in found] == ["identical", "near duplicate, 0.988, mirrored"]


class TestPatients:
    """Patients that leak."""

    def test_internal_and_external(self) -> None:
        cases = [
            *(case("internal/a", "p"), case("internal/b", "p"), case("internal/c", "q"), case("internal/d")),
            *(case("bern/e", "p"), case("bern/f", "p"), case("bern/g", "r"), case("bern/h")),
            *(case("lyon/i", "p"), case("lyon/j", "r")),
        ]
        found = find_leaks(cases, [], folds("0011"))
        assert found == [
            Leak("internal/a", "bern/e", PATIENT, "internal and bern"),
            Leak("internal/a", "lyon/i", PATIENT, "internal and lyon"),
        ]

    def test_two_folds(self) -> None:
        cases = [case(f"internal/{name}", group) for name, group in zip("abcd", "ppqq", strict=True)]
        assert find_leaks(cases, [], folds("0011", "1100")) == []
        assert find_leaks(cases, [], folds("0011", "0111")) == [
            Leak("internal/a", "internal/b", PATIENT, "two folds of seed 1")
        ]
        assert pairs(find_leaks(cases, [], folds("-0--"))) == {("internal/a", "internal/b")}

    def test_a_patient_split_off_by_a_later_case(self) -> None:
        cases = [case(f"internal/{name}", "p") for name in "abcd"]
        assert pairs(find_leaks(cases, [], folds("0001"))) == {("internal/a", "internal/d")}

    def test_cases_without_a_group_are_no_patient(self) -> None:
        assert find_leaks([*FOUR, case("bern/e")], [], folds("0011")) == []


class TestGrouped:
    """`--group-duplicates`."""

    @staticmethod
    def partition(cases: Sequence[Case]) -> set[frozenset[str]]:
        found = defaultdict(set)
        for one in cases:
            found[one.group or one.case_id].add(one.case_id.rpartition("/")[2])
        return {frozenset(members) for members in found.values()}

    def test_copies_of_copies_are_one_group(self) -> None:
        made = grouped(FOUR, [copy(2, 3), copy(0, 2)])
        assert self.partition(made) == {frozenset("acd"), frozenset("b")}
        assert made[1] == FOUR[1]

    def test_groups_are_joined_whole(self) -> None:
        cases = [
            case(f"internal/{name}", group)
            for name, group in zip("abcdef", ["p", "p", "q", "q", "r", None], strict=True)
        ]
        assert self.partition(grouped(cases, [copy(1, 2)])) == {frozenset("abcd"), frozenset("e"), frozenset("f")}
        assert self.partition(grouped(cases, [copy(4, 5)])) == {frozenset("ab"), frozenset("cd"), frozenset("ef")}
        assert self.partition(grouped(cases, [])) == {frozenset("ab"), frozenset("cd"), frozenset("e"), frozenset("f")}

    def test_external_cases_keep_their_groups(self) -> None:
        cases = [case("internal/a"), case("internal/b", "p"), case("bern/c", "q"), case("bern/d", "p"), case("bern/e")]
        made = grouped(cases, [copy(0, 2), copy(2, 3), copy(0, 4)])
        assert made == cases

    def test_a_joined_patient_is_still_known_outside(self) -> None:
        """a and b are one group now, called p; q at the other site is b's patient all the same."""
        cases = [case("internal/a", "p"), case("internal/b", "q"), case("bern/c", "q")]
        copies = [copy(0, 1)]
        assert len({one.group for one in grouped(cases, copies)[:2]}) == 1
        assert pairs(find_leaks(cases, copies, folds("00", names="ab"))) == {("internal/b", "bern/c")}


class TestCopiesAmong:
    """Real images; each test writes internal/x, internal/y and bern/x as it needs."""

    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        for folder in ("internal/x", "internal/y", "bern/x", "bern/y"):
            (tmp_path / folder).mkdir(parents=True)
        picture(1).save(tmp_path / "internal/x/1.png")
        picture(2).save(tmp_path / "internal/y/2.png")
        picture(3).save(tmp_path / "bern/x/3.png")
        return tmp_path

    @staticmethod
    def found(root: Path, caches: Caches, groups: dict[str, str] | None = None) -> dict[tuple[str, str], CopyPair]:
        """Copies by the names of their files; `groups` by the same names."""
        data = load_sites({name: root / name for name in ("internal", "bern")}, PixelSettings(32), caches)
        names = [Path(one.path).name for one in data.cases]
        cases = [
            Case(c.case_id, c.path, c.label, (groups or {}).get(name), c.site, c.digest, c.width, c.height)
            for c, name in zip(data.cases, names, strict=True)
        ]
        made = copies_among(cases, data.pixels, data.settings, caches.pixels)
        return {(names[pair.first], names[pair.second]): pair for pair in made}

    def test_different_images(self, root: Path, caches: Caches) -> None:
        assert self.found(root, caches) == {}

    def test_identical_files_are_paired_with_the_first(self, root: Path, caches: Caches) -> None:
        for copied in ("internal/y/4.png", "bern/y/5.png"):
            (root / copied).write_bytes((root / "internal/x/1.png").read_bytes())
        made = self.found(root, caches)
        assert set(made) == {("1.png", "4.png"), ("1.png", "5.png")}
        assert {(pair.kind, pair.score, pair.flip) for pair in made.values()} == {(IDENTICAL, 1.0, "")}

    @pytest.mark.parametrize("form", ["bmp", "tiff", "png with other metadata", "png of three colours"])
    def test_the_same_pixels_in_another_file(self, root: Path, caches: Caches, form: str) -> None:
        image, file = picture(1), root / "bern/x" / f"copy.{form.partition(' ')[0]}"
        if form.endswith("metadata"):
            text = PngImagePlugin.PngInfo()
            text.add_text("Comment", "scanned again")
            image.save(file, pnginfo=text)
        else:
            (image.convert("RGB") if form.endswith("colours") else image).save(file)
        assert file.read_bytes() != (root / "internal/x/1.png").read_bytes()
        ((names, pair),) = self.found(root, caches).items()
        assert names == ("1.png", file.name)
        assert (pair.kind, pair.flip) == (NEAR, "")
        assert pair.score == pytest.approx(1, abs=1e-6)

    def test_a_saved_again_and_a_mirrored_smaller_copy(self, root: Path, caches: Caches) -> None:
        picture(1).save(root / "bern/x/again.jpg", quality=75)
        picture(2).transpose(Image.Transpose.FLIP_LEFT_RIGHT).resize((128, 128)).save(root / "internal/x/mirrored.png")
        made = self.found(root, caches)
        assert set(made) == {("1.png", "again.jpg"), ("mirrored.png", "2.png")}
        assert made["1.png", "again.jpg"].flip == ""
        assert made["mirrored.png", "2.png"].flip == "h"
        assert all(0.9 < pair.score <= 1 for pair in made.values())

    def test_cases_of_one_group_are_no_copies(self, root: Path, caches: Caches) -> None:
        (root / "internal/y/same.png").write_bytes((root / "internal/x/1.png").read_bytes())
        picture(1).save(root / "internal/y/again.jpg", quality=75)
        one, two = {"1.png": "p", "same.png": "p", "again.jpg": "p"}, {"1.png": "p", "same.png": "q", "again.jpg": "q"}
        assert self.found(root, caches, one) == {}
        assert set(self.found(root, caches, two)) == {("1.png", "same.png"), ("1.png", "again.jpg")}

    def test_blank_images_are_alike_only_where_their_files_are(self, root: Path, caches: Caches) -> None:
        for name, size in (("a", 64), ("b", 80)):
            Image.new("L", (size, size), 7).save(root / f"internal/x/{name}.png")
        (root / "internal/y/c.png").write_bytes((root / "internal/x/a.png").read_bytes())
        assert set(self.found(root, caches)) == {("a.png", "c.png")}

    def test_what_was_found_is_kept_by_content_and_groups(
        self, root: Path, caches: Caches, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        picture(1).save(root / "bern/x/again.jpg", quality=75)
        first = self.found(root, caches, {"2.png": "p"})
        assert len(first) == 1

        def searched(*arguments: object) -> None:
            raise AssertionError("searched again")

        monkeypatch.setattr(search, "find_copies", searched)
        assert self.found(root, caches, {"2.png": "p"}) == first
        assert self.found(root, caches, {"2.png": "another name"}) == first
        (root / "internal/x/1.png").rename(root / "internal/x/11.png")
        assert self.found(root, caches, {"2.png": "p"}) == {("11.png", "again.jpg"): first["1.png", "again.jpg"]}
        for groups in ({}, {"2.png": "p", "3.png": "p"}):
            with pytest.raises(AssertionError, match="searched again"):
                self.found(root, caches, groups)
        picture(4).save(root / "bern/y/4.png")
        with pytest.raises(AssertionError, match="searched again"):
            self.found(root, caches, {"2.png": "p"})

    @pytest.mark.parametrize("length", [0, 1, 10, -1])
    def test_a_cache_that_was_cut_short_is_made_again(self, root: Path, caches: Caches, length: int) -> None:
        picture(1).save(root / "bern/x/again.jpg", quality=75)
        first = self.found(root, caches)
        (file,) = caches.pixels.glob("*.copies.json")
        whole = file.read_text()
        file.write_text(whole[:length])
        assert self.found(root, caches) == first
        assert file.read_text() == whole


def picture(seed: int) -> Image.Image:
    """A smooth random image of 256 × 256, unlike those of other seeds."""
    field = gaussian_filter(np.random.default_rng(seed).normal(size=(256, 256)), 12)
    return Image.fromarray(((field - field.min()) / np.ptp(field) * 255).astype(np.uint8))


class TestMessage:
    """What the user is told."""

    CASES = (case("internal/a"), case("internal/b"), case("bern/c", "p"), case("lyon/d", "p"))
    SITES = {"internal": "images/ours", "bern": "images/be rn", "lyon": "images/lyon"}  # noqa: RUF012 - never changed

    def test_pairs_and_ways_out(self) -> None:
        leaks = [Leak("internal/a", "bern/c", "identical", "internal and bern")]
        lines = leak_message(leaks, self.CASES, self.SITES, ["--reader=cq500"]).splitlines()
        assert lines[0].startswith("1 pair(s) of cases would leak from training into evaluation")
        assert "  internal/a and bern/c: identical; internal and bern" in lines
        assert (
            "  bench data audit internal=images/ours 'bern=images/be rn' lyon=images/lyon --reader=cq500 --out audit"
            in lines
        )
        assert [line for line in lines if "data clean" in line] == [
            "  bench data clean 'images/be rn' --from audit/audit.json --apply"
        ]
        text = " ".join(lines)
        assert "a manifest with a column group" in text
        assert "--group-duplicates" in text
        assert "--allow-leaks" in text
        assert "Patients" not in text

    def test_copies_are_cleaned_where_they_are_too_many(self) -> None:
        leaks = [
            Leak("internal/a", "internal/b", "identical", "two folds of seed 0"),
            Leak("internal/a", "lyon/d", "identical", "internal and lyon"),
        ]
        text = leak_message(leaks, self.CASES, self.SITES, [])
        assert "  bench data clean images/ours --from" in text
        assert "  bench data clean images/lyon --from" in text
        assert "bench data clean 'images/be rn'" not in text
        text = leak_message(leaks, self.CASES, {WHOLE: "set"}, [])
        assert "  bench data audit set --out audit\n  bench data clean set --from audit/audit.json --apply\n" in text

    def test_patients_are_not_cleaned_away(self) -> None:
        here = Leak("internal/a", "internal/b", PATIENT, "two folds of seed 0")
        outside = Leak("internal/a", "bern/c", PATIENT, "internal and bern")
        assert "folds.parquet" in leak_message([here], self.CASES, self.SITES, [])
        assert "two sites" not in leak_message([here], self.CASES, self.SITES, [])
        text = leak_message([outside], self.CASES, self.SITES, [])
        assert "remove their cases from one of them" in text
        assert "rename the groups" in text
        assert "bench data" not in text
        assert "--allow-leaks" in text

    def test_ten_pairs_are_shown(self) -> None:
        leaks = [Leak(f"internal/{n}", "internal/a", "identical", "two folds of seed 0") for n in range(12)]
        cases = [*self.CASES, *(case(f"internal/{n}") for n in range(12))]
        text = leak_message(leaks, cases, self.SITES, [])
        assert text.startswith("12 pair(s)")
        assert text.count(": identical; ") == 10
        assert "  and 2 more\n" in text
