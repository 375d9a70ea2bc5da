"""Runs cql-execution: one process of Node for each run, with the package from a folder of npm."""

import json
import os
import subprocess
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.peer import Engine, Found, Row, in_json
from tests.bench.peer_cql import Cql
from trialscreen.model.trial import Trial

RUNNER = Path(__file__).parents[1] / "data" / "others" / "run_cql.js"


def engines(trial: Trial, on: date, folder: Path) -> list[Engine]:
    """One process of Node for each run, with cql-execution from `folder`/node_modules."""
    language = Cql(trial, on)
    task = {"library": language.library(), "on": on.isoformat(), "criteria": list(language.ids)}
    environment = {**os.environ, "NODE_PATH": str(folder.resolve() / "node_modules")}

    def run(rows: Sequence[Row]) -> Found:
        records = [
            {"id": str(place), "recordType": "Patient", **in_json(row)}
            for place, row in enumerate(rows)
        ]
        with TemporaryDirectory() as temporary:
            path = Path(temporary) / "task.json"
            path.write_text(json.dumps({**task, "patients": records}), encoding="utf-8")
            command = ("node", str(RUNNER), str(path))
            done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE)
        found = json.loads(done.stdout)
        return Found(found["answers"], found["micros"])

    return [Engine("cql-execution", run)]


def package(folder: Path) -> Path:
    return folder / "node_modules" / "cql-execution" / "package.json"


def version(folder: Path) -> str:
    node = subprocess.run(("node", "--version"), check=True, capture_output=True, text=True)
    number = json.loads(package(folder).read_text("utf-8"))["version"]
    return f"cql-execution {number} on Node {node.stdout.strip()}"
