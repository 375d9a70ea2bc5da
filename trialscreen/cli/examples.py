"""Command lines to begin with, shown first in the help of their command."""

from collections.abc import Mapping
from typing import Any

from trialscreen.cli.parameters import CommandAsGiven

EXAMPLES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "screen": (
        ("screen", "The interview."),
        ("screen patient.yaml", "The answers in a file."),
        ('screen --weight "121 lb" --age 61', "Values as flags."),
        ("screen --quick --ask participant", "On the phone."),
        ("screen --save s014.yaml", "Stop it, keep it."),
        ("screen --resume s014.yaml", "Go on with it later."),
        ("screen --rescreen s014.yaml", "The answers, today."),
        ("screen patient.yaml --format json", "For scripts."),
    ),
    "report": (
        ("report patient.yaml -o record.html", "A page to sign."),
        ("report --log site.log -o log.html", "A log, to print."),
        ("report --log site.log --entry 7 -o 7.html", "One entry of it."),
        ("report --blank -o paper.html", "Questions on paper."),
    ),
    "elements": (
        ("elements", "Every flag, by section."),
        ("elements Fractures", "Those of a section."),
        ("elements --template yaml -o patient.yaml", "To fill: one patient."),
        ("elements --template xlsx -o site.xlsx", "To fill: many."),
    ),
}

_COMMAND = 52
"""Columns that a command may take before what it does stands below it."""

_TOLD = 22


class ExamplesFirst(CommandAsGiven):
    """A command whose help begins with examples."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        self.format_usage(ctx, formatter)
        if rows := EXAMPLES.get(str(ctx.info_name)):
            with formatter.section("Examples"):
                told = [(f"trialscreen {line}", what) for line, what in rows]
                # On a narrow page, what a command does stands below it.
                formatter.write_dl(told, max(min(_COMMAND, formatter.width - _TOLD - 4), 4))
        self.format_help_text(ctx, formatter)
        self.format_options(ctx, formatter)
