"""One architecture of every family that the documentation lists."""

FAMILIES = [
    "resnet18",
    "resnet34",
    "resnet50",
    "efficientnet_b0",
    "tf_efficientnet_lite0",
    "convnext_atto",
    "vit_tiny_patch16_224",
]
