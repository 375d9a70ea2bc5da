"""The criteria and who failed them as CDISC SDTM data sets: TI and IE.

SDTM Implementation Guide 3.4, sections 7.4.1 (TI, Trial Inclusion/Exclusion Criteria) and
6.3.4 (IE, Inclusion/Exclusion Criteria Not Met). Both are pure: no file, no clock.
"""

from collections.abc import Iterable, Mapping, Sequence

from trialscreen.log.entry import ScreeningEntry
from trialscreen.log.follow_up import latest
from trialscreen.model.errors import Problem, ValueProblem, raise_any
from trialscreen.model.trial import Criterion, Kind, Trial
from trialscreen.output.export.sdtm.dataset import (
    LONGEST_TEXT,
    Dataset,
    Value,
    Variable,
    checked,
    replaced,
    to_ascii,
)
from trialscreen.text.characters import shown, some

CUT = " ..."
"""Ends a text that was longer than IETEST can be."""

_CATEGORY: Mapping[Kind, str] = {"inclusion": "INCLUSION", "exclusion": "EXCLUSION"}
_NOT_MET: Mapping[Kind, str] = {"inclusion": "N", "exclusion": "Y"}
"""The answer to the criterion's question that is an exception to it."""

_CATEGORIES = tuple(_CATEGORY.values())
_TEXT = Variable("IETEST", "Inclusion/Exclusion Criterion")
_KIND = Variable("IECAT", "Inclusion/Exclusion Category", terms=_CATEGORIES)
_TI = (
    Variable("STUDYID", "Study Identifier"),
    Variable("DOMAIN", "Domain Abbreviation", terms=("TI",)),
    Variable("IETESTCD", "Incl/Excl Criterion Short Name"),
    _TEXT,
    _KIND,
    Variable("TIVERS", "Protocol Criteria Versions", required=False),
)
_IE = (
    Variable("STUDYID", "Study Identifier"),
    Variable("DOMAIN", "Domain Abbreviation", terms=("IE",)),
    Variable("USUBJID", "Unique Subject Identifier"),
    Variable("IESEQ", "Sequence Number"),
    Variable("IETESTCD", "Inclusion/Exclusion Criterion Short Name"),
    _TEXT,
    _KIND,
    Variable("IEORRES", "I/E Criterion Original Result", terms=("N", "Y")),
    Variable("IESTRESC", "I/E Criterion Result in Std Format", terms=("N", "Y")),
    Variable("EPOCH", "Epoch", required=False, terms=("SCREENING",)),
    Variable("IEDTC", "Date/Time of Collection", required=False),
)


def trial_criteria(trial: Trial, study: str | None = None) -> Dataset:
    """TI: a row per criterion, in protocol order. `study` is STUDYID; the NCT number if None.

    IETESTCD is the protocol's own number of the criterion. Raises InputError with every
    value that the standard has no room for.
    """
    name = _study(trial, study)
    rows = tuple(
        (name, "TI", *test, trial.version) for test in _tests(trial.criteria, trial).values()
    )
    label = "Trial Inclusion/Exclusion Criteria"
    return checked(Dataset("TI", label, _TI, ("IETESTCD", "TIVERS"), rows))


def criteria_not_met(
    trial: Trial, entries: Sequence[ScreeningEntry], study: str | None = None
) -> Dataset:
    """IE: a row per criterion that a subject certainly failed, by subject in protocol order.

    Each subject's latest entry counts, but for those before consent: who has not consented is
    no screen failure, whatever the entry says. Raises InputError with every entry of another trial,
    every failed criterion that `trial` does not have, and every value that does not fit.
    """
    counted = _consented(entries)
    _same_trial(trial, counted)
    name = _study(trial, study)
    tests = _tests(trial.criteria, trial)
    kinds = {one.id: one.kind for one in trial.criteria}
    rows: list[tuple[Value, ...]] = []
    for entry in sorted(counted, key=lambda one: one.subject):
        subject = f"{name}-{entry.subject}"
        failed = [one for one in kinds if one in entry.outcome.failed]
        for number, one in enumerate(failed, 1):
            answer, day = _NOT_MET[kinds[one]], entry.on.isoformat()
            found = (*tests[one], answer, answer, "SCREENING", day)
            rows.append((name, "IE", subject, number, *found))
    label = "Inclusion/Exclusion Criteria Not Met"
    return checked(Dataset("IE", label, _IE, ("USUBJID", "IESEQ"), tuple(rows)))


def not_in_trial_criteria(trial: Trial) -> list[str]:
    """What TI cannot carry of `trial`, a line each."""
    lines = [
        "the rules: TIRL is left out, for no form of it is agreed; they are in the criteria file",
        "the readings of unclear texts, and the clauses within a criterion",
    ]
    texts = {one.id: to_ascii(one.text) for one in trial.criteria}
    long = [f"{id_} ({len(text)})" for id_, text in texts.items() if len(text) > LONGEST_TEXT]
    if long:
        lines.append(
            f"texts of more than {LONGEST_TEXT} characters, cut at a word and ended with"
            f" '{CUT.strip()}': {some(long, len(long))}. Put the full text, which"
            " 'criteria --format csv' prints, in define.xml"
        )
    if changed := replaced(one.text for one in trial.criteria):
        lines.append(f"characters that are not ASCII: {some(changed, len(changed))}")
    if any("\n" in one.text for one in trial.criteria):
        lines.append("line breaks within a criterion: they are spaces")
    return lines


def not_in_criteria_not_met(trial: Trial, entries: Sequence[ScreeningEntry]) -> list[str]:
    """What IE cannot carry of the log, a line each."""
    counted = latest(entries).values()
    lines = [
        "who passed, what is unknown, and when a failing criterion clears: IE holds failures only",
        "the reasons, answers and notes of an entry, who made it, its seal, what was decided",
        "visits and study days: no visit and no reference date is known here",
    ]
    if len(counted) < len(entries):
        count = f"{len(entries) - len(counted)} of {len(entries)}"
        lines.append(f"earlier and corrected entries ({count}): each subject's latest one counts")
    if before := sum(one.stage == "before consent" for one in counted):
        lines.append(
            f"subjects who have not consented ({before} of {len(counted)}): whatever excludes"
            " them, they are not screen failures"
        )
    other = [one for one in _consented(entries) if one.criteria.sha256 != trial.sha256]
    if other:
        lines.append(
            f"the criteria version of entries made by another criteria file ({len(other)} of"
            f" {len(counted)}): IETEST is the text of {trial.version}"
        )
    return lines


def _consented(entries: Sequence[ScreeningEntry]) -> list[ScreeningEntry]:
    return [one for one in latest(entries).values() if one.stage == "full"]


def _study(trial: Trial, study: str | None) -> str:
    return trial.registration.nct_id if study is None else study


def _tests(criteria: Sequence[Criterion], trial: Trial) -> dict[str, tuple[str, str, str]]:
    """IETESTCD, IETEST and IECAT of each criterion, by its id."""
    problems: list[Problem] = []
    tests = {}
    for one in criteria:
        try:
            tests[one.id] = (one.id.upper(), _short(to_ascii(one.text)), _CATEGORY[one.kind])
        except ValueProblem as problem:
            problems.append(Problem(f"{trial.origin} {one.id}", str(problem)))
    raise_any(problems)
    return tests


def _short(text: str) -> str:
    """`text`, cut after a word where it is longer than a variable can be."""
    if len(text) <= LONGEST_TEXT:
        return text
    room = text[: LONGEST_TEXT - len(CUT) + 1]
    return (room.rpartition(" ")[0].rstrip() or room[:-1]) + CUT


def _same_trial(trial: Trial, entries: Iterable[ScreeningEntry]) -> None:
    known = {one.id for one in trial.criteria}
    problems = []
    for entry in entries:
        criteria, failed = entry.criteria, entry.outcome.failed
        where = f"entry {entry.number}"
        if criteria.nct_id != trial.registration.nct_id:
            message = f"is of {shown(criteria.nct_id)}, not of {trial.registration.nct_id}"
            problems.append(Problem(where, message))
        elif unknown := [one for one in failed if one not in known]:
            message = (
                f"failed {some([shown(one) for one in unknown])}, which {trial.origin}"
                f" ({trial.version}) does not have; name the criteria file {criteria.version}"
            )
            problems.append(Problem(where, message))
    raise_any(problems)
