"""The pages that are printed and kept, as whole HTML documents."""

from trialscreen.output.report.log_page import LogReport, log_page
from trialscreen.output.report.record_page import Record, record_page
from trialscreen.output.report.render import html
from trialscreen.output.report.render.blocks import Page
from trialscreen.output.report.signing import foot, log_foot


def record_document(record: Record) -> str:
    """The record of one screening; every sheet of it says whose it is."""
    trial, on = record.screening.trial.registration.nct_id, record.screening.on
    return _document(record_page(record), foot(trial, on, record.entry))


def log_document(report: LogReport) -> str:
    """The page of a log; every sheet of it says up to which entry it goes."""
    nct_id, entries = report.trial.registration.nct_id, report.entries
    return _document(log_page(report), log_foot(nct_id, entries[-1] if entries else None))


def _document(page: Page, told: str) -> str:
    """A browser that prints no feet of its own prints the title above each sheet."""
    return html.render(page, told, told)
