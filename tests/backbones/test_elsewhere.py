"""Models that timm reads from a folder or a repository of the hub."""

import json
import shutil
from pathlib import Path

import pytest
import timm
import torch
from huggingface_hub import constants
from safetensors.torch import load_file

from backbones.build import BackboneError, build, create, traits
from backbones.names import absolute, check_name, is_elsewhere, wherever
from backbones.weights import WeightsUnavailableError, resolve


def write_folder(folder: Path, name: str = "test_resnet") -> Path:
    """A model as timm's own export writes it."""
    torch.manual_seed(5)
    timm.models.save_for_hf(timm.create_model(name, num_classes=7), folder, safe_serialization=True)
    return folder


def write_cache(root: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The same as a repository in the hub's cache, and no way to the hub; gives its name."""
    snapshot = root / "models--ours--net" / "snapshots" / "0123456789012345678901234567890123456789"
    write_folder(snapshot)
    (root / "models--ours--net" / "refs").mkdir()
    (root / "models--ours--net" / "refs" / "main").write_text(snapshot.name)
    refuse_hub(root, monkeypatch)
    return "hf-hub:ours/net"


def refuse_hub(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for key in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(key, raising=False)
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))


def test_a_folder_is_a_backbone_with_weights_of_its_own(tmp_path: Path) -> None:
    name = f"local-dir:{write_folder(tmp_path / 'net')}"
    check_name(name)
    found = resolve(name, "auto", 32)
    assert found.source == "its own"
    assert found.body is not None
    stored = load_file(tmp_path / "net" / "model.safetensors")
    assert set(stored) - set(found.body) == {"fc.weight", "fc.bias"}
    model = build(name, 3, 32, found.body)
    assert all(torch.equal(model.state_dict()[key], stored[key]) for key in found.body)
    assert model.eval()(torch.zeros(1, 3, 32, 32)).shape == (1, 3)
    assert traits(model).parameters == traits(create("test_resnet", 3, 32)).parameters


def test_a_repository_in_the_cache_needs_no_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = write_cache(tmp_path, monkeypatch)
    found = resolve(name, "imagenet", 32)
    assert found.source == "its own"
    assert found.digest == resolve(f"local-dir:{write_folder(tmp_path / 'net')}", "auto", 32).digest


def test_what_cannot_be_had_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse_hub(tmp_path, monkeypatch)
    with pytest.raises(BackboneError, match=r"hf-hub:ours/net: http://127.0.0.1:9 cannot be reached .* local-dir:PATH"):
        create("hf-hub:ours/net", 3, 32)
    with pytest.raises(BackboneError, match=r"has no config.json. Give one that timm's save_for_hf has written"):
        create(f"local-dir:{tmp_path}", 3, 32)
    folder = write_folder(tmp_path / "net")
    (folder / "model.safetensors").unlink()
    for path in folder.glob("*.bin"):
        path.unlink()
    with pytest.raises(WeightsUnavailableError, match=r"Weights of local-dir:.* cannot be had"):
        resolve(f"local-dir:{folder}", "imagenet", 32)
    assert resolve(f"local-dir:{folder}", "auto", 32).source == "random"
    (folder / "config.json").write_text("{]")
    with pytest.raises(BackboneError, match="does not describe a timm model"):
        create(f"local-dir:{folder}", 3, 32)


def test_a_vision_transformer_of_a_folder_takes_other_sizes(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "vit", "test_vit")
    model = build(f"local-dir:{folder}", 3, 64, resolve(f"local-dir:{folder}", "auto", 64).body)
    assert model.eval()(torch.zeros(1, 3, 64, 64)).shape == (1, 3)


def test_names_say_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert absolute("local-dir:nets/a") == f"local-dir:{tmp_path}/nets/a"
    assert wherever(f"local-dir:{tmp_path}/nets/a") == "local-dir:a"
    for name in ("resnet18.a1_in1k", "hf-hub:timm/resnet18.a1_in1k"):
        assert absolute(name) == wherever(name) == name
    assert is_elsewhere("hf-hub:a/b")
    assert not is_elsewhere("resnet18")


def test_moved_folders_give_the_same_weights(tmp_path: Path) -> None:
    first = write_folder(tmp_path / "a" / "net")
    second = shutil.copytree(first, tmp_path / "b" / "net")
    assert resolve(f"local-dir:{first}", "auto", 32).digest == resolve(f"local-dir:{second}", "auto", 32).digest
    assert json.loads((second / "config.json").read_text())["architecture"] == "test_resnet"
