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
    "model.rules": ("Compound", "Test"),
    "model.expr": ("Term", "Boolean", "Quantity", "Scalar"),
    "output.export.conditions": ("Test",),
    "output.report.render.blocks": ("Part",),
}
"""By module: the unions that get a node, which make up those around them."""

REWRITES = {
    "tables/compile/simplify.py": "an expression that is not known to be simpler stays as it is",
    "screening/evaluate.py": "a rule that is not looked into is as true as its trace",
    "output/export/conditions.py": "a condition that is not seen to imply another does not",
}
"""Where a `match` may end in `case _`, since that is right for any node."""

NEW_NODE = """
class New{union}(NamedTuple):
    element: str = ""
    kind: Literal["new"] = "new"


{union} = New{union} | """

NEW_IMPORTS = """
from dataclasses import dataclass
from typing import Literal, NamedTuple
from """

MYPY = """[mypy]
strict = true
follow_imports = skip
[mypy-trialscreen.model.*,trialscreen.screening.*,trialscreen.output.*]
follow_imports = normal
"""
"""What says nothing of the types of nodes is left out."""


class Match(NamedTuple):
    """One `match` over the nodes of a module: the lines of a file, and which union it is."""

    path: str
    first: int
    last: int
    module: str
    rewrites: bool
    """Whether what it does with any other node is right: see REWRITES."""

    def __str__(self) -> str:
        return f"{self.path}:{self.first} ({self.module})"


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package, with a new node in each union.

    Its nodes are dataclasses: named tuples, which hold each other, are compared by mypy field by
    field, all the way down, and that takes a minute.
    """
    folder = tmp_path_factory.mktemp("new_nodes")
    copytree(ROOT / "trialscreen", folder / "trialscreen", ignore=ignore_patterns("__pycache__"))
    for module, unions in UNIONS.items():
        path = _file(folder, module)
        text = path.read_text()
        for union in unions:
            text, changed = re.subn(
                rf"^{union} = ", NEW_NODE.format(union=union), text, flags=re.MULTILINE
            )
            assert changed == 1, union
        text = re.sub(r"^(class \w+)\(NamedTuple\):$", r"@dataclass\n\1:", text, flags=re.MULTILINE)
        text = text.replace("\nfrom ", NEW_IMPORTS, 1)
        path.write_text(text)
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
        text = path.read_text()
        if re.search(r"^ +match ", text, re.MULTILINE) is None:
            continue  # to parse every module takes long
        nodes = list(ast.walk(ast.parse(text)))
        names = _node_names(nodes, path)
        for node in nodes:
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
                    rewrites = relative in REWRITES and "assert_never" not in ast.unparse(node)
                    yield Match(relative, node.lineno, node.end_lineno, module, rewrites)


def _node_names(nodes: list[ast.AST], path: Path) -> dict[str, str]:
    """How a module writes the classes of nodes: `rules.Is`, or `Is` if it is imported so."""
    names: dict[str, str] = {}
    imports = [node for node in nodes if isinstance(node, ast.ImportFrom)]
    for module in UNIONS:
        classes = _classes(module)
        if path.as_posix().endswith(f"trialscreen/{module.replace('.', '/')}.py"):
            names |= dict.fromkeys(classes, module)
        names |= {f"{module.rpartition('.')[2]}.{one}": module for one in classes}
        for node in imports:
            if node.module == f"trialscreen.{module}":
                names |= {one.asname or one.name: module for one in node.names}
    return names


def _file(folder: Path, module: str) -> Path:
    return folder / "trialscreen" / f"{module.replace('.', '/')}.py"


@cache
def _classes(module: str) -> set[str]:
    """The nodes of a module; `ElementRef` and the like are none."""
    tree = ast.parse(_file(ROOT, module).read_text())
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
    assert paths >= {"screening/evaluate.py", "tables/compile/compiler.py", "model/wording.py"}
    assert paths >= {
        "model/formulas.py",
        "tables/compile/intervals.py",
        "output/export/redcap/logic.py",
        "output/export/fhir/enable_when.py",
        "tables/expressions.py",
        "tables/engines/sql/printer.py",
        "output/report/render/html.py",
    }


@pytest.mark.parametrize("match", [one for one in EVERY_MATCH if not one.rewrites], ids=str)
def test_the_type_checker_names_it(match: Match, checked: dict[Match, list[str]]) -> None:
    assert checked[match]
