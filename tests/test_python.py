"""What `import trialscreen` offers: what the JSON says, by the same names; its pages are true."""

import doctest
import json
import pickle
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from http.client import HTTPConnection
from pathlib import Path
from random import Random
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
import yaml

import trialscreen
from tests.generate import blur, random_trial, random_world, unreviewed
from tests.process import PATIENTS, ROOT, run
from tests.sizes import size
from tests.spec import chapters, spec_trial
from tests.tools.python_page import FUNCTIONS, attributes
from trialscreen import InputError, Screening, api, load_trial
from trialscreen.criteria_file import load
from trialscreen.model.registration import as_data
from trialscreen.model.trial import Criterion
from trialscreen.model.wording import show_fact
from trialscreen.output.report.screening_data import evidence_data

NCT = load_trial()
ON = date(2026, 6, 1)

OF_JSON_ALONE = {"schema_version", "tool", "disclaimer"}
"""What a document says of itself."""

AS_IN_JSON: Mapping[str, Callable[[Screening], object]] = {
    "trial": lambda one: {
        "nct_id": one.trial.registration.nct_id,
        "title": one.trial.registration.title,
        "criteria_file": one.trial.origin,
        "criteria_version": one.trial.version,
        "criteria_sha256": one.trial.sha256,
    },
    "criteria": lambda one: [
        {name: _plain(getattr(finding, name)) for name in _keys("criteria")}
        for finding in one.findings
    ],
    "stale": lambda one: [
        {"element": x.element, "date": x.day, "valid_for": str(x.valid_for)} for x in one.stale
    ],
    "values": lambda one: {
        name: show_fact(one.trial.elements[name], fact) for name, fact in one.facts.items()
    },
    "facts": lambda one: evidence_data(one.trial.elements, one.recorded),
    **{
        key: lambda one, key=key: evidence_data(one.trial.elements, getattr(one, key))  # type: ignore[misc]
        for key in ("candidates", "unmapped", "conflicts", "assumed", "overruled")
    },
}
"""The keys whose values are of other types in Python, or that stand under another name."""


def _schema() -> Any:
    path = ROOT / "trialscreen/output/report/result.schema.json"
    return json.loads(path.read_text("utf-8"))["properties"]


def _keys(inside: str) -> list[str]:
    return list(_schema()[inside]["items"]["properties"])


def _plain(value: Any) -> object:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(one) for one in value] if type(value) is tuple else as_data(value)


def _patient(name: str) -> Screening:
    given = yaml.load((PATIENTS / name).read_text("utf-8"), yaml.CBaseLoader)  # noqa: S506
    on = date.fromisoformat(given.pop("screening_date"))
    return trialscreen.screen(NCT, given, on)


def _screenings() -> Iterator[Screening]:
    for path in sorted(PATIENTS.glob("*.yaml")):
        if path.name != "bad_input.yaml":
            yield _patient(path.name)
    dated = {"tsh": {"value": "2.1", "date": "2026-03"}, "alt": {"value": "pending"}}
    yield trialscreen.screen(NCT, {**dated, "ast": "30"}, ON)
    spec, rng = spec_trial(), Random(15)
    for chapter in chapters():
        for case in chapter.cases:
            yield _of_case(case.rule, case.given, case.on)
    for _ in range(size(200, part=40)):
        trial = random_trial(rng, spec)
        yield unreviewed(trial, blur(rng, trial, random_world(rng, trial)))


def _of_case(rule: Any, given: Mapping[str, str], on: date) -> Screening:
    kinds = (Criterion("I1", "inclusion", "", "", rule), Criterion("E1", "exclusion", "", "", rule))
    return trialscreen.screen(replace(spec_trial(), criteria=kinds, checks=()), given, on)


def test_every_key_of_the_json_is_an_attribute_with_the_same_value() -> None:
    seen, verdicts = 0, set()
    for screening in _screenings():
        data = trialscreen.result(screening)
        assert data.keys() == _schema().keys()
        for key in data.keys() - OF_JSON_ALONE:
            told = AS_IN_JSON.get(key, lambda one, key=key: _plain(getattr(one, key)))(screening)
            assert told == data[key], (key, screening)
        seen += 1
        verdicts.add(data["verdict"])
    assert seen > 100
    assert len(verdicts) == 3


def test_the_object_is_what_the_command_prints() -> None:
    for name in ("eligible", "ineligible_washout", "undetermined"):
        ran = run("screen", "--from", PATIENTS / f"{name}.yaml", "--format", "json")
        assert json.loads(ran.out) == trialscreen.result(_patient(f"{name}.yaml"))


def test_met_and_passes_are_of_three_values() -> None:
    found = {one.id: one for one in trialscreen.screen(NCT, {"weight": 38}, ON).findings}
    assert (found["I3"].met, found["I3"].passes) == (False, False)
    assert (found["E1"].met, found["E1"].passes) == (None, None)
    found = {one.id: one for one in _patient("ineligible_lab.yaml").findings}
    assert (found["E13"].met, found["E13"].passes, found["E13"].status) == (True, False, "excludes")
    assert (found["E1"].met, found["E1"].passes, found["E1"].status) == (False, True, "clear")


def test_how_far_a_value_is_off_is_told_of_what_fails_alone() -> None:
    for name in ("eligible.yaml", "ineligible_washout.yaml", "undetermined.yaml"):
        for one in _patient(name).findings:
            assert bool(one.distances) == (one.passes is False), (name, one)


def test_the_ten_smallest_sets_settle_in_the_order_of_the_elements() -> None:
    screening = trialscreen.screen(NCT, {"fracture_site_count": 1}, ON)
    assert screening.settles is not None
    order = list(NCT.elements)
    for verdict, sets in screening.settles.items():
        every = [set(one) for one in screening.ways_to(verdict)]
        assert [set(one) for one in sets] == every[:10]
        assert all(list(one) == sorted(one, key=order.index) for one in sets)
    assert len(screening.settles["ineligible"]) == 10 < len(screening.ways_to("ineligible"))
    (all_that_is_open, *_) = screening.settles["eligible"]
    assert len(all_that_is_open) > 10


def test_a_trial_is_read_anew_only_where_its_file_says_something_else(tmp_path: Path) -> None:
    path, text = tmp_path / "t.yaml", (ROOT / "criteria.yaml").read_text("utf-8")
    path.write_text(text, "utf-8")
    first = trialscreen.load_trial(path)
    assert trialscreen.load_trial(path) is first
    path.write_text(text.replace("at_least: 40", "at_least: 41"), "utf-8")
    found = [
        trialscreen.screen(trial, {"weight": 40}, ON)
        for trial in (trialscreen.load_trial(path), first)
    ]
    assert [["I3" in [one.id for one in screening.failing]] for screening in found] == [
        [True],
        [False],
    ]


def test_a_parsed_form_is_that_of_its_very_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load, "__file__", str(tmp_path / "load.py"))
    data = load.packaged_path().read_bytes()
    (tmp_path / load.PARSED_NAME).write_bytes(load.pack(data))
    assert load._unpack(data) == load._parse(data, load.FILE_NAME) == NCT
    assert load._unpack(data + b"\n") is None


def test_what_is_offered_is_offered_by_the_package() -> None:
    assert trialscreen.__all__ == api.__all__ == sorted(api.__all__, key=lambda n: (n.islower(), n))
    for name in trialscreen.__all__:
        assert getattr(trialscreen, name) is getattr(api, name)
    with pytest.raises(AttributeError, match="no attribute 'Evaluation'"):
        _ = trialscreen.Evaluation


def test_type_checkers_are_told_that_the_package_is_typed() -> None:
    assert (ROOT / "trialscreen" / "py.typed").exists()


def test_every_attribute_and_name_is_on_the_page() -> None:
    page = (ROOT / "docs/reference/python.md").read_text("utf-8")
    for kind in (trialscreen.Screening, trialscreen.Finding):
        for one in attributes(kind):
            assert f"| `{one.name}` |" in page
    for name in trialscreen.__all__:
        assert re.search(rf"^(#+ `{name}`$|\| `{name}` \|)", page, re.MULTILINE), name
    assert set(FUNCTIONS) == {name for name in trialscreen.__all__ if name.islower()}


@pytest.mark.parametrize("page", ["docs/reference/python.md", "docs/how-to/python.md"])
def test_the_examples_of_a_page_are_true(page: str) -> None:
    text = re.sub(r"^```.*$", "", (ROOT / page).read_text("utf-8"), flags=re.MULTILINE)
    test = doctest.DocTestParser().get_doctest(text, {}, page, page, 0)
    told: list[str] = []
    found = doctest.DocTestRunner().run(test, out=told.append)
    assert found.attempted > 10
    assert found.failed == 0, "".join(told)


# What is wrong with what is given.


@pytest.mark.parametrize("on", ["2026-06-01", datetime(2026, 6, 1, 12), None])  # noqa: DTZ001
def test_the_screening_date_is_a_day(on: Any) -> None:
    with pytest.raises(TypeError, match=r"expected a datetime\.date"):
        trialscreen.screen(NCT, {"weight": 38}, on)


@pytest.mark.parametrize("name", ["weight", "sex", "hbv_dna"])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_number_of_very_many_digits_is_a_problem_like_others(name: str, sign: int) -> None:
    with pytest.raises(InputError) as refused:
        trialscreen.screen(NCT, {name: sign * 10**5000}, on=ON)
    (problem,) = refused.value.problems
    assert problem.where == name
    assert problem.message.endswith(" is too long; at most 200 characters are read")


def test_nothing_of_a_patient_is_in_what_logs_and_tracebacks_show() -> None:
    screening = trialscreen.screen(NCT, {"weight": 38}, ON)
    shown = f"{screening!r} {screening.findings!r}"
    assert shown.startswith("<Screening for NCT06949137 on 2026-06-01> (<Finding of I1>, ")
    assert "38" not in shown
    record = trialscreen.read_fhir(NCT, "docs/patients/record.json", on=ON)
    assert repr(record) == "<FromRecord on 2026-06-01>"
    with pytest.raises(InputError, match=r"^1 problem with what was given; see \.problems$"):
        trialscreen.screen(NCT, {"weight": 8500}, ON)


def test_a_screening_and_an_error_travel_between_processes() -> None:
    screening = _patient("ineligible_washout.yaml")
    again = pickle.loads(pickle.dumps(screening))  # noqa: S301 - our own
    assert trialscreen.result(again) == trialscreen.result(screening)
    with pytest.raises(InputError) as caught:
        trialscreen.screen(NCT, {"weight": "x", "hight": 160}, ON)
    assert pickle.loads(pickle.dumps(caught.value)).problems == caught.value.problems  # noqa: S301


# The web service of the how-to.


class _Silent(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nothing: a test's output is for the test."""


@pytest.fixture(scope="module")
def service() -> Iterator[int]:
    """The port on which the service listens."""
    page = (ROOT / "docs/how-to/python.md").read_text("utf-8")
    (code,) = re.findall(r"```python\n(import json\n.*?)```", page, re.DOTALL)
    names: dict[str, Any] = {"__name__": "service"}
    exec(compile(code, "service.py", "exec"), names)  # noqa: S102 - our own page
    with make_server("127.0.0.1", 0, names["app"], handler_class=_Silent) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def _post(port: int, body: str, method: str = "POST") -> tuple[int, Any]:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request(method, "/", body.encode())
    reply = connection.getresponse()
    return reply.status, json.loads(reply.read())


def test_the_service_returns_the_json_result(service: int) -> None:
    code, data = _post(service, '{"screening_date": "2026-06-01", "weight": 38.0, "tsh": null}')
    assert code == 200
    assert data == trialscreen.result(trialscreen.screen(NCT, {"weight": "38.0", "tsh": None}, ON))


@pytest.mark.parametrize(
    ("body", "code", "said"),
    [
        ('{"screening_date": "2026-06-01", "weight": "heavy"}', 422, "'heavy' is not a number"),
        ('{"screening_date": "2026-06-01", "weight": [1]}', 422, "expected a single value"),
        ('{"weight": 38}', 400, "expected a screening_date, YYYY-MM-DD"),
        ('{"screening_date": [], "weight": 38}', 400, "expected a screening_date, YYYY-MM-DD"),
        ('{"screening_date": "May"}', 400, "Invalid isoformat string: 'May'"),
        ('{"weight": 38, "weight": 83}', 400, "a key stands twice"),
        ("[1]", 400, "expected a JSON object with an answer for each data element"),
        ("{", 400, "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        ("", 400, "expected a POST of up to 100000 bytes"),
        (" " * 100_001, 400, "expected a POST of up to 100000 bytes"),
    ],
)
def test_the_service_says_what_is_wrong(service: int, body: str, code: int, said: str) -> None:
    assert _post(service, body) == (code, {"problems": [{"where": _where(code), "message": said}]})


def _where(code: int) -> str:
    return "weight" if code == 422 else ""
