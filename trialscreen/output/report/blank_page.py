"""A paper form with the questions, one sheet per source (participant, chart, laboratory)."""

from collections.abc import Sequence

from trialscreen.model.trial import SCREENING_DATE, SOURCES, Element, Source, Trial
from trialscreen.output.report.render import blocks, html
from trialscreen.output.report.verdict_words import AID, SOURCE_WORDS, criteria_file

_LINE = 30
"""Characters of choices that stand on one line."""

_HOW = (
    "Leave empty what was not asked. Write “unknown” for what was asked and is not known, “pending”"
    " for a value that is awaited, and a limit as the report prints it, such as <20. Of a date"
    " that is known in part, fill in the part."
)


def blank_document(trial: Trial) -> str:
    """The paper form as an HTML document; every sheet has room to identify the subject."""
    foot = f"{trial.registration.nct_id} · subject ________ · criteria version {trial.version}"
    return html.render(blank_page(trial), f"Questions for {trial.registration.nct_id}", foot)


def blank_page(trial: Trial) -> blocks.Page:
    """Every question that a person answers, by who can give the answer."""
    yield blocks.Heading(f"Screening questions for {trial.registration.nct_id}", 1)
    yield blocks.Paragraph(trial.registration.title)
    yield blocks.terms((name, "") for name in ("Subject code", "Screening date", "Filled in by"))
    yield blocks.Paragraph(_HOW)
    asked = [one for one in trial.answerable() if one.name != SCREENING_DATE]
    sources = [one for one in SOURCES if one != "derived" and any(one in e.sources for e in asked)]
    for number, source in enumerate(sources):
        yield blocks.Heading(SOURCE_WORDS[source], new_sheet=number > 0)
        for section, some in trial.by_section(one for one in asked if source in one.sources):
            yield _questions(section.title, some, source)
    yield blocks.Paragraph(f"{criteria_file(trial)}. {AID}", "muted")


def _questions(title: str, elements: Sequence[Element], source: Source) -> blocks.Table:
    rows = [(_question(one, source), _room(one)) for one in elements]
    if source not in ("laboratory", "imaging"):
        return blocks.table((title, "Answer"), rows, (3, 2), to_fill=True)
    days = ["" if one.valid_for else "–" for one in elements]
    dated = ((*row, day) for row, day in zip(rows, days, strict=True))
    columns = (title, "Answer", "Day of the sample or scan")
    return blocks.table(columns, dated, (4, 3, 2), to_fill=True)


def _question(element: Element, source: Source) -> str:
    """The question, with examples if it names none; or what is to be confirmed."""
    if source != element.source:
        return f"Confirm: {element.label}"
    ask = element.ask or element.label
    named = element.examples.partition(",")[0].casefold() in ask.casefold()
    return ask if named else f"{ask} ({element.examples})"


def _room(element: Element) -> str:
    """Boxes to tick, or room to write in."""
    match element.type:
        case "boolean":
            return _boxes(("yes", element.no_text, "unknown"))
        case "choice":
            return _boxes((*element.choices.values(), "unknown"))
        case "date":
            return "year ________  month ____  day ____"
        case _:
            others = [element.unit_named(code).show for code in element.accepts]
            unit = " or ".join((element.shown_unit, *others))
            return f"______________ {unit}".rstrip()


def _boxes(words: Sequence[str]) -> str:
    """On one line where they are short."""
    between = " " if sum(map(len, words)) <= _LINE else "\n"
    return between.join(f"{blocks.BOX} {word}" for word in words)
