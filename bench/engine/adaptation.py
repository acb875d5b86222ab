"""What an adaptation needs of the data and of a backbone, and what is refused. Imports torch only where it is asked."""

from collections import Counter
from collections.abc import Sequence

from bench.config.experiment import Experiment
from bench.data.cases import INTERNAL, Case
from bench.errors import RequestError
from bench.plan.adaptation import BY_BATCH_NORM, TRANSDUCTIVE

LEAST = 2
"""Images of a site whose statistics can be taken."""


def refuse_no_target(experiment: Experiment, cases: Sequence[Case]) -> None:
    """Raise `RequestError` where images of external sites are needed that are not there."""
    asked = [one for one in experiment.adapt if one in TRANSDUCTIVE]
    if not asked:
        return
    number = Counter(case.site for case in cases if case.site != INTERNAL)
    how = f"--adapt {', '.join(asked)} (adapt)"
    if not number:
        raise RequestError(
            f"{how} adapts to the images of an external site, and these data have none. Name one by --external, or "
            f"leave it out; histogram needs none."
        )
    if few := [site for site, found in number.items() if found < LEAST]:
        raise RequestError(f"{how} adapts to the images of a site, and {few[0]} has one alone. Leave the site out.")


def needs_batch_norm(experiment: Experiment) -> bool:
    """Whether an adaptation is asked for that not every backbone can have."""
    return any(one in BY_BATCH_NORM for one in experiment.adapt)


def refuse_no_batch_norm(name: str, experiment: Experiment) -> None:
    """Raise `RequestError` where the backbone has no batch norm, and an adaptation changes those."""
    from backbones.build import create
    from backbones.norms import batch_norms

    if batch_norms(create(name, 2, experiment.pixels.image_size)):
        return
    asked = [one for one in experiment.adapt if one in BY_BATCH_NORM]
    raise RequestError(
        f"--adapt {', '.join(asked)} (adapt) changes the batch norms of a backbone, and {name} has none: its norms "
        f"keep no statistics of images. Leave it out, or take another backbone; histogram and coral go with any."
    )
