"""The record to sign: everything that decided is on it, everyone can read it, text stays text."""

import html
import re
from collections.abc import Callable
from functools import cache, partial
from itertools import pairwise

import pytest

from tests.reports import (
    STATES,
    hostile_log,
    hostile_record,
    in_the_log,
    log,
    mostly_empty,
    patient,
)
from tests.test_html import TOLD, Parsed
from trialscreen import load_trial
from trialscreen.answers.answer import Answer
from trialscreen.cli.answers import screen_stored
from trialscreen.cli.commands import Flags
from trialscreen.log.entry import Correction
from trialscreen.model.trial import SCREENING_DATE
from trialscreen.model.wording import show_fact
from trialscreen.output.report.log_page import log_document
from trialscreen.output.report.record_page import ScreeningRecord, record_document, record_page
from trialscreen.output.report.render import markdown, plain
from trialscreen.output.report.verdict_words import STATUSES, why_and_until
from trialscreen.screening.explain import in_use


def _recorded(name: str) -> ScreeningRecord:
    """In the log, but for a patient without consent, of whom that keeps no answers."""
    record = patient(name)
    return record if name == "undetermined" else in_the_log(record, "S-014", 41)


def _printed(name: str) -> str:
    return record_document(RECORDS[name]())


RECORDS: dict[str, Callable[[], ScreeningRecord]] = {
    **{name: partial(_recorded, name) for name in STATES},
    "empty": mostly_empty,
    "hostile": hostile_record,
}
DOCUMENTS: dict[str, Callable[[], str]] = {
    **{name: partial(_printed, name) for name in RECORDS},
    "log of 0": lambda: log_document(log(0)),
    "log of 1": lambda: log_document(log(1)),
    "log of 60": lambda: log_document(log(60)),
    "hostile log": lambda: log_document(hostile_log()),
}


@cache
def document(name: str) -> str:
    return DOCUMENTS[name]()


def words(name: str) -> str:
    """The text of a page, blanks between words made one."""
    return " ".join(Parsed(document(name)).text.split())


def flat(text: str) -> str:
    return " ".join(text.split())


# Everyone can read it.


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_is_whole_and_needs_nothing_else(name: str) -> None:
    text, parsed = document(name), Parsed(document(name))
    assert parsed.named("html") == [{"lang": "en"}]
    assert re.search("<title>.+</title>", text)
    assert not {tag for tag, _ in parsed.tags} & {"script", "link", "img", "iframe", "object"}
    assert not {key for _, given in parsed.tags for key in given} & {"src", "href", "onerror"}
    assert not re.search(r"url\(|@import|https?:", text)
    assert text.count("</style>") == 1


@pytest.mark.parametrize("name", DOCUMENTS)
def test_headings_never_skip_and_tables_name_rows_and_columns(name: str) -> None:
    parsed = Parsed(document(name))
    levels = [int(tag[1]) for tag, _ in parsed.tags if re.fullmatch(r"h\d", tag)]
    assert levels.count(1) == 1 and levels[0] == 1
    assert all(below <= above + 1 for above, below in pairwise(levels))
    assert {head.get("scope") for head in parsed.named("th")} <= {"col", "row"}
    for table in re.findall(r"<table.*?</table>", document(name), re.DOTALL):
        body = table.split("<tbody>")[1]
        assert 'scope="col"' in table
        assert body.count("<tr>") == body.count('scope="row"') > 0


# All that decided is on it.


@pytest.mark.parametrize("name", [name for name in RECORDS if name != "hostile"])
def test_every_criterion_is_on_the_record_word_for_word(name: str) -> None:
    text, trial = words(name), RECORDS[name]().screening.trial
    for criterion in trial.criteria:
        assert flat(criterion.text) in text
        assert f"{criterion.id} {criterion.label}: " in text
        for one in criterion.readings:
            assert f"Taken: {one.chosen} Alternative: {one.alternative}" in text


@pytest.mark.parametrize("name", [name for name in RECORDS if name != "hostile"])
def test_every_answer_is_on_the_record_with_its_unit(name: str) -> None:
    record = RECORDS[name]()
    trial, facts = record.screening.trial, record.screening.facts
    cells = answers(document(name))
    for element in trial.elements.values():
        if element.name in record.answers and element.name != SCREENING_DATE:
            value = show_fact(element, facts.get(element.name))
            assert any(f"{element.label} (" in one and value in one for one in cells), element.name
            written = record.answers[element.name].text
            same = written.casefold() in value.casefold()
            assert same or any(f"written: {written}" in one for one in cells), element.name


def answers(page: str) -> list[str]:
    """The lines that tell the answers."""
    told = page.split("Answers, with the criteria that rest on them")[1]
    found = re.findall(r"<div><dt>.*?</div>", told, re.DOTALL)
    return [flat(html.unescape(re.sub("<[^>]*>", " ", one))) for one in found]


def test_each_answer_shows_the_criteria_that_rest_on_it() -> None:
    record = patient("ineligible_washout")
    told = " ".join(answers(record_document(record)))
    for name, element in record.screening.trial.elements.items():
        if name in record.answers and name != SCREENING_DATE:
            findings = record.screening.findings
            ids = ", ".join(one.criterion.id for one in findings if name in in_use(one.trace))
            assert f"{element.label} ({ids or 'no criterion'})" in told


@pytest.mark.parametrize("name", [name for name in RECORDS if name != "hostile"])
def test_the_first_sheet_has_each_criterion_with_what_decides_it_and_the_signatures(
    name: str,
) -> None:
    """How many sheets it is on paper, `tests.tools.pages_in_browser` looks at."""
    first, screening = words(name).split("Criteria as registered")[0], RECORDS[name]().screening
    first = first.split("Data still needed")[0]
    assert "Signature" in first
    for one in screening.findings:
        told = "; ".join(why_and_until(screening, one))
        status = STATUSES[one.status]
        assert f"{one.criterion.id} {one.criterion.label} {status} {told}" in first


def test_notes_beside_an_answer_are_its_evidence() -> None:
    notes = {"answered": "2026-05-30", "note": "DXA report", "criteria": "0123456789ab"}
    record = patient("eligible")
    answers = {**record.answers, "weight": Answer("58.5 kg", "interview", notes=notes)}
    text = flat(plain.render(record_page(record._replace(answers=answers))))
    assert (
        "Chart; interview; taken under another version of the criteria file, 0123456789ab;"
        " answered 2026-05-30 body weight (I3): 58.5 kg, note: DXA report"
    ) in text


def test_the_day_of_an_answer_stands_beside_it_where_there_are_several() -> None:
    record = patient("eligible")
    days = {"weight": "2026-05-30", "height": "2026-05-31"}
    some = {name: record.answers[name]._replace(notes={"answered": days[name]}) for name in days}
    text = flat(plain.render(record_page(record._replace(answers={**record.answers, **some}))))
    assert "body weight (I3): 58.5 kg, answered 2026-05-30" in text
    assert "body height (I3): 158 cm, answered 2026-05-31" in text


def test_a_value_tells_the_day_of_its_sample_whether_it_is_old_or_that_there_is_none() -> None:
    given = {"tsh": ["2.1 on 2026-04-01"], "alt": ["22 on 2026-05-20"], "ast": ["25"]}
    answers, screening = screen_stored(Flags(load_trial(), given, [], []), "2026-06-01", {})
    text = flat(plain.render(record_page(ScreeningRecord(screening, answers, "1"))))
    assert "TSH (E13): 2.1 µIU/mL, older than 28 days, sampled 2026-04-01" in text
    assert "ALT (E14): 22 U/L, sampled 2026-05-20" in text
    assert "AST (E14): 25 U/L, undated" in text
    assert "No day of the sample is given for 1 value; see the answers." in text


def test_an_answer_that_was_set_aside_is_shown_as_not_used() -> None:
    record = mostly_empty()
    answers = {**record.answers, "tsh": Answer("unknown", "file", notes={"set_aside": "12.1"})}
    text = flat(plain.render(record_page(record._replace(answers=answers))))
    told = "Laboratory; answers file TSH (no criterion): unknown, set aside, not used: 12.1"
    assert told in text


def test_a_record_tells_why_it_fails_and_when_that_clears() -> None:
    text = words("ineligible_washout")
    assert "INELIGIBLE Certain" in text
    why = "last dose of a RANKL inhibitor 2025-11-18"
    assert f"E8 Earlier osteoporosis medicines ✗ excludes {why}" in text
    assert "clears on 2026-11-19" in text
    assert "last dose of a RANKL inhibitor is 170 days inside the 12 months" in text


def test_what_is_open_is_listed_apart_for_data_and_for_judgement() -> None:
    missing, judgements = words("undetermined").split("Consent and judgements still open")
    missing = missing.split("Data still needed")[1]
    assert "Laboratory" in missing and "TSH (E13)" in missing and "Imaging" in missing
    assert "informed consent signed (I1)" not in missing
    assert "informed consent signed (I1)" in judgements
    assert "Does the investigator consider" in judgements
    assert "still missing" not in words("eligible")


def test_a_record_has_the_versions_the_cohorts_and_room_for_signatures() -> None:
    text, trial = words("eligible"), patient("eligible").screening.trial
    assert f"version {trial.version}, applied by trialscreen" in text
    assert trial.sha256 in text
    assert all(one.name in text for one in trial.registration.dose_cohorts)
    assert "The investigator decides: eligible not eligible re-screen on" in text
    assert "Screened by JW" in text
    assert "the investigator decides, against the approved protocol" in text


def test_every_sheet_says_whose_it_is() -> None:
    record = in_the_log(patient("eligible"), "S-014", 41)
    assert record.entry is not None
    title = re.findall("<title>(.*)</title>", record_document(record))
    seal = record.entry.seal[:16]
    assert title == [
        f"NCT06949137 · subject S-014 · screened 2026-06-01 · log entry and seal 41:{seal}"
    ]
    foot = re.findall(r"@bottom-left { content: \"(.*?)\";", record_document(record))
    codes = re.sub(r"\\([0-9a-f]+) ", lambda code: chr(int(code[1], 16)), foot[0])
    assert [codes] == title
    assert f"41:{record.entry.seal}" in words("eligible")


def test_a_record_without_an_entry_leaves_the_subject_to_fill_in() -> None:
    assert '<dt>Subject</dt><dd class="plain"></dd>' in document("empty")


def test_a_correction_and_a_note_stand_on_the_record() -> None:
    record = in_the_log(patient("eligible"), "S-014", 41)
    assert record.entry is not None
    entry = record.entry._replace(note="By phone.", corrects=Correction(7, "Wrong unit."))
    text = flat(plain.render(record_page(record._replace(entry=entry))))
    assert "Corrects: entry 7; Reason: Wrong unit. Note: By phone." in text


def test_a_record_can_be_told_in_other_forms() -> None:
    page = list(record_page(in_the_log(patient("ineligible_lab"), "S-014", 41)))
    assert "- [ ] not eligible" in markdown.render(page)
    assert "  [ ] not eligible" in plain.render(page)
    assert "- Subject: S-014" in markdown.render(page)


# Text stays text.


def test_hostile_texts_stay_texts_each_of_them() -> None:
    text, trial = words("hostile"), hostile_record().screening.trial
    expected = [
        *("title", "cohort", "dose", "description", "dose_note", "dose_assignment", "origin"),
        *("by", "remark", "reason", "subject"),
        *(f"{what} {one.id}" for one in trial.criteria for what in ("label", "text")),
        *(
            f"{what} {one.ref}"
            for criterion in trial.criteria
            for one in criterion.readings
            for what in ("issue", "chosen", "alternative")
        ),
        *(f"label {name}" for name in hostile_record().answers if name != SCREENING_DATE),
        *(f"{what} weight" for what in ("written", "answered", "set_aside", "criteria", "note")),
        *(
            f"{key} of a {kind}"
            for kind in ("fact", "candidate", "unmapped", "conflict", "overruled")
            for key in ("value", "date", "code", "system", "source", "note")
        ),
    ]
    for name in expected:
        assert f"{TOLD}{name}" in text, name


def test_hostile_texts_of_a_log_stay_texts() -> None:
    text = words("hostile log")
    for name in ("seals", "version", "failed", "by", "reason", "title", "subject 0", "label E1"):
        assert f"{TOLD}{name}" in text, name


@pytest.mark.parametrize("name", ["hostile", "hostile log"])
def test_nothing_on_a_page_can_reorder_it_or_act(name: str) -> None:
    assert not re.search(
        r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]",
        document(name),
    )
    parsed = Parsed(document(name))
    assert {tag for tag, _ in parsed.tags} <= {
        *("html", "head", "meta", "title", "style", "body", "main", "section", "div", "span", "i"),
        *("h1", "h2", "h3", "p", "strong", "br", "ul", "ol", "li", "dl", "dt", "dd"),
        *("table", "colgroup", "col", "thead", "tbody", "tr", "th", "td"),
    }
