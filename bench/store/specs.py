"""From a stored run back to the spec that made it. Reads the run."""

from collections.abc import Sequence

from bench.data.cases import INTERNAL, Case
from bench.plan.plan import by_content, samples_of
from bench.plan.spec import RunSpec
from bench.store.runs import StoredRun


def spec_of(run: StoredRun, cases: Sequence[Case]) -> RunSpec | None:
    """The spec, whose id is that of the run; None where the cases are not those that the run was made from.

    Predictions are stored in the order of the spec; what a fold did not hold out, it was trained on.
    """
    recorded = run.record.spec
    if recorded.role == "import":
        return None
    samples = {sample.case_id: sample for sample in samples_of(cases)}
    predicted = [samples[name] for name in run.predictions()["case_id"] if name in samples]
    validation = tuple(sample for sample in predicted if sample.site == INTERNAL)
    held_out = {sample.case_id for sample in validation}
    train = [sample for sample in samples.values() if sample.site == INTERNAL and sample.case_id not in held_out]
    spec = RunSpec(
        backbone=recorded.backbone,
        weights=run.record.weights,
        recipe=recorded.recipe,
        pixels=recorded.pixels,
        numerics=recorded.numerics,
        classes=recorded.classes,
        seed=recorded.seed,
        seeds=recorded.seeds,
        fold=recorded.fold,
        train=by_content(train),
        validation=validation,
        external=tuple(sample for sample in predicted if sample.site != INTERNAL),
        replicate=recorded.replicate,
        role=recorded.role,
    )
    return spec if spec.run_id == run.run_id else None
