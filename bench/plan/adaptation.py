"""Ways of meeting the images of another site, and what each of them takes. Torch-free."""

from collections.abc import Iterable
from typing import Final, Literal, get_args

Adaptation = Literal["none", "adabn", "histogram", "tent", "coral"]
NONE: Final = "none"
ADAPTATIONS: tuple[Adaptation, ...] = get_args(Adaptation)
"""`adabn`: batch norms get the statistics of the site's images (Li et al. 2016). `histogram`: grey values of each image
go to landmarks of the training images (Nyúl & Udupa 2000). `tent`: parameters of batch norms go where the entropy of
the site's predictions is less (Wang et al. 2021). `coral`: training aligns covariances with those of the external
images (Sun & Saenko 2016)."""
TRANSDUCTIVE: Final = ("adabn", "tent", "coral")
"""Those that look at the images that are to be predicted, all together. A histogram looks at one image at a time."""
BY_BATCH_NORM: Final = ("adabn", "tent")
"""Those that change the batch norms of a trained model, in a copy for each site."""


def label_of(adaptation: Adaptation) -> str:
    """As a part of a row's name, which is in every table: `histogram`, `transductive adabn`."""
    return f"transductive {adaptation}" if adaptation in TRANSDUCTIVE else adaptation


def with_baseline(asked: Iterable[Adaptation]) -> list[Adaptation]:
    """These, once each and in the order of all; `none`, with which each is compared, is always among them."""
    wanted = {NONE, *asked}
    return [one for one in ADAPTATIONS if one in wanted]
