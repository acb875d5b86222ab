"""From a stored run back to the spec that made it. Reads the run."""

from collections.abc import Sequence

from bench.data.cases import INTERNAL, Case
from bench.data.images import PixelSettings
from bench.plan.plan import by_content, samples_of
from bench.plan.recipe import Recipe
from bench.plan.spec import RunSpec, Seeds, Tooling, Weights
from bench.store.runs import StoredRun


def spec_of(run: StoredRun, cases: Sequence[Case]) -> RunSpec | None:
    """The spec, whose id is that of the run; None where the cases are not those that the run was made from.

    Predictions are stored in the order of the spec; what a fold did not hold out, it was trained on.
    """
    record = run.record["spec"]
    samples = {sample.case_id: sample for sample in samples_of(cases)}
    predicted = [samples[name] for name in run.predictions()["case_id"] if name in samples]
    validation = tuple(sample for sample in predicted if sample.site == INTERNAL)
    held_out = {sample.case_id for sample in validation}
    train = [sample for sample in samples.values() if sample.site == INTERNAL and sample.case_id not in held_out]
    pixels = {**record["pixels"], "windows": tuple(record["pixels"]["windows"])}
    spec = RunSpec(
        backbone=record["backbone"],
        weights=Weights(**run.record["weights"]),
        recipe=Recipe.model_validate(record["recipe"]),
        pixels=PixelSettings(**pixels),
        tooling=Tooling(**record["tooling"]),
        classes=tuple(record["classes"]),
        seed=record["seed"],
        seeds=Seeds(**record["seeds"]),
        fold=record["fold"],
        train=by_content(train),
        validation=validation,
        external=tuple(sample for sample in predicted if sample.site != INTERNAL),
        replicate=record["replicate"],
        role=record["role"],
    )
    return spec if spec.run_id == run.run_id else None
