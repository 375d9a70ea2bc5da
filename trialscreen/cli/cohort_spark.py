"""`cohort --engine spark`: tables in Parquet that one machine does not hold."""

from importlib import import_module

from trialscreen.cli.cohort_local import CohortOptions
from trialscreen.cli.cohort_report import Run, tell
from trialscreen.cli.options import SITE, screening_day, site_settings, today
from trialscreen.cli.output import needing
from trialscreen.model.errors import Problem, raise_any
from trialscreen.model.trial import SCREENING_DATE, Trial
from trialscreen.text.characters import shown
from trialscreen.text.spelling import flag

ONLY_LOCAL = ("columns", "sheet", "encoding", "problems", "attrition", "small_cells")
"""Options for files on this machine."""

STALE = "stale"
"""The one column more that Spark adds."""

_OTHER_FORMS = (".csv", ".tsv", ".xlsx", ".ndjson", ".json")


def screen_on_spark(trial: Trial, asked: CohortOptions) -> None:
    """Screens one Parquet file or folder into a new folder.

    Raises InputError for what cannot be used, and for an option that only the files of one
    machine have.
    """
    message = "is not for --engine spark; leave it out, or use files on this machine"
    problems = [
        Problem(flag(name), message) for name in ONLY_LOCAL if getattr(asked, name) is not None
    ]
    also = () if asked.also is None else tuple(map(str.strip, asked.also.split(",")))
    if others := [name for name in also if name != STALE]:
        names = f"{', '.join(map(shown, others))}: with --engine spark there is only {STALE}"
        problems.append(Problem("--also", names))
    if len(asked.inputs) > 1:
        problems.append(Problem("--engine spark", "give one Parquet file or folder"))
    if asked.output.suffix.lower() in _OTHER_FORMS or str(asked.output) == "-":
        written = f"{shown(str(asked.output))}: --engine spark writes a folder of Parquet files"
        problems.append(Problem("--output", f"{written}, such as findings.parquet"))
    day = screening_day(trial, asked.on, problems)
    if asked.site is not None and site_settings(trial, asked.site).limits:
        problems.append(Problem(SITE, f"holds limits, and {message}"))
    raise_any(problems)
    packages = ("pyspark", "py4j", "pyarrow", "polars", "pandas")
    with needing("--engine spark", "needs more packages, and Java", "spark", *packages):
        import_module("pandas")  # PySpark asks for it before it hands over any rows
        from trialscreen.tables.engines.spark import Limits, screen_parquet, session
    limits, spark, output = (
        Limits(asked.most_bad, today()),
        session(asked.master),
        str(asked.output),
    )
    done = screen_parquet(
        trial, asked.inputs[0], output, asked.key, day, spark, limits, also_stale=bool(also)
    )
    own = f"on the day in {SCREENING_DATE}, or on {day} where it is empty"
    run = Run(
        done.rows,
        own if done.own_days else f"on {day}",
        day,
        output,
        done.verdicts,
        list(map(shown, done.unused)),
        done.alike,
        done.quality,
    )
    tell(trial, run)
