"""Engines that several tests share, what cannot run on this machine, and what tests leave."""

import gc
import os
import re
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch

import polars as pl
import pytest
from polars.io import plugins
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from tests.engines import ENGINES, PASSWORD, Engine, PostgreSQL, lacking, postgresql
from tests.interviewing import leave_all

ALL_ENGINES = "TRIALSCREEN_ALL_ENGINES"
"""Set in CI: an engine that cannot run is then a failure."""


def pytest_configure() -> None:
    # Line editing, which pytest imports, hands them to other processes of tests; a terminal has
    # a size of its own.
    for name in ("COLUMNS", "LINES"):
        os.environ.pop(name, None)
    # Tests make much and leave little: to look for what is left so often takes a tenth of the time.
    gc.set_threshold(50_000, 20, 100)
    # Some tests fork. Where those of Spark Connect ran before, gRPC would end the child.
    os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "false"
    if threading.gettrace() is not None:
        plugins.register_io_source = _measured(plugins.register_io_source)


def _measured(register: Callable[..., pl.LazyFrame]) -> Callable[..., pl.LazyFrame]:
    """Coverage follows the threads that Python starts; those of Polars have to be told."""

    def registered(
        io_source: Callable[..., Iterator[pl.DataFrame]], *args: Any, **options: Any
    ) -> pl.LazyFrame:
        def traced(*asked: Any) -> Iterator[pl.DataFrame]:
            batches = io_source(*asked)
            while True:  # each batch may be asked for in another thread
                sys.settrace(sys.gettrace() or threading.gettrace())
                if (batch := next(batches, None)) is None:
                    return
                yield batch

        return register(traced, *args, **options)

    return registered


def pytest_report_header() -> list[str]:
    reasons = [reason for name in ENGINES if (reason := lacking(name))]
    return [f"SQL is not run on {'; '.join(reasons)}"] if reasons else []


class ByModule(LoadScopeScheduling):  # type: ignore[misc] # it has no types
    """The tests of a module run in one process, so that what it makes once is made once.

    So do all tests of an engine that is a server. (Groups of `xdist_group` are not seen: xdist 3.8
    writes them where pytest 9.2 no longer reads them.)
    """

    def _split_scope(self, nodeid: str) -> str:
        return _server_of(nodeid) or nodeid.partition("::")[0]


def _server_of(nodeid: str) -> str | None:
    engine = re.search(r"[\[-](PostgreSQL|Spark)[\]-]", nodeid)
    return engine and engine[1]


def pytest_collection_finish() -> None:
    # What was imported and collected stays: the collector of garbage need not look at it again.
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # Those that take longest first: in the end, the other processor would have nothing to do.
    items.sort(key=lambda item: _server_of(item.nodeid) != "Spark")


def pytest_xdist_auto_num_workers() -> int:
    # One more than processors: some tests wait, for disks, servers and processes of their own.
    return (os.cpu_count() or 1) + 1


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByModule:
    config.option.loadscopereorder = False  # else by their number of tests
    return ByModule(config, log)


@pytest.fixture(scope="session", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    reason = lacking(request.param)
    if reason and ALL_ENGINES not in os.environ:
        pytest.skip(reason)
    with ENGINES[request.param]() as started:
        yield started


@pytest.fixture(scope="session")
def server() -> Iterator[PostgreSQL]:
    """A server of PostgreSQL, its password where clients look for it."""
    reason = lacking("PostgreSQL")
    if reason and ALL_ENGINES not in os.environ:
        pytest.skip(reason)
    with postgresql() as started, patch.dict("os.environ", {"PGPASSWORD": PASSWORD}):
        yield started


@pytest.fixture(autouse=True)
def _interviews_left_in_order() -> Iterator[None]:
    yield
    leave_all()
