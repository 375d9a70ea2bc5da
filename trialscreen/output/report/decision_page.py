"""What was decided, as the log keeps it: of a subject, and of a dose cohort."""

from collections.abc import Iterator

from trialscreen.log.entry import CohortState, Decision
from trialscreen.output.report.render import blocks
from trialscreen.text.characters import count_of

NOT_REGISTERED = (
    "States, places and intervals of the dose cohorts are as the sponsor decided and somebody"
    " entered them; nothing of them is on the registry page."
)


def decided_words(one: Decision | CohortState) -> str:
    """What was decided, in a few words."""
    if isinstance(one, CohortState):
        return f"{one.dose_cohort}: {one.state}"
    if one.decision == "none":
        return "no decision"
    return one.decision if one.dose_cohort is None else f"{one.decision}: {one.dose_cohort}"


def decision_page(one: Decision | CohortState) -> blocks.Page:
    """A decision as it stands in the log."""
    about = f"{one.subject} " if isinstance(one, Decision) else ""
    detail = f"Decided on {one.on}"
    return (
        blocks.Banner(f"Entry {one.number}: {about}{decided_words(one)}", detail, "plain"),
        blocks.items(_said(one)),
    )


def _said(one: Decision | CohortState) -> Iterator[str]:
    if isinstance(one, Decision):
        if one.screening is not None:
            yield f"The newest screening by then: entry {one.screening}"
        if one.not_dosed:
            yield "No dose was given: the place is free again"
        for against in one.despite:
            yield f"Entered all the same, although {against}"
    else:
        yield from terms_words(one.places, one.sentinel_days, one.observation_days)
        yield NOT_REGISTERED
    if one.reason and one.corrects is None:
        yield f"Reason: {one.reason}"


def terms_words(
    places: int | None, sentinel_days: int | None, observation_days: int | None
) -> Iterator[str]:
    """What the sponsor decided of a dose cohort beside its state."""
    if places is not None:
        yield count_of(places, "place")
    if sentinel_days is not None:
        yield f"{count_of(sentinel_days, 'day')} between two doses"
    if observation_days is not None:
        yield f"{count_of(observation_days, 'day')} of observation after the last"
