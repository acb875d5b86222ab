"""The README fits on a screen, its Python runs as it stands, and its figures are those of the docs."""

import re
from pathlib import Path

import pytest
import yaml

from docs.short_screen import cut

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
TEXT = README.read_text(encoding="utf-8")


def doc(name: str) -> str:
    return (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")


def part(page: str, name: str) -> str:
    """What a command has written into a page."""
    return doc(page).partition(f"<!-- {name} -->")[2].partition(f"<!-- end of {name} -->")[0]


def test_the_first_screen_says_what_it_is_shows_the_page_and_what_two_commands_print() -> None:
    screen = TEXT.partition("\n## ")[0]
    assert len(screen.splitlines()) <= 45
    assert "Research use only, never for diagnosis." in screen
    (picture,) = re.findall(r'<img src="([^"]+)"', screen)
    assert (ROOT / picture).is_file()
    typed, printed = screen.split("<!-- short-screen")
    assert len(re.findall(r"^    .+$", typed, re.MULTILINE)) == 2
    assert re.sub(r"^    ", "", printed, flags=re.MULTILINE).partition("-->\n\n")[2].startswith(cut(doc("leaderboard")))


def test_the_figures_of_the_readme_are_those_of_the_docs() -> None:
    (resolved,) = re.findall(
        r"^\| internal\.macro_f1: resolved +\|(.*)$", part("coverage", "error-rates"), re.MULTILINE
    )
    shares = [float(share) for share in re.findall(r" (\.\d+)(?:/\S+)? ", resolved)]
    (highest,) = re.findall(r"^Highest share: (.*)$", part("coverage", "comparisons-alike"), re.MULTILINE)
    of = {test.rpartition(" ")[0]: float(test.rpartition(" ")[2]) for test in highest.split("; ")}
    assert len(shares) > 20
    alarms = max(of["paired jackknife t"], *shares)
    assert f"at most {100 * alarms:.0f} of 100; up to {100 * of['paired bootstrap of cases']:.0f} of 100" in TEXT
    (engine,) = re.findall(r"inside bench run: .* ratio (\d\.\d+)", part("training", "engine"))
    assert f"| {engine} of their speed |" in TEXT
    convolutions = part("performance", "convolutions")
    gains = [
        re.findall(rf"{model} +64 px +{precision} products-2 +training .*?x (\d\.\d+) ", convolutions)
        for model, precision in (("resnet34", "fp32"), ("tf_efficientnet_lite0", "bf16"))
    ]
    assert f"| {gains[0][0]} times; {gains[1][0]} times as fast |" in TEXT
    results = (ROOT / "benchmarks" / "RESULTS.md").read_text(encoding="utf-8")
    fastai, plain = (
        float(
            re.findall(rf"^\| whole-job +\| the whole job against {peer} +\| (\d+\.\d+) times", results, re.MULTILINE)[
                0
            ]
        )
        for peer in ("fastai", "a plain fp32 DataLoader loop")
    )
    assert f"| {fastai:.1f} times; {plain:.1f} times as fast |" in TEXT


def test_the_citation_has_what_its_format_asks_for_and_nothing_that_it_does_not_know() -> None:
    """The fields of https://github.com/citation-file-format/citation-file-format, 1.2.0, that this file may have."""
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= set(cited)
    assert set(cited) <= {"cff-version", "message", "title", "authors", "type", "abstract", "license", "keywords"}
    assert cited["cff-version"] == "1.2.0"
    assert cited["type"] == "software"
    assert cited["license"] in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert all(set(author) == {"name"} and author["name"] for author in cited["authors"])
    assert len(set(cited["keywords"])) == len(cited["keywords"]) > 0
    assert all(isinstance(cited[name], str) and cited[name].strip() for name in ("message", "title", "abstract"))


def test_the_python_of_the_readme_runs(
    digit_data: Path,
    tmp_path: Path,
    cache_root: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```", README.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    (tmp_path / "digits").symlink_to(digit_data)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GAPBENCH_CACHE", str(cache_root))
    exec(compile(code, str(README), "exec"), {"__name__": "__main__"})
    printed = capsys.readouterr().out
    assert "4 runs to do (0 of 4 are stored)" in printed
    board, gap = printed.split("backbone")[-2:]
    assert re.search(r"resnet18 +internal +0\.\d+ +0\.\d+ +[01]\.\d+", board)
    assert re.search(r"resnet18 +external +0\.\d+", board)
    assert all(re.search(rf"resnet18 +external +{part} ", gap) for part in ("gap", "appearance", "prevalence"))
    assert len(list((tmp_path / "results/runs").iterdir())) == 4
