"""What venues say of their own rules, asked of the library: on core and on reference."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from conformance import (
    deleveraging_cases,
    funding_cases,
    liquidation_cases,
    margin_cases,
    matching_cases,
    money_cases,
    order_cases,
    policy_cases,
    pretrade_cases,
    rate_limit_cases,
    self_trade_cases,
)
from conformance.cases import Case, Form, Library, OneOf, Question, load, read_case, unlike
from conformance.own_cases import (
    ANSWERS,
    AUCTION,
    CHECKED,
    OWN,
    REDUCED,
    STP,
    TIER,
    TRAILING,
    question,
)
from conformance.plugin import CASES, ROOT, SHARED, case_directory

from engine import RateLimiter, auctions, reference

SKIPS = Path(__file__).parent / "case_skips.json"
KNOWN = Path(__file__).parent / "one_of_two.json"
PAGE = ROOT / "docs" / "conformance.md"
FUNCTIONS = {"core": auctions, "reference": reference}
LIMITERS = {"core": RateLimiter, "reference": reference.RateLimiter}
FORMS: dict[str, list[Any]] = {
    **matching_cases.FORMS,
    **money_cases.FORMS,
    **margin_cases.FORMS,
    **order_cases.FORMS,
    **funding_cases.FORMS,
    **liquidation_cases.FORMS,
    **deleveraging_cases.FORMS,
    **policy_cases.FORMS,
    **pretrade_cases.FORMS,
    **rate_limit_cases.FORMS,
    **self_trade_cases.FORMS,
}
# Cases whose printed answer does not follow from their own rule: what the rule comes to, and why.
FLAGGED = {
    "bybit-inverse-upnl-doc": (
        "0.01818182",
        "the page rounds 1/5000 - 1/5500 up to 0.00001819 before it multiplies by 1000",
    ),
    "bybit-linear-real-funding-1": (
        "-0.1022538958",
        "the mark price that it was paid at is not in the response, and its value is at another",
    ),
}
# Shared cases whose inputs leave open which of two answers it is, and which one it must be. The
# first is a buyer's, a long position's, a linear contract's. Of unseen cases either may be it.
ONE_OF_TWO = {
    name: place
    for place, which in enumerate(("first", "second"))
    for name in json.loads(KNOWN.read_text(encoding="utf-8"))[which]
}
# What an adapter may not read, so that an answer is the same without it.
HIDDEN = ("id", "title", "note", "verdict", "expr", "computed", "formula", "source", "origin")


def form_of(question: Question) -> Form | None:
    """Return the adapter of a question, None where no one understands its inputs."""
    forms = FORMS.get(question.kind, [])
    return next((form for form in forms if form.understands(question.inputs)), None)


def stated(question: Question) -> Question:
    """Return a question without the inputs that are null, where it is understood without them."""
    inputs = {name: value for name, value in question.inputs.items() if value is not None}
    bare = question._replace(inputs=inputs)
    return question if form_of(bare) is None else bare


def reason_to_skip(question: Question) -> str | None:
    """Return why a question isn't asked, None if it is."""
    if question.kind not in FORMS:
        return f"no adapter for kind {question.kind}"
    question = stated(question)
    form = form_of(question)
    if form is None:
        inputs = ", ".join(sorted(question.inputs))
        return f"kind {question.kind} of venue {question.venue} with {inputs} is not known"
    for key, words in form.choices.items():
        if key in question.inputs and question.inputs[key] not in words:
            return f"kind {question.kind} with {key} {question.inputs[key]} is not known"
    return form.reason(question)


def answer(question: Question, library: Library) -> Any:
    """Ask the library."""
    question = stated(question)
    form = form_of(question)
    assert form is not None
    return form.answer(question, library)


def found_cases(config: pytest.Config) -> list[Case]:
    """Return the cases, none where the shared directory isn't there."""
    directory = case_directory(config)
    return load(directory) if directory.is_dir() else []


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a test of every case, named for it."""
    if "case" not in metafunc.fixturenames:
        return
    cases = found_cases(metafunc.config)
    if not cases:
        directory = case_directory(metafunc.config)
        absent = pytest.mark.skip(reason=f"no cases: {directory} is not there")
        metafunc.parametrize("case", [pytest.param(None, marks=absent, id="absent")])
        return
    metafunc.parametrize("case", cases, ids=[case.id for case in cases])


class NoRoom:
    """Stands for compiled formulas whose 128 bits have room for nothing."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def refuse(*_: Any) -> Any:
            raise OverflowError(name)

        return refuse


@pytest.fixture
def library(
    make_book: Callable[..., Any],
    make_core: Callable[..., Any],
    implementation: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> Library:
    """The library on one implementation; of the reference calculators use its formulas alone."""
    if implementation.name == "reference":
        monkeypatch.setattr("engine.calc._evaluate._formulas", NoRoom())
    name = implementation.name
    return Library(make_book, make_core, FUNCTIONS[name], LIMITERS[name])


def test_case(
    case: Case, library: Library, implementation: Any, pytestconfig: pytest.Config
) -> None:
    reason = reason_to_skip(case.question)
    pytestconfig.stash[CASES][implementation.name, reason or "run"] += 1
    if reason is not None:
        pytest.skip(reason)
    found = answer(case.question, library)
    expected, tolerance = case.expected, case.tolerance
    if isinstance(found, OneOf) and case.id in ONE_OF_TWO:
        found = found[ONE_OF_TWO[case.id]]
    if case.id in FLAGGED:
        assert list(unlike(found, expected, tolerance)), f"{case.id} is flagged and comes out"
        expected, tolerance = FLAGGED[case.id][0], Decimal(0)
    assert list(unlike(found, expected, tolerance)) == []


def test_an_answer_depends_on_nothing_but_the_question(
    library: Library, pytestconfig: pytest.Config
) -> None:
    directory = case_directory(pytestconfig)
    if not directory.is_dir():
        pytest.skip(f"no cases: {directory} is not there")
    for path in sorted(directory.glob("*.json")):
        for entry in json.loads(path.read_text(encoding="utf-8")).get("cases", ()):
            case = read_case(entry)
            if reason_to_skip(case.question) is not None:
                continue
            bare = {key: value for key, value in entry.items() if key not in HIDDEN}
            bare |= {"id": "", "expected": None, "tolerance": "0"}
            assert answer(read_case(bare).question, library) == answer(case.question, library)


def test_what_is_skipped_is_committed_and_told(pytestconfig: pytest.Config) -> None:
    directory = case_directory(pytestconfig)
    if directory != SHARED / "cases":
        pytest.skip("the list is of the shared cases, and others were asked for")
    if not directory.is_dir():
        pytest.skip(f"no cases: {directory} is not there")
    reasons = {case.id: reason_to_skip(case.question) for case in load(directory)}
    skips = {name: reason for name, reason in sorted(reasons.items()) if reason is not None}
    text = json.dumps(skips, indent=2, ensure_ascii=False) + "\n"
    if pytestconfig.getoption("--update-skips"):
        SKIPS.write_text(text, encoding="utf-8")
    assert json.loads(SKIPS.read_text(encoding="utf-8")) == skips
    assert SKIPS.read_text(encoding="utf-8") == text
    page = PAGE.read_text(encoding="utf-8")
    assert f"{len(reasons)} cases, {len(reasons) - len(skips)} run, {len(skips)} skipped" in page
    for reason, count in Counter(skips.values()).items():
        if not reason.startswith("no adapter"):
            assert f"| {reason} | {count} |" in page


@pytest.mark.parametrize(("asked", "expected"), ANSWERS)
def test_the_format_is_understood(asked: Question, expected: Any, library: Library) -> None:
    assert reason_to_skip(asked) is None
    assert list(unlike(answer(asked, library), expected, Decimal(0))) == []


SKIPPED = [
    (question("pegged"), "kind pegged of venue a venue with  is not known"),
    (
        question("pegged", orders=[{"id": "a", "kind": "stop", "rank": "0"}]),
        "kind pegged with an order of kind stop is not known",
    ),
    (
        question("pegged", orders=[{"id": "a", "kind": "limit", "cap": "1", "rank": "0"}]),
        "kind pegged with a limit order that has a cap is not known",
    ),
    (
        question("risk_reward", entry="8", sl="7", tp="11"),
        "kind risk_reward of venue a venue is not known",
    ),
    (
        question("risk_check", "bot-core", **CHECKED | {"signal": "Panic"}, rr="2"),
        "kind risk_check with signal Panic is not known",
    ),
    (
        Question("okx", "reduce_only", {"position": "5", "orders": [], "venue": "okx"}),
        "kind reduce_only with venue okx is not known",
    ),
    (
        question("reduce_only", **REDUCED, side="sell"),
        "kind reduce_only of venue a venue is not known",
    ),
    (question("weather"), "no adapter for kind weather"),
    (question("amend", iceberg="1"), "kind amend of venue a venue with iceberg is not known"),
    (
        question("auction_price", **AUCTION, rule="dutch"),
        "kind auction_price with rule dutch is not known",
    ),
    (
        question("auction_price", **AUCTION, rule="asx_bnb", upper="0.0000001"),
        "needs a limit of market pressure that is no number of millionths",
    ),
    (
        question("order_semantics", levels=[], qty="1", limit="none", side="buy", rest="rest"),
        "needs market orders that rest",
    ),
    (
        question("auction_fills", buys=[{"id": "a", "minq": "3"}], sells=[], price="1"),
        "kind auction_fills with an order that has minq is not known",
    ),
    (
        question("pegged", orders=[{"id": "a", "kind": "peg", "offset": "1"}]),
        "kind pegged with an order that has offset is not known",
    ),
    (
        question("pegged", side="sell", orders=[{"id": "a", "kind": "peg", "side": "buy"}]),
        "kind pegged with sides buy, sell is not known",
    ),
    (
        question("amend", queue=[{"id": "a", "qty": "1"}], id="b", newqty="2", mode="keep"),
        "kind amend of an order that is not in the queue is not known",
    ),
    (
        Question(
            "paradex",
            "reduce_only",
            {"position": "5", "orders": [{"id": "a", "qty": "1", "side": "buy"}]},
        ),
        "kind reduce_only with an order that increases the position is not known",
    ),
    (
        question(STP, **OWN | {"taker": {"tif": "FOK"}}, mode="NONE"),
        "kind self_trade_prevention with an order that has tif is not known",
    ),
    (
        question(STP, **OWN | {"makers": [{"mode": "DECLINE"}]}, mode="NONE"),
        "kind self_trade_prevention with mode DECLINE is not known",
    ),
    (
        question(STP, **OWN, mode="DECLINE"),
        "kind self_trade_prevention with mode DECLINE is not known",
    ),
    (
        question(STP, makers=[], taker={"side": "sell", "price": "1", "qty": "1"}),
        "kind self_trade_prevention of venue a venue without a mode is not known",
    ),
    (
        question("trailing_stop", **TRAILING),
        "kind trailing_stop of venue a venue is not known",
    ),
    (question("rate_limit", **TIER), "kind rate_limit of venue a venue is not known"),
    (Question("godark", "rate_limit", TIER | {"rpm": "61"}), "needs a tier that is not shipped"),
    (
        question("rate_limit", maker_credit="5", events=[["amend", "A"]]),
        "kind rate_limit with event amend is not known",
    ),
]


@pytest.mark.parametrize(("asked", "reason"), SKIPPED, ids=[reason for _, reason in SKIPPED])
def test_what_cannot_be_asked_is_named(asked: Question, reason: str) -> None:
    assert reason_to_skip(asked) == reason


def test_one_of_several_answers_must_be_it() -> None:
    assert list(unlike(OneOf([1, -1]), "-1", Decimal(0))) == []
    assert list(unlike(OneOf([1, -1]), "0", Decimal(0))) == [
        "answer: none of 1, -1 was it, expected 0"
    ]


def test_an_answer_that_differs_is_found() -> None:
    tolerance = Decimal("0.5")
    found = {"fills": [["a", 3]], "status": "RESTING", "rests_at": None, "remaining": 4}
    assert list(unlike(found, {"fills": [["a", "3.5"]], "remaining": "4"}, tolerance)) == []
    wrong = {"fills": [["b", "3.6"]], "status": "FILLED", "rests_at": "0", "remaining": None,
             "fee": "1"}  # fmt: skip
    assert len(list(unlike(found, wrong, tolerance))) == 6
    assert len(list(unlike([1], ["1", "2"], tolerance))) == 1
    assert len(list(unlike(True, "1", tolerance))) == 1
    assert len(list(unlike("LOSE", "KEEP", tolerance))) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [('{"schema": 2, "cases": []}', "schema was 2"), (None, "no case file")],
    ids=["schema", "none"],
)
def test_a_directory_of_something_else_is_refused(
    text: str | None, message: str, tmp_path: Path
) -> None:
    if text is not None:
        (tmp_path / "some.json").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        load(tmp_path)
