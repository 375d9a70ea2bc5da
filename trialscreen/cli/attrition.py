"""`cohort --attrition`: where the counts of a cohort go, and in which form."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trialscreen import __version__
from trialscreen.model.errors import Problem
from trialscreen.text.characters import printable

if TYPE_CHECKING:
    from trialscreen.output.report.attrition_page import Cohort

TABLE = "-"

AttritionOption = Annotated[
    str | None,
    typer.Option(
        "--attrition",
        metavar="FILE",
        help="How the cohort narrows, in counts: a .html, .json, .csv or .md file; - for tables"
        " on standard output.",
    ),
]
SmallCellsOption = Annotated[
    int | None,
    typer.Option(
        "--small-cells",
        metavar="N",
        min=2,
        help="Hide counts below N in --attrition, and those that would round to N; round all others"
        " to a multiple of N.",
    ),
]


def check(place: str | None, small: int | None) -> list[Problem]:
    """What is wrong with the two options."""
    if place is None:
        return [] if small is None else [Problem("--small-cells", "is for --attrition")]
    from trialscreen.output.report.attrition_data import ENDINGS  # noqa: PLC0415

    if place == TABLE or _ending(place) in ENDINGS:
        return []
    known = f"expected a name that ends in {', '.join(ENDINGS)}, or {TABLE} for tables"
    return [Problem(f"--attrition {printable(place)}", known)]


def files_of(place: str | None) -> tuple[Path, ...]:
    return () if place in (None, TABLE) else (Path(str(place)),)


@contextmanager
def written(place: str | None) -> Iterator[Path | None]:
    """The file to be filled, which appears whole or not at all; None without one."""
    from trialscreen.text.files import whole_file  # noqa: PLC0415

    paths = files_of(place)
    if not paths:
        yield None
        return
    with whole_file(paths[0]) as part:
        yield part


def tell(cohort: "Cohort", place: str, part: Path | None) -> None:
    """Renders the counts: into `part`, or as tables on standard output."""
    if part is None:
        from trialscreen.output.report.attrition_page import attrition_page  # noqa: PLC0415
        from trialscreen.output.report.render.terminal import show  # noqa: PLC0415

        show(attrition_page(cohort))
        return
    from trialscreen.output.report.attrition_data import attrition_text  # noqa: PLC0415
    from trialscreen.text.files import writing  # noqa: PLC0415

    text = attrition_text(cohort, _ending(place), __version__)
    with writing(place):
        part.write_text(text, encoding="utf-8", newline="\n")


def _ending(place: str) -> str:
    return Path(place).suffix.lower()
