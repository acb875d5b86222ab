"""What a study writes into the results folder beside its runs. Writes."""

from bench.driver.prepare import Plan
from bench.errors import WriteError
from bench.results.folder import ResultsFolder


def write_request(plan: Plan, folder: ResultsFolder) -> None:
    """What the runs stand on; what `bench run` has written there stays, so that both can use one folder."""
    before = folder.experiment()
    try:
        if any(case.group for case in plan.dataset.cases):
            folder.write_salt(plan.pseudonyms)
        folder.write_cases(plan.dataset.cases)
        folder.write_folds(plan.folds)
        frozen = plan.experiment.frozen
        folder.write_experiment(before.model_copy(update={"frozen": frozen}) if before else plan.experiment)
        folder.write_leaks(plan.leaks)
        folder.write_passed_over(plan.dataset.passed_over)
        if plan.dataset.skipped:
            folder.write_unreadable(plan.dataset.skipped)
    except OSError as error:
        raise WriteError(f"Writing to {folder.root} failed: {error.strerror or error}. Make room.") from error
