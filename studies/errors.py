"""What can go wrong with a study, for those who asked for it."""


class StudyError(Exception):
    """One paragraph: what is wrong, where, what to do. Never holds a password."""


class StorageLostError(StudyError):
    """The storage cannot be reached, or went away under way; what it holds is intact."""


class NothingCompleteError(StudyError):
    """Every trial was pruned or failed."""


class TrialFailedError(Exception):
    """What the trial asked for cannot be scored (a loss that is not finite); the search goes on without it."""
