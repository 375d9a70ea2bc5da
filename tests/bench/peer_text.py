"""What zen-engine and rule-engine write alike."""

from collections.abc import Sequence
from typing import Literal

from tests.bench.peer import Language, Sign
from trialscreen.model.trial import Element


class Text(Language[str]):
    """A language whose expressions are text."""

    def entered(self, element: Element) -> str:
        return element.name

    def literal(self, value: bool | float | str | None) -> str:
        match value:
            case None:
                return "null"
            case bool():
                return str(value).lower()
            case _:
                return repr(value)

    def joined(self, word: Literal["and", "or"], parts: Sequence[str]) -> str:
        return f"({f' {word} '.join(parts)})"

    def opposite(self, part: str) -> str:
        return f"(not {part})"

    def known(self, value: str) -> str:
        return f"({value} != null)"

    def choose(self, condition: str, then: str, otherwise: str) -> str:
        return f"({condition} ? {then} : {otherwise})"

    def equal(self, value: str, text: str) -> str:
        return f"({value} == '{text}')"

    def one_of(self, value: str, texts: Sequence[str]) -> str:
        return f"({value} in [{', '.join(map(repr, texts))}])"

    def compare(self, sign: Sign, left: str, right: str) -> str:
        return f"({left} {sign} {right})"

    def years_apart(self, since: Sequence[str], on: Sequence[str]) -> str:
        """Anniversaries counted from year, month and day, as `dates.completed_years` does."""
        (year, month, day), (on_year, on_month, on_day) = since, on
        later = f"{month} * 100 + {day} > {on_month} * 100 + {on_day}"
        return f"({on_year} - {year} - ({later} ? 1 : 0))"
