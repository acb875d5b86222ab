"""The README's Python runs as it stands."""

import re
from pathlib import Path

import pytest

README = Path(__file__).parents[1] / "README.md"


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
