"""What is sent to Spark's workers, which are processes of Python, perhaps on other machines."""

import pickle
from collections.abc import Callable, Iterator
from importlib.metadata import version
from typing import Any, Literal

Batches = Iterator[Any]
"""Record batches of Arrow."""

OTHER_PACKAGES = "other packages than here"


def on_workers(
    what: Literal["screened", "values"], *arguments: object
) -> Callable[[Batches], Batches]:
    """A function of `tables.engines.arrow`, with these arguments before the batches."""
    ours, other, sent = version("trialscreen"), OTHER_PACKAGES, pickle.dumps(arguments)

    def run(batches: Batches) -> Batches:
        # A function within another is sent as it is, and can tell what is lacking there.
        import os  # noqa: PLC0415 - there
        import pickle  # noqa: PLC0415 - there

        os.environ.setdefault("POLARS_MAX_THREADS", "1")  # Spark has a worker for each core
        try:
            from importlib.metadata import version  # noqa: PLC0415 - there

            from trialscreen.tables.engines import arrow  # noqa: PLC0415 - there

            theirs = version("trialscreen")
        except ImportError as error:
            raise RuntimeError(f"{other}: no {error.name}") from None
        if theirs != ours:
            raise RuntimeError(f"{other}: trialscreen {theirs}")
        work: Any
        work, *more = pickle.loads(sent)  # noqa: S301 - our own
        found: Batches = getattr(arrow, what)(work, *more, batches)
        return found

    return run
