"""The help of a command, from its docstring."""

import inspect
import re
from collections.abc import Callable


def help_of(command: Callable[..., None]) -> str:
    """A command's docstring; of its line breaks, those between paragraphs only."""
    return re.sub(r"(?<!\n)\n(?!\n)", " ", inspect.cleandoc(command.__doc__ or ""))
