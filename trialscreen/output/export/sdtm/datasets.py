"""Builds the CDISC SDTM data sets TI and IE: the criteria, and who failed them.

SDTM Implementation Guide 3.4, sections 7.4.1 (TI, Trial Inclusion/Exclusion Criteria), 6.3.4 (IE,
Inclusion/Exclusion Criteria Not Met), 4.1.5 and 4.2.1; FDA Study Data Technical Conformance
Guide, section 3.3 (SAS transport version 5, ASCII). Pure functions: no file access, no clock.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from trialscreen.log.entry import ScreeningEntry, latest
from trialscreen.model.errors import Problem, ValueProblem, collected, raise_any
from trialscreen.model.trial import Kind, Trial
from trialscreen.text.characters import PLAIN, printable, shown, some

LONGEST_TEXT = 200
"""Characters that SAS transport version 5 has room for."""
CUT = " ..."
"""Ends a text that was longer than IETEST can be."""
_CODE = re.compile(r"[A-Z_][A-Z0-9_]{0,7}")

Value = str | int


class Dataset(NamedTuple):
    """Rows with a value per variable. `variables`: their labels; `keys` name a row."""

    name: str
    label: str
    variables: Mapping[str, str]
    keys: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.variables)


_NOT_MET: Mapping[Kind, str] = {"inclusion": "N", "exclusion": "Y"}
"""The answer to the criterion's question that is an exception to it."""

_STUDY = {"STUDYID": "Study Identifier", "DOMAIN": "Domain Abbreviation"}
_TEST = {"IETEST": "Inclusion/Exclusion Criterion", "IECAT": "Inclusion/Exclusion Category"}
_TI: Mapping[str, str] = {
    **_STUDY,
    "IETESTCD": "Incl/Excl Criterion Short Name",
    **_TEST,
    "TIVERS": "Protocol Criteria Versions",
}
_IE: Mapping[str, str] = {
    **_STUDY,
    "USUBJID": "Unique Subject Identifier",
    "IESEQ": "Sequence Number",
    "IETESTCD": "Inclusion/Exclusion Criterion Short Name",
    **_TEST,
    "IEORRES": "I/E Criterion Original Result",
    "IESTRESC": "I/E Criterion Result in Std Format",
    "EPOCH": "Epoch",
    "IEDTC": "Date/Time of Collection",
}


def trial_criteria(trial: Trial, study: str | None = None) -> Dataset:
    """TI: a row per criterion, in protocol order. `study` is STUDYID; the NCT number if None.

    IETESTCD is the protocol's own number of the criterion. Raises InputError with every
    value that the standard has no room for.
    """
    name = trial.registration.nct_id if study is None else study
    rows = tuple((name, "TI", *test, trial.version) for test in _tests(trial).values())
    label = "Trial Inclusion/Exclusion Criteria"
    return _checked(Dataset("TI", label, _TI, ("IETESTCD", "TIVERS"), rows))


def criteria_not_met(
    trial: Trial, entries: Sequence[ScreeningEntry], study: str | None = None
) -> Dataset:
    """IE: a row per criterion that a subject certainly failed, by subject in protocol order.

    Each subject's latest entry counts, except entries before consent: a subject who has not
    consented is not a screen failure. Raises InputError with every entry of another trial, every
    failed criterion that `trial` does not have, and every value that does not fit.
    """
    counted = _consented(entries)
    _same_trial(trial, counted)
    name = trial.registration.nct_id if study is None else study
    tests = _tests(trial)
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
    return _checked(Dataset("IE", label, _IE, ("USUBJID", "IESEQ"), tuple(rows)))


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


def _tests(trial: Trial) -> dict[str, tuple[str, str, str]]:
    """IETESTCD, IETEST and IECAT of each criterion, by its id."""
    problems: list[Problem] = []
    tests = {}
    for one in trial.criteria:
        with collected(problems, f"{trial.origin} {one.id}"):
            tests[one.id] = (one.id.upper(), _short(to_ascii(one.text)), one.kind.upper())
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


# What the standard demands.


def _checked(dataset: Dataset) -> Dataset:
    """`dataset` as it is. Raises InputError with everything the standard does not allow."""
    problems = [*_of_rows(dataset), *_repeated(dataset)]
    if not dataset.rows:
        message = "no rows; a data set without any is not submitted, so none is written"
        problems.append(Problem(dataset.name, message))
    raise_any(problems)
    return dataset


def _of_rows(dataset: Dataset) -> Iterator[Problem]:
    """What is wrong with the values; the same value is told once."""
    first: dict[tuple[str, Value], int] = {}
    for number, row in enumerate(dataset.rows, 1):
        for given in zip(dataset.names, row, strict=True):
            first.setdefault(given, number)
    for (variable, value), number in first.items():
        if isinstance(value, str) and (message := _wrong(variable, value)):
            yield Problem(f"{dataset.name} row {number} {variable}", message)


def _wrong(variable: str, value: str) -> str:
    if not value.strip() and variable != "TIVERS":
        return "is empty; a value is required"
    if variable == "IETESTCD" and not _CODE.fullmatch(value):
        return f"{shown(value)}; expected at most 8 of A-Z, 0-9 and _, and no digit first"
    if not value.isascii() or not value.isprintable():
        return f"{shown(value)} is not printable ASCII"
    if len(value) > LONGEST_TEXT:
        return f"{shown(value)} has {len(value)} characters; at most {LONGEST_TEXT} can be written"
    return ""


def _repeated(dataset: Dataset) -> Iterator[Problem]:
    """A record named twice, and a name or text that stands for two criteria."""
    at = [dataset.names.index(key) for key in dataset.keys]
    for key, count in Counter(tuple(row[i] for i in at) for row in dataset.rows).items():
        if count > 1:
            values = " ".join(map(str, key))
            yield Problem(dataset.name, f"{count} rows for {shown(values)}; one is allowed")
    code, text = dataset.names.index("IETESTCD"), dataset.names.index("IETEST")
    pairs = {(row[code], row[text]) for row in dataset.rows}
    for value, count in Counter(text for _, text in pairs).items():
        if count > 1:
            message = f"{shown(str(value))} is the text of {count} criteria; it must name one"
            yield Problem(f"{dataset.name} IETEST", message)


def to_ascii(text: str) -> str:
    """`text` on one line, in ASCII: `≥` as `>=`, `×` as `x`, `é` as `e`.

    Raises ValueProblem for a character that has no such form.
    """
    return "".join(_plain(char, text) for char in printable(" ".join(text.split())))


def replaced(texts: Iterable[str]) -> list[str]:
    """The characters that `to_ascii` replaces in `texts`, each once: `≥ as >=`."""
    chars = sorted({char for text in texts for char in text if not char.isascii()})
    return [f"{char} as {_plain(char, char)}" for char in chars]


def _plain(char: str, text: str) -> str:
    if char.isascii():
        return char
    plain = PLAIN.get(char)
    if plain is None:
        base = unicodedata.normalize("NFKD", char)
        plain = "".join(one for one in base if not unicodedata.combining(one))
    if not plain.isascii() or not plain.isprintable():
        raise ValueProblem(
            f"{shown(text)} holds {char} (U+{ord(char):04X}), which cannot be written in ASCII"
        )
    return plain
