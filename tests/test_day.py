"""A coordinator's days, as `docs/how-to/a-day.md` tells them: one log, to an amendment."""

import json
from datetime import date
from pathlib import Path

import icalendar
import pytest

from tests.interviewing import answers, finish, quit_, say, start
from tests.process import PATIENTS, ROOT, run
from trialscreen.cli import options

BY = ("--log", "site.log", "--by", "JW")
LOW, MEDIUM = "Low Dose Group", "Medium Dose Group"


def test_the_days_of_a_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(options, "today", lambda: date(2026, 11, 20))  # whatever day it is
    a_call_that_is_stopped(tmp_path)
    consent_is_pending(tmp_path)
    the_laboratory_returns(tmp_path)
    a_place_is_taken(tmp_path)
    the_cohort_is_full(tmp_path)
    a_washout_ends(tmp_path)
    an_amendment(tmp_path)
    before_going_home(tmp_path)


def did(site: Path, *args: str | Path, code: int = 0) -> str:
    """What a command says, in one line, as if none had been broken."""
    ran = run(*args, folder=site)
    assert ran.code == code, ran
    return " ".join((ran.err + ran.out).split())


def screened(site: Path, name: str, subject: str, *more: str, code: int) -> str:
    given = ("screen", "--from", PATIENTS / f"{name}.yaml", "--subject", subject)
    return did(site, *given, *BY, *more, code=code)


def enrol(site: Path, subject: str, dose_cohort: str, day: str, *more: str, code: int = 0) -> str:
    who = ("--subject", subject, "--decision", "enrolled", "--dose-cohort", dose_cohort)
    return did(site, "log", "decide", "site.log", *who, "--by", "JW", "--on", day, *more, code=code)


def todo(site: Path, day: str) -> dict[str, str]:
    """What each subject waits for."""
    ran = run("log", "todo", "site.log", "--on", day, "--format", "json", folder=site)
    return {one["subject"]: "; ".join(one["details"]) for one in json.loads(ran.out)}


def a_call_that_is_stopped(site: Path) -> None:
    """Without a file; the answers are kept all the same, and gone on with."""
    file = site / "S-014.yaml"
    child = start("--quick", "--ask", "participant")
    assert "expected numbers from 1 to 8" in say(child, "yes")
    say(child, "0", "0")
    quit_(child, str(file))
    assert f"--resume{file}" in "".join(child.before.split())
    child.close()
    assert child.exitstatus == 130
    known = answers(file)
    assert known["rankl_inhibitor_use"] == "no"
    child = start("--resume", str(file), "--quick", "--ask", "participant", "--subject", "S-014")
    assert "bone medicines" not in child.before
    quit_(child)
    assert answers(file) == {"subject": "S-014", **known}


def consent_is_pending(site: Path) -> None:
    unsigned = ("--informed-consent-signed", "no")
    told = did(site, "screen", "--from", "S-014.yaml", *unsigned, *BY, code=4)
    assert "No answers are kept before consent." in told
    assert "Prescreen: nothing excludes so far; consent pending" in told
    screened(site, "ineligible_lab", "S-020", *unsigned, code=3)
    assert todo(site, "2026-06-08") == {"S-014": "consent"}
    assert "no rows" in did(site, "export", "sdtm-ie", "site.log", "-o", "ie.csv", code=2)


def the_laboratory_returns(site: Path) -> None:
    """What is awaited is asked first; the verdict stands at the top of the page and at the end."""
    file = site / "visit.yaml"
    text = (
        (PATIENTS / "eligible.yaml")
        .read_text(encoding="utf-8")
        .replace("tsh: ", "tsh: pending  # ")
    )
    file.write_text(text, encoding="utf-8")
    did(site, "screen", "--from", file, *BY, "--subject", "S-014", code=4)
    assert todo(site, "2026-06-08") == {"S-014": "awaited values: tsh"}
    log = ("--log", str(site / "site.log"), "--by", "JW", "--subject", "S-014")
    child = start("--resume", str(file), "--ask", "laboratory", *log)
    assert "TSH: awaited since 2026-06-01" in child.before
    assert "'2.1 (4-0.4)': the limits run downwards" in say(child, "2.1 (4-0.4)")
    assert "Taken: TSH 2.1" in say(child, "2.1 (0.4-4.2) on 2026-05-29")
    child.sendline("")
    code, told = finish(child)
    assert code == 0
    assert told.index("approved protocol") < told.index("log: entry 4") < told.rindex("ELIGIBLE")
    assert told.count("ELIGIBLE on an unconfirmed reading (NCT06949137") == 2
    assert todo(site, "2026-06-08") == {}


def a_place_is_taken(site: Path) -> None:
    assert "not open: nothing is decided" in enrol(site, "S-014", LOW, "2026-06-09", code=2)
    terms = ("--places", "2", "--sentinel-days", "7", "--observation-days", "28")
    opened = ("--state", "open", *terms, "--by", "JW", "--on", "2026-06-01")
    did(site, "log", "cohort", "site.log", LOW, *opened)
    out_of_order = enrol(site, "S-014", MEDIUM, "2026-06-09", code=2)
    assert f"{LOW} must be completed first" in out_of_order
    assert f"S-014 enrolled: {LOW}" in enrol(site, "S-014", LOW, "2026-06-09")


def the_cohort_is_full(site: Path) -> None:
    for subject in ("S-015", "S-016"):
        screened(site, "eligible", subject, code=0)
    assert "has this subject as 'S-015'" in enrol(site, "s-015", LOW, "2026-06-12", code=2)
    assert "7 days between two doses" in enrol(site, "S-015", LOW, "2026-06-12", code=2)
    enrol(site, "S-015", LOW, "2026-06-16")
    assert "2 places, and none is free" in enrol(site, "S-016", LOW, "2026-06-24", code=2)
    reason = ("--reason", "a third place was agreed with the sponsor")
    assert "Entered all the same" in enrol(site, "S-016", LOW, "2026-06-24", *reason)
    for name, state in ((LOW, "completed"), (MEDIUM, "open")):
        how = ("--state", state, "--by", "JW", "--on", "2026-06-30")
        did(site, "log", "cohort", "site.log", name, *how)
    board = did(site, "log", "cohorts", "site.log", "--on", "2026-07-01", "--format", "plain")
    assert "3 of 18 participants enrolled" in board
    assert "no more doses" in board
    assert "next dose from 2026-07-22" in board


def a_washout_ends(site: Path) -> None:
    screened(site, "ineligible_washout", "S-018", code=3)
    assert todo(site, "2026-06-15") == {"S-018": "washout: E8"}
    assert "until 2026-11-19" in enrol(site, "S-018", MEDIUM, "2026-08-01", code=2)
    washed = ("--rescreen", PATIENTS / "ineligible_washout.yaml", "--screening-date", "2026-11-19")
    told = did(site, "screen", *washed, *BY, "--subject", "S-018")
    assert told.endswith("but 12 values are older than 28 days")
    assert "12 values are stale" in enrol(site, "S-018", MEDIUM, "2026-11-20", code=2)
    assert "stale values: serum_calcium, tsh" in todo(site, "2026-11-20")["S-018"]
    page = did(site, "log", "todo", "site.log", "--on", "2026-11-20", "--format", "plain")
    assert "stale values: serum calcium, TSH" in page


def an_amendment(site: Path) -> None:
    text = (ROOT / "criteria.yaml").read_text(encoding="utf-8")
    (site / "new.yaml").write_text(text.replace("{at_least: 40}", "{at_least: 60}", 1), "utf-8")
    assert "body weight ≥ 60 kg" in did(site, "diff", "new.yaml")
    again = ("log", "rescreen", "site.log", "--criteria", "new.yaml")
    told = did(site, *again, "--screening-date", "2026-11-19")
    assert "4 of 5 subjects come out otherwise." in told
    assert f"touched: S-014 ({LOW}), S-015 ({LOW}), S-016 ({LOW})." in told


def before_going_home(site: Path) -> None:
    calendar = run("log", "todo", "site.log", "--on", "2026-11-20", "--format", "ics", folder=site)
    events = icalendar.Calendar.from_ical(calendar.out).walk("VEVENT")
    assert ["S-018" in str(one["SUMMARY"]) for one in events] == [True]
    did(site, "report", "--log", "site.log", "--entry", "4", "-o", "S-014.html")
    assert LOW in (site / "S-014.html").read_text(encoding="utf-8")
    assert "VERIFIED" in did(site, "log", "verify", "site.log")
    did(site, "log", "export", "site.log", "-o", "log.csv")
    assert "S-020" in (site / "log.csv").read_text(encoding="utf-8")
    screened(site, "ineligible_lab", "S-021", code=3)
    did(site, "export", "sdtm-ie", "site.log", "-o", "ie.csv")
    failed = (site / "ie.csv").read_text(encoding="utf-8")
    assert "S-021" in failed and "S-020" not in failed  # who has not signed has not failed
