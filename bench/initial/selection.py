"""Which of the images that are there can be cross-validated, who their patients are, and what stays out. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from bench.audit.inventory import NO_CLASS
from bench.data.cases import INTERNAL, Case, internal
from bench.data.copies import IDENTICAL, NEAR, CopyPair
from bench.data.names import visible
from bench.errors import RequestError, listed
from bench.initial.look import Looked
from bench.initial.patients import patients_by_name

FEWEST_CLASSES = 2


@dataclass(frozen=True)
class LeftOut:
    """Images or files that are not used, and why; `by_list`: only a list of images can leave them out."""

    why: str
    places: tuple[str, ...]
    by_list: bool = True


@dataclass(frozen=True)
class Selection:
    """The cases to use, with the patients that are known, and the copies among them.

    patients: how these are known, "" where they are not; named_here: whether no reader would find them; renamed: the
    site of the source that is called internal here, "" where one is called so.
    """

    cases: list[Case]
    copies: list[CopyPair]
    left_out: tuple[LeftOut, ...]
    patients: str
    named_here: bool = False
    renamed: str = ""
    doubts: tuple[str, ...] = field(default=())

    @property
    def needs_list(self) -> bool:
        """Whether no option says what was selected, so that a list of images must."""
        return self.named_here or bool(self.renamed) or any(one.by_list for one in self.left_out)

    @property
    def copies_inside(self) -> list[CopyPair]:
        """Internal copies that are not of one patient, so that folds could part them."""
        return [
            pair
            for pair in self.copies
            if (a := self.cases[pair.first]).site == (b := self.cases[pair.second]).site == INTERNAL
            and (a.group is None or a.group != b.group)
        ]


def select(looked: Looked) -> Selection:
    """What to use of all that is there.

    Raises:
        RequestError: there are not two classes that can be trained on.
    """
    left = list(_unusable(looked))
    usable = [m for m in looked.images if not m.unreadable and m.image.label != NO_CLASS]
    if not usable:
        raise RequestError(_nothing(looked, left))
    cases = [m.image.as_case(m.digest, m.width, m.height) for m in usable]
    cases, renamed = _with_internal(cases)
    cases, patients, named_here = _with_patients(cases, looked)
    cases, doubts = _patients_of_sites(cases)
    named_here = named_here or bool(doubts)
    cases = _without(cases, _strange_classes(cases), left)
    _refuse_one_class(cases, looked)
    places = {case.case_id: number for number, case in enumerate(cases)}
    copies = [CopyPair(places[a], places[b], kind, 1.0) for a, b, kind in _pairs(looked) if {a, b} <= set(places)]
    kept = _without(cases, [*_copies_elsewhere(cases, copies), *_patients_elsewhere(cases)], left)
    renumbered = {case.case_id: number for number, case in enumerate(kept)}
    inside = [
        CopyPair(renumbered[a], renumbered[b], pair.kind, pair.score)
        for pair in copies
        if (a := cases[pair.first].case_id) in renumbered and (b := cases[pair.second].case_id) in renumbered
    ]
    return Selection(kept, inside, tuple(left), patients, named_here, renamed, doubts)


def _unusable(looked: Looked) -> Iterable[LeftOut]:
    reasons = dict.fromkeys((problem.reason, problem.advice) for problem in looked.inventory.problems)
    for reason, advice in reasons:
        wrong = [problem.path for problem in looked.inventory.problems if problem.reason == reason]
        yield LeftOut(f"it {reason}. {advice.rstrip('.')}", tuple(wrong))
    if unreadable := [m for m in looked.images if m.unreadable]:
        yield LeftOut(f"it cannot be read: {unreadable[0].unreadable}", tuple(m.image.place for m in unreadable), False)
    if loose := [m.image.place for m in looked.images if m.image.label == NO_CLASS]:
        yield LeftOut("it lies in no class folder", tuple(loose))


def _nothing(looked: Looked, left: Sequence[LeftOut]) -> str:
    why = "; ".join(f"{len(one.places)} such as {visible(one.places[0])}: {visible(one.why)}" for one in left)
    return f"No image below {looked.source.root} can be used: {why}. Mend them, and give the command again."


def _with_internal(cases: list[Case]) -> tuple[list[Case], str]:
    """One site called internal: where none is, the one with the most classes, of these the one with most images."""
    sites = Counter(case.site for case in cases)
    if INTERNAL in sites:
        return cases, ""
    classes: dict[str, set[str]] = defaultdict(set)
    for case in cases:
        classes[case.site].add(case.label)
    first = max(sites, key=lambda site: (len(classes[site]), sites[site], site))
    return [replace(case, site=INTERNAL) if case.site == first else case for case in cases], first


def _with_patients(cases: list[Case], looked: Looked) -> tuple[list[Case], str, bool]:
    """Cases with their patients, how these are known, and whether they are named here alone."""
    if looked.source.patients_above:
        root = looked.source.root
        above = [replace(case, group=Path(case.path).relative_to(root).parts[0]) for case in cases]
        return above, "by the outer folders", True
    if any(case.group is not None for case in cases):
        return cases, _how(cases, looked), False
    found = patients_by_name([m.image for m in looked.images])
    if found is None:
        return cases, "", False
    name, patient = map(visible, found.example)
    named = [replace(case, group=found.of_case.get(case.case_id)) for case in cases]
    sites = dict.fromkeys(case.site for case in cases)
    unknown = [visible(site) for site in sites if all(case.group is None for case in named if case.site == site)]
    but = f"; none of {listed(unknown, 3)}, where each image counts by itself" if unknown else ""
    return named, f"by file names: {name} is of {patient}{but}", True


def _how(cases: Sequence[Case], looked: Looked) -> str:
    if "group" in looked.source.columns:
        return f"by the manifest's column {visible(looked.source.columns['group'])!r}"
    if looked.source.keys().get("tree") == "class/patient":
        return "by the folders inside the classes"
    kinds = {m.kind for m in looked.images if m.image.group is not None}
    if kinds == {"NIfTI"}:
        return "each NIfTI volume counts as one"
    return "by DICOM headers" if kinds == {"DICOM"} else "by the manifest's column 'group'"


def _patients_of_sites(cases: list[Case]) -> tuple[list[Case], tuple[str, ...]]:
    """Patients of a site of whom half or more have the name of an internal one are numbered anew there, so others."""
    inside = {case.group for case in internal(cases)} - {None}
    doubts, again = [], set()
    for site in dict.fromkeys(case.site for case in cases if case.site != INTERNAL):
        there = {case.group for case in cases if case.site == site} - {None}
        if there and 2 * len(there & inside) >= len(there):
            again.add(site)
            doubts.append(
                f"{len(there & inside)} of {len(there)} patients of {visible(site)} are called like internal ones: "
                f"taken for numbers that begin anew there. Are they the same people, leave one site out"
            )
    return (
        [
            replace(case, group=f"{case.site} {case.group}") if case.site in again and case.group else case
            for case in cases
        ],
        tuple(doubts),
    )


def _strange_classes(cases: Sequence[Case]) -> Iterable[tuple[str, str]]:
    """Case ids with the reason: a class that only other sites have, or that has one internal patient alone."""
    units: dict[str, set[str]] = defaultdict(set)
    for case in internal(cases):
        units[case.label].add(case.group or case.case_id)
    for case in cases:
        if case.label not in units:
            yield case.case_id, f"only other sites have its class, {visible(case.label)!r}: no model can learn it"
    alone = [label for label, members in units.items() if len(members) == 1]
    if len(units) - len(alone) >= FEWEST_CLASSES:
        for case in cases:
            if case.label in alone:
                yield (
                    case.case_id,
                    f"its class, {visible(case.label)!r}, has one internal image or patient, which cannot be both "
                    f"trained on and tested on. To merge it with another class, put its images there",
                )


def _pairs(looked: Looked) -> Iterable[tuple[str, str, str]]:
    for finding in looked.copies:
        first, *others = finding.cases
        for other in others:
            yield first.case_id, other.case_id, IDENTICAL if finding.kind == "identical" else NEAR


def _copies_elsewhere(cases: Sequence[Case], copies: Sequence[CopyPair]) -> Iterable[tuple[str, str]]:
    for pair in copies:
        a, b = cases[pair.first], cases[pair.second]
        if (a.site == INTERNAL) != (b.site == INTERNAL):
            outer = b if a.site == INTERNAL else a
            yield (
                outer.case_id,
                "it shows an internal image again: what was trained on would be tested on as another hospital's",
            )


def _patients_elsewhere(cases: Sequence[Case]) -> Iterable[tuple[str, str]]:
    inside = {case.group for case in internal(cases)} - {None}
    for case in cases:
        if case.site != INTERNAL and case.group in inside:
            yield case.case_id, "its patient is also internal, and would be trained on and tested on"


def _without(cases: list[Case], out: Iterable[tuple[str, str]], left: list[LeftOut]) -> list[Case]:
    """The other cases; `left` gets what is not among them, by reason. A file of several images goes as a whole."""
    path_of = {case.case_id: case.path for case in cases}
    why_path: dict[str, str] = {}
    for case_id, reason in out:
        why_path.setdefault(path_of[case_id], reason)
    why = {case.case_id: why_path[case.path] for case in cases if case.path in why_path}
    place = {case.case_id: case.path if case.part is None else f"{case.path} part {case.part}" for case in cases}
    for reason in dict.fromkeys(why.values()):
        left.append(LeftOut(reason, tuple(place[case_id] for case_id, given in why.items() if given == reason)))
    return [case for case in cases if case.case_id not in why]


def _refuse_one_class(cases: Sequence[Case], looked: Looked) -> None:
    classes = sorted({case.label for case in internal(cases)})
    if len(classes) >= FEWEST_CLASSES:
        return
    root = looked.source.root
    number = len(internal(cases))
    there = (
        f"The {number} image(s) of {root} have one class: {visible(classes[0])!r}."
        if classes
        else f"{root} has no class."
    )
    sites = sorted({case.site for case in cases} - {INTERNAL})
    more = f" Other sites ({listed(sites, 3)}) have images of it too." if sites else ""
    raise RequestError(
        f"{there}{more} A classifier needs two or more, one folder each. Is the path a level too deep, give the folder "
        f"above: bench init {root.parent}"
    )
