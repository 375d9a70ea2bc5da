#!/usr/bin/env bash
# DuckDB 2.0.1: a signal whose Python handler raises (as that of Ctrl-C does) during a query.
#
# Expected: the query stops, and what the handler raised goes on: KeyboardInterrupt, SystemExit.
# Seen: RuntimeError("Query interrupted"), without a cause or a context. It is no duckdb.Error and no
# KeyboardInterrupt: whoever catches Exception, to go on with the next file, goes on after Ctrl-C, and
# a service that is told to end by SIGTERM does not.
# So: what a handler raises is kept, and raised again when such an error arrives.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'duckdb==2.0.1'
python - <<'END'
import os, signal, threading
import duckdb


class Stopped(BaseException):
    """What the program makes of SIGTERM."""


def stop(*_):
    raise Stopped


signal.signal(signal.SIGTERM, stop)
query = "SELECT sum(hash(a.i * b.i)) FROM range(20000) a(i), range(20000) b(i)"
seen = {}
for name in ("SIGINT", "SIGTERM"):
    threading.Timer(0.3, os.kill, (os.getpid(), getattr(signal, name))).start()
    try:
        duckdb.sql(query).fetchall()
    except BaseException as error:
        seen[name] = [type(error).__name__, str(error), error.__cause__, error.__context__]
print(seen)
expected = ["RuntimeError", "Query interrupted", None, None]
assert [*seen.values()] == [expected] * 2, "the behaviour has changed"
END
