#!/usr/bin/env bash
# Polars 2.1.0: one Ctrl-C (SIGINT) while a query runs.
#
# Expected: one KeyboardInterrupt, so that `except KeyboardInterrupt` or `finally` can clear away.
# Seen: two. Polars raises one of its own, and Python calls the handler of the program as well, a
# moment later: a second KeyboardInterrupt, which stops what is just clearing away. A handler that
# raises nothing does not keep Polars from raising.
# So: while a cohort is screened the handler raises only if no interrupt is being handled yet. Half
# of the runs that were interrupted with --problems had left that list, half written, behind.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'polars==2.1.0'
cat > "$place/run.py" <<'END'
import os, signal, sys, threading, time

seen = []
if sys.argv[1] == "quiet":
    signal.signal(signal.SIGINT, lambda *_: seen.append("handler"))
import polars as pl

rows = pl.LazyFrame({"n": range(6_000_000)})
query = rows.with_columns(t=pl.col("n").cast(pl.String).str.replace_all("1", "22")).sort("t")
threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
try:
    try:
        query.collect(engine="streaming")
        seen.append("done")
    except KeyboardInterrupt:
        seen.append("first")
        time.sleep(0.1)
        seen.append("cleared away")
except KeyboardInterrupt:
    seen.append("second")
print(sys.argv[1], seen)
expected = {"usual": ["first", "second"], "quiet": ["first", "handler", "cleared away"]}
assert seen == expected[sys.argv[1]], "the behaviour has changed"
END
python "$place/run.py" usual
python "$place/run.py" quiet
