"""The runs of the corpus, as `tests/data/corpus.yaml` lists them; its head says how."""

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import yaml

ROOT = Path(__file__).parents[2]
CORPUS = ROOT / "tests" / "data" / "corpus.yaml"
_PLACE = re.compile(r"<(\w+)(?:\.(\w+))?(?:\|([^>]*))?>")


class Step(NamedTuple):
    """One command line."""

    args: tuple[str, ...]
    stdin: str | bytes = ""
    env: Mapping[str, str] = {}
    replies: Sequence[str] = ()
    """In a terminal: what is typed, a line at each prompt."""
    then: Sequence[str] = ()
    """In a terminal: what is typed in turn at every further prompt."""


class Run(NamedTuple):
    """Command lines in a folder of their own."""

    name: str
    files: Mapping[str, Any]
    steps: tuple[Step, ...]
    on_engine: bool


class _Texts(yaml.CSafeLoader):
    """Every scalar stays text; bytes are given with !!binary."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - as its base class has it


def read(path: Path) -> Any:
    """A YAML file with every scalar as text."""
    return yaml.load(path.read_bytes(), Loader=_Texts)  # noqa: S506 - a SafeLoader


def runs() -> list[Run]:
    """All runs, in the order of the file. Raises ValueError for a name that stands twice."""
    made = [run for entry in read(CORPUS)["runs"] for run in _expanded(entry)]
    names = [run.name for run in made]
    if twice := {name for name in names if names.count(name) > 1}:
        raise ValueError(f"two runs of the same name: {sorted(twice)}")
    if inside := [name for name in names if not set(names).isdisjoint(_above(name))]:
        raise ValueError(f"runs that would stand in the folder of another: {inside}")
    return made


def _above(name: str) -> list[str]:
    return [str(parent) for parent in Path(name).parents]


def _expanded(entry: dict[str, Any]) -> Iterator[Run]:
    axes = {name: list(_values(wanted)) for name, wanted in entry.get("with", {}).items()}
    for chosen in product(*axes.values()):
        variables = {name: value for name, (_, value) in zip(axes, chosen, strict=True)}
        name = "/".join(map(_file_name, [entry["name"], *(label for label, _ in chosen)]))
        files = _filled(entry.get("files", {}), variables)
        steps = tuple(_step(one, variables) for one in _lines(entry["steps"]))
        yield Run(name, files, steps, "engine" in entry)


def _file_name(label: str) -> str:
    signs = label.replace("<", " below ").replace(">", " above ").replace("=", " is ")
    return re.sub(r"[^\w.+-]+", "-", signs).strip("-. ")[:80] or "none"


def _values(wanted: Any) -> Iterator[tuple[str, Any]]:
    """What a variable stands for in turn, each with a label for the run's name."""
    if isinstance(wanted, str | list):
        yield from ((str(one), one) for one in _lines(wanted))
    elif "files" in wanted:
        paths = sorted(path for path in ROOT.glob(wanted["files"]) if path.is_file())
        yield from ((path.name, str(path.relative_to(ROOT))) for path in paths)
    else:
        for number, case in enumerate(read(ROOT / wanted["cases"]), 1):
            yield f"{number:02}", case


def _lines(given: str | list[Any]) -> list[Any]:
    """A list, which may be written as the lines of a text."""
    return given.splitlines() if isinstance(given, str) else given


def _step(given: Any, variables: Mapping[str, Any]) -> Step:
    more = dict(given) if isinstance(given, dict) else {"run": given}
    args = shlex.split(_text(more.pop("run"), variables))
    return Step(tuple(args), **_filled(more, variables))


def _filled(given: Any, variables: Mapping[str, Any]) -> Any:
    """The same with every <variable> replaced; a text that is a variable alone keeps its kind."""
    if isinstance(given, dict):
        return {_text(name, variables): _filled(value, variables) for name, value in given.items()}
    if isinstance(given, list):
        return [_filled(one, variables) for one in given]
    if isinstance(given, str) and (place := _PLACE.fullmatch(given)) and place[1] in variables:
        return _value(place, variables)
    return _text(given, variables)


def _text(given: str, variables: Mapping[str, Any]) -> str:
    def shown(place: re.Match[str]) -> str:
        if place[1] not in variables:
            return place[0]
        value = _value(place, variables)
        return shlex.join(value) if isinstance(value, list) else str(value)

    return _PLACE.sub(shown, given)


def _value(place: re.Match[str], variables: Mapping[str, Any]) -> Any:
    """A variable; of a mapping the key that is named, of a text its word of that number."""
    value, key, default = variables[place[1]], place[2], place[3]
    if key is None:
        return value
    if key.isdigit():
        return value.split()[int(key)]
    return value.get(key, default or "")
