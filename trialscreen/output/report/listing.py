"""`Listing`: rows with named columns, rendered as JSON, CSV or a page."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from trialscreen.model.registration import as_data

if TYPE_CHECKING:
    from trialscreen.output.report.render import blocks

T = TypeVar("T")

Columns = Mapping[str, Callable[[T], object]]
"""The columns of a listing: for each, a function from a listed thing to its cell."""


class Listing(NamedTuple):
    """Rows whose cells are texts, numbers, dates, booleans, lists of texts or tuples of records.

    `flat` converts the cells of a column to one text, if joining a list by "; " is not right.
    The columns in `wide` share the width that the others leave.
    """

    columns: tuple[str, ...]
    rows: list[tuple[object, ...]]
    flat: Mapping[str, Callable[[Any], object]] = {}
    wide: tuple[str, ...] = ()

    def data(self) -> list[dict[str, object]]:
        """The rows for JSON; days as YYYY-MM-DD."""
        return [dict(zip(self.columns, map(as_data, values), strict=True)) for values in self.rows]

    def csv(self) -> str:
        """The rows as CSV text."""
        from trialscreen.text import csvtext  # noqa: PLC0415 - for this form only

        return csvtext.render(self.columns, map(self._texts, self.rows))

    def page(self, empty: str) -> "blocks.Page":
        """The rows as a table; the text `empty` if there are none."""
        from trialscreen.output.report.render import blocks  # noqa: PLC0415 - for this form only
        from trialscreen.output.report.verdict_words import VERDICTS  # noqa: PLC0415

        if not self.rows:
            return (blocks.Paragraph(empty),)
        tones: dict[object, blocks.Tone] = {one.words: one.tone for one in VERDICTS.values()}

        def cell(value: object) -> blocks.Cell:
            return blocks.Cell("" if value is None else str(value), tones.get(value, "plain"))

        return (
            blocks.table(
                (name.replace("_", " ") for name in self.columns),
                (map(cell, self._texts(values)) for values in self.rows),
                (int(name in self.wide) for name in self.columns),
            ),
        )

    def _texts(self, values: tuple[object, ...]) -> list[object]:
        """The cells of a row, each flattened to a single value."""
        named = zip(self.columns, values, strict=True)
        return [self.flat.get(name, _one_text)(value) for name, value in named]


def listed(
    columns: Columns[T],
    things: Iterable[T],
    flat: Mapping[str, Callable[[Any], object]] | None = None,
    wide: tuple[str, ...] = (),
) -> Listing:
    """A row for each thing."""
    rows = [tuple(cell(one) for cell in columns.values()) for one in things]
    return Listing(tuple(columns), rows, flat or {}, wide)


def _one_text(value: object) -> object:
    if isinstance(value, bool):
        return str(value).lower()
    return "; ".join(value) if isinstance(value, list | tuple) else value
