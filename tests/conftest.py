"""Engines that several tests share, what cannot run on this machine, and what tests leave."""

import os
from collections.abc import Iterator

import pytest

from tests.engines import ENGINES, Engine, lacking
from tests.interviewing import leave_all

ALL_ENGINES = "TRIALSCREEN_ALL_ENGINES"
"""Set in CI: an engine that cannot run is then a failure."""


def pytest_report_header() -> list[str]:
    reasons = [reason for name in ENGINES if (reason := lacking(name))]
    return [f"SQL is not run on {'; '.join(reasons)}"] if reasons else []


@pytest.fixture(scope="session", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    reason = lacking(request.param)
    if reason and ALL_ENGINES not in os.environ:
        pytest.skip(reason)
    with ENGINES[request.param]() as started:
        yield started


@pytest.fixture(autouse=True)
def _interviews_left_in_order() -> Iterator[None]:
    yield
    leave_all()
