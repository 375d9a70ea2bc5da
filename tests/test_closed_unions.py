"""A new node that some interpreter does not handle is an error of the type checker there.

The package is copied, each closed union gets one node more, and mypy must name every `match`
over it. The list of these is read from the code.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from shutil import copytree, ignore_patterns
from typing import NamedTuple

import pytest

from tests.process import ROOT

UNIONS = {
    "rules": ("Compound", "Test"),
    "formulas": ("Term",),
}
"""By module of `trialscreen.model`: the unions that get a node, which make up those around them."""

NEW_NODE = """
class New{union}(NamedTuple):
    element: str = ""
    kind: Literal["new"] = "new"


{union} = New{union} | """

MYPY = """[mypy]
strict = true
follow_imports = skip
[mypy-trialscreen.model.*,trialscreen.screening.*]
follow_imports = normal
[mypy-trialscreen.model.expr]
follow_imports = skip
"""
"""What says nothing of the types of rules is left out: to check it takes ten times as long."""


class Match(NamedTuple):
    """One `match` over the nodes of a module: the lines of a file, and which union it is."""

    path: str
    first: int
    last: int
    module: str

    def __str__(self) -> str:
        return f"{self.path}:{self.first} ({self.module})"


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package, with a new node in each union."""
    folder = tmp_path_factory.mktemp("new_nodes")
    copytree(ROOT / "trialscreen", folder / "trialscreen", ignore=ignore_patterns("__pycache__"))
    for module, unions in UNIONS.items():
        path = folder / "trialscreen" / "model" / f"{module}.py"
        text = path.read_text()
        for union in unions:
            text, changed = re.subn(
                rf"^{union} = ", NEW_NODE.format(union=union), text, flags=re.MULTILINE
            )
            assert changed == 1, union
        path.write_text(text.replace("import NamedTuple\n", "import Literal, NamedTuple\n"))
    return folder


@pytest.fixture(scope="module")
def checked(package: Path) -> dict[Match, list[str]]:
    """What mypy says of the new nodes, by the `match` in the package that it says it of."""
    (package / "mypy.ini").write_text(MYPY)
    moved = tuple(matches(package / "trialscreen"))
    paths = sorted({one.path for one in moved})
    command = [sys.executable, "-m", "mypy", "--cache-dir", str(package / "cache")]
    done = subprocess.run(
        [*command, *(f"trialscreen/{path}" for path in paths)],
        cwd=package,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    found = re.findall(r"^trialscreen/(.+?):(\d+): error: (.*\bNew.*)$", done.stdout, re.MULTILINE)
    return {
        match: [
            message
            for path, line, message in found
            if path == there.path and there.first <= int(line) <= there.last
        ]
        for match, there in zip(EVERY_MATCH, moved, strict=True)
    }


def matches(package: Path) -> Iterator[Match]:
    """Every `match` with a pattern of a node."""
    for path in sorted(package.rglob("*.py")):
        tree = ast.parse(path.read_text())
        names = _node_names(tree, path)
        for node in ast.walk(tree):
            if isinstance(node, ast.Match):
                classes = {
                    ast.unparse(one.cls)
                    for case in node.cases
                    for one in ast.walk(case.pattern)
                    if isinstance(one, ast.MatchClass)
                }
                for module in sorted({names[one] for one in classes if one in names}):
                    assert node.end_lineno is not None
                    relative = path.relative_to(package).as_posix()
                    yield Match(relative, node.lineno, node.end_lineno, module)


def _node_names(tree: ast.Module, path: Path) -> dict[str, str]:
    """How a module writes the classes of nodes: `rules.Is`, or `Is` if it is imported so."""
    names: dict[str, str] = {}
    for module in UNIONS:
        classes = _classes(module)
        if path.stem == module and path.parent.name == "model":
            names |= dict.fromkeys(classes, module)
        names |= {f"{module}.{one}": module for one in classes}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module == f"trialscreen.model.{module}":
                names |= {one.asname or one.name: module for one in node.names}
    return names


@cache
def _classes(module: str) -> set[str]:
    """The nodes of a module; `ElementRef` and the like are none."""
    tree = ast.parse((ROOT / "trialscreen" / "model" / f"{module}.py").read_text())
    inside = {
        one.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.BinOp | ast.Name)
        for one in ast.walk(node.value)
        if isinstance(one, ast.Name)
    }
    return {one.name for one in ast.walk(tree) if isinstance(one, ast.ClassDef)} & inside


EVERY_MATCH = tuple(matches(ROOT / "trialscreen"))


def test_there_are_interpreters_to_look_at() -> None:
    paths = {one.path for one in EVERY_MATCH}
    assert paths >= {"screening/evaluate.py", "tables/compile/rules.py", "model/wording.py"}
    assert paths >= {
        "model/formulas.py",
        "tables/compile/intervals.py",
        "output/export/redcap/calc.py",
    }


@pytest.mark.parametrize("match", EVERY_MATCH, ids=str)
def test_the_type_checker_names_it(match: Match, checked: dict[Match, list[str]]) -> None:
    assert checked[match]
