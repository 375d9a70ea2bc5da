"""What the record of one patient gives: read, and selected on the screening date."""

from collections.abc import Collection, Sequence
from datetime import date
from pathlib import Path

from trialscreen.answers.beside_record import FromRecord
from trialscreen.answers.records.codes_file import load_codes
from trialscreen.answers.records.gathered import Selection
from trialscreen.answers.records.select import check_sections, select
from trialscreen.model.errors import InputError, Problem, refuse
from trialscreen.model.trial import Trial
from trialscreen.text.characters import shown, some

MOST_NAMED = 50


def read_fhir(
    trial: Trial,
    paths: Sequence[str | Path],
    on: date,
    codes: Sequence[str] = (),
    assume_absent: Collection[str] = (),
) -> FromRecord:
    """What the FHIR files and folders at `paths` say of one patient, on the screening date `on`.

    `codes` are files of a site's codes, `assume_absent` sections whose yes/no elements are no
    where nothing codes them. Raises InputError for a file that cannot be opened, for none or
    several patients, and for one who has died.
    """
    from trialscreen.answers.records.fhir import read  # noqa: PLC0415 - its decoder is slow to import

    check_sections(trial, assume_absent)
    known = load_codes(trial, codes)
    records, problems = read(paths, known)
    if len(records) != 1:
        ids = some([shown(one.patient) for one in records], MOST_NAMED)
        told = f"{len(records)} patients: {ids}; give the files of one"
        wrong = Problem("paths", told if records else "no patient in it")
        raise InputError([*([] if records else problems), wrong])
    for one in records[0].persons:
        if one.deceased:
            died = ", ".join(filter(None, (one.source, one.deceased.removeprefix("yes"))))
            refuse("paths", f"the patient has died, and is not screened: {died}")
    selected = select(Selection(trial, known, on, assume_absent), records[0])
    return selected._replace(problems=(*problems, *selected.problems))
