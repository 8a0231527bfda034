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


def question(kind: str, venue: str = "a venue", **inputs: Any) -> Question:
    """Return a question made here."""
    return Question(venue, kind, inputs)


LEVELS = [["10.5", "2"], ["10.25", "0.5"]]
AUCTION: dict[str, Any] = {"buys": [["12", "5"]], "sells": [["9", "3"]]}
TRAILING: dict[str, Any] = {
    "side": "sell",
    "otype": "STOP_LOSS_LIMIT",
    "delta": "1000",
    "path": ["100", "120", "109", "107"],
}
STP = "self_trade_prevention"
OWN: dict[str, Any] = {
    "makers": [{"id": "a", "price": "2", "qty": "1"}, {"id": "b", "price": "1.5", "qty": "2.5"}],
    "taker": {"side": "sell", "price": "M", "qty": "3"},
}
GROUPS: dict[str, Any] = {"maker_group": "A", "same_uid": True, "taker_smp": "CancelTaker"}
REDUCED: dict[str, Any] = {"pos": "2.5", "qty": "3", "conditional": "false"}
TIER: dict[str, Any] = dict.fromkeys(rate_limit_cases.FIELDS, "1") | {"rpm": "60"}
CHECKED: dict[str, Any] = {
    "enabled": "true",
    "signal": "Sell",
    "conf": "0.8",
    "npos": "2",
    "maxpos": "3",
    "need": "5",
    "free": "5",
    "loss": "-1",
    "limit": "1",
}
ANSWERS = [
    (question("auction_price", **AUCTION, rule="max_volume_mid"), "10"),
    (question("auction_price", **AUCTION, rule="asx_bnb", ref="none"), "12"),
    (question("auction_price", **AUCTION, rule="maxvol", ref="10.5", upper="0.01"), "10.6"),
    (
        question("auction_price", **AUCTION, rule="asx_bnb", ref="10", upper="0.09",
                 grid=["9", "9.5", "10", "10.5", "11", "11.5", "12"]),
        "11",
    ),
    (question("auction_price", buys=[["M", "1"]], sells=[], rule="euronext", ref="10"), None),
    (
        question("order_semantics", levels=LEVELS, qty="3", limit="10.25", side="sell",
                 rest="cancel"),
        {"fills": [["10.5", "2"], ["10.25", "0.5"]], "remaining": "0.5", "rests_at": None,
         "status": "CANCELED"},
    ),
    (
        question("order_semantics", levels=LEVELS, qty="2.5", limit="10", side="sell", minq="2.5"),
        {"status": "FILLED"},
    ),
    (
        question("order_semantics", levels=LEVELS, qty="2", limit="none", side="sell", rest="rest"),
        {"fills": [["10.5", "2"]], "rests_at": None, "status": "FILLED"},
    ),
    (question("amend", dq="-2", price_changed=False, account_changed=False), "KEEP"),
    (question("amend", dq="-2", price_changed="true", account_changed="false"), "LOSE"),
    (
        question("amend", queue=[{"id": "a", "qty": "2"}, {"id": "b", "qty": "3"}], id="a",
                 newqty="4", mode="keep", newid="c"),
        [["a", "2"], ["b", "3"]],
    ),
    (
        question("pegged", orders=[
            {"id": "a", "kind": "limit", "price": "10.5", "cap": "none", "qty": "2", "rank": "2"},
            {"id": "b", "kind": "peg", "price": "0", "cap": "none", "qty": "3", "rank": "3"},
            {"id": "c", "kind": "limit", "price": "10", "cap": "none", "qty": "0.5", "rank": "1"},
        ]),
        [["a", "10.5", "2"], ["b", "10.5", "3"], ["c", "10", "0.5"]],
    ),
    (
        question("trailing_stop", "binance-spot", **TRAILING, stop="none"),
        {"triggered": True, "trigger_price": "108", "extreme": "120"},
    ),
    (
        question("trailing_stop", "binance-spot", **TRAILING, stop="90"),
        {"triggered": False, "trigger_price": None, "extreme": None},
    ),
    (question("reduce_only", "dydx-v4", **REDUCED, side="sell"), "REJECT"),
    (question("reduce_only", "dydx-v4", **REDUCED | {"qty": "1.5"}, side="sell"), "1.5"),
    (question("reduce_only", "dydx-v4", **REDUCED | {"conditional": True}, side="sell"), "2.5"),
    (
        Question("paradex", "reduce_only", {"position": "2.5", "venue": "paradex", "orders": [
            {"id": "a", "qty": "3"}, {"id": "b", "qty": "2.5"}]}),
        [["a", "0"], ["b", "2.5"]],
    ),
    (Question("paradex", "reduce_only", {"position": "5", "venue": "paradex", "orders": []}), []),
    (Question("paradex", "reduce_only", {"position": "-2.5", "venue": "paradex", "orders": [
        {"id": "a", "qty": "3"}, {"id": "b", "qty": "2.5"}]}), [["a", "0"], ["b", "2.5"]]),
    (question("liquidation_price", "binance-usdm", side="1", lev="1", entry="10", q="1",
              mmr="0.01", cum="1"), "none"),
    (question("initial_margin", "bitmex-linear", q="0.02", entry="1963", lev="3"), "13086667"),
    (question("realized_pnl", "bitmex-linear", side="-1", q="0.02", entry="1963", exit="1964"),
     "-20000"),
    (question("return_on_margin", "bitmex-linear", pnl="39260", q="0.02", entry="1963", lev="10",
              side="1"), "0.01"),
    (question("margin_balance", "bitmex-linear", margin="100", side="1", q="0.02", entry="1963",
              mark="1964"), "20100"),
    (question("liquidation_trigger", "deribit-linear", eq="100", mm="100"), "OK"),
    (question("liquidation_trigger", "okx-linear", eq="100", mm="100"), "LIQUIDATE"),
    (question("allocation", sizes=["1", "0.5", "2"], qty="0.7", minq="0.15", top="none"),
     ["0.3", "0", "0.4"]),
    (question("allocation", sizes=["10", "10"], qty="30", min="2"), ["10", "10"]),
    (question("allocation", sizes=[10, 10], qty=8, minq=1, top="0.0", top_max=2), ["5", "3"]),
    (question("position_value", "some-inverse", n="3", ct="10", px="8"), "3.75"),
    (question("position_value", "bitmex-linear", q="-0.02", mark="1963"), "-39260000"),
    (question("unrealized_pnl", "okx-linear", side="-1", n="2", ct="5", entry="3", mark="4"),
     "-10"),
    (question("unrealized_pnl", "bybit-inverse", side="1", q="10", e="3", p="4"), "0.83333333"),
    (question("unrealized_pnl", "okx-linear", side="sell", n="2", ct="5", entry="3", mark="4"),
     "-10"),
    (question("unrealized_pnl", "some-linear", q="2", ct="5", entry="3", mark="4"), "-10"),
    (question("unrealized_pnl", "hyperliquid", szi="2", entry="3", value="7", side="1"), "1"),
    (question("average_entry_price", "some-linear", q1="1", p1="2", q2="3", p2="4", q3="4",
              p3="6"), "4.75"),
    (question("realized_pnl", "bybit-linear", side="-1", q="2", e="10", x="8", fee="0.01",
              fund="0.5"), "3.14"),
    (question("realized_pnl", "gate-linear", pnl="-3", fee="-0.5", fund="0.25"), "-3.25"),
    (question("trade_fee", "bybit-usdc", px="10", q="1", rate="-0.00001"), "-0.0001"),
    (question("trade_fee", "binance-spot", t="0.05", bnb="250"), "0.0002"),
    (question("trade_fee", "binance-spot", sp="5", bnb="250"), "0.02"),
    (question("trade_fee", "binance-spot", px="10", q="2", m="0.01", b="0.02"), "0.6"),
    (question("trade_fee", "gate-linear", q="2", exit="10", fee="0.001"), "-0.02"),
    (question("initial_margin", "bitmex-linear", v="10", lev="3"), "4"),
    (question("initial_margin", "bybit-uta", side="-1", q="1", e="100", lev="10", fee="0.01"),
     "11.1"),
    (question("initial_margin", "dydx-v4", q="-3", price="1000001", ex="-6", ar="0",
              base_imf="0.1", oi="5", lo="0", hi="10", mf="0.5"), "1650002"),
    (question("maintenance_margin", "okx-linear", n="2", ct="5", mark="10", mmr="0.01",
              fee="0.001"), "1.1"),
    (question("maintenance_margin", "hyperliquid", ntl="1000", maxlev="50"), "10"),
    (question("maintenance_margin_fraction", "hyperliquid", maxlev="40"), "0.0125"),
    (question("maintenance_margin_fraction", "dydx-v4", im="0", mf="1000000"), "0"),
    (question("maintenance_margin_fraction", "dydx-v4", im=77777, mf=333333), "25925"),
    (question("initial_margin_fraction", "dydx-v4", base=50000, oi=3, lo=2, hi=4), "525000"),
    (question("price_band", "bybit", ask=100, bid=99, tol=5, side=1), "105"),
    (question("maintenance_margin", "some-linear", n="1000", mmr="0.01"), "10"),
    (question("position_margin", "bybit-linear", side="long", e="100", q="2", lev="125",
              fee="0.001"), "1.7984"),
    (question("position_margin", "bybit-inverse", side="1", q="1000", e="100", lev="10",
              fee="0.01"), "1.11"),
    (question("order_cost", "phemex-linear", side="-1", imr="0.5", fee="0.1"), "0.75"),
    (question("order_margin", "extended", imr="0.1", q="-2", p="100", pos="1", mark="110"), "10"),
    (question("order_margin", "some-linear", imf="0.1", quantity="2", px="100"), "20"),
    (question("order_margin", "nekuti", imr="0.1", q1="2", q2="1", p="100"), "0"),
    (question("funding_rate", "binance-usdm", p="-0.01", i="0.0001", d="0.0005", n="4",
              c="0.25", mmr="0.004"), "-0.001"),
    (question("funding_rate", "bybit", p="0.0001", daily="0.0003", n="4", d="0.0005"), "0.00005"),
    (question("funding_rate", "okx-linear", p=["0.001", "0.002"], i="0.0005", lo="-1", hi="1"),
     "0.001"),
    (question("funding_rate", "deribit-inverse", mark="50010", index="50000", d="0.00015",
              mx="0.1", mn="-0.1"), "0.00005"),
    (question("funding_rate", "dydx-v4", samples=["1000", "1000"], need="4", dflt="10",
              cf="6000000", im="100", mf="800000"), "120"),
    (question("funding_rate", "godark", mark="9", index="10"), "-0.0005"),
    (question("funding_rate", "bitmex-inverse", funding="0.0001", n="4"), "0.219"),
    (question("funding_cap", "bitmex-inverse", r="1", c="0.75", im="0.01", mm="0.005"), "0.00375"),
    (question("funding_cap", "bitmex-inverse", c="0.75", im="0.01", mm="0.005"), "0.00375"),
    (question("funding_payment", "hyperliquid", szi="-2", oracle="100", rate="0.0001"), "0.02"),
    (question("funding_payment", "binance-coinm", side="-1", n="10", cs="100", mark="50000",
              rate="0.0001"), "0.000002"),
    (question("funding_payment", "deribit-inverse", side="1", size="10000", mark="10000",
              rate="0.00075", ms="60000"), "-0.0000015625"),
    (question("funding_payment", "bybit-linear", execvalue="2", rate="0.5"), "1"),
    (question("funding_payment", "bitmex-linear", side="1", q="0.02", mark="1963", rate="0.0001"),
     "-3926"),
    (question("funding_index", "dydx-v4", price="5000000000", ex="-5", ar="-10", rate="-7"), "-4"),
    (question("funding_samples", "hyperliquid", hours="2"), "1440"),
    (question("impact_notional", "bybit-inverse", imr="0.01"), "10"),
    (question("impact_price", "dydx-v4", levels=[], notional="5"), "none"),
    (question("interest_rate", "binance-usdm", daily="0.0003"), "0.0001"),
    (question("premium_average", "dydx-v4", samples=["1", "2", "4"], need="4"), "1"),
    (question("premium_index", "bitmex-inverse", bid="101", ask="102", mark="100", spot="50",
              basis="0.001"), "0.021"),
    (question("socialised_loss", "drift", loss="1", l="0", s="3"), "333334000"),
    (question("mark_price", "bybit-linear", idx="50000", r="0.0004", h="4", basis="5",
              last="50100"), "50010"),
    (question("mark_price", "deribit-inverse", idx="50000", ema="5000", band="0.01"), "50500"),
    (question("mark_price", "hyperliquid", oracle="100", ema="1", bid="99", ask="102", last="103",
              cex="98"), "101"),
    (question("mark_price", "bitmex-inverse", index="100", funding="0.02", minutes="240"), "1"),
    (question("mark_price", "drift", oracle="100"), "100"),
    (question("reference_price", "binance-spot", sums=["100"], counts=["3"]), "33.3333"),
    (question("pre_trade_filter", free="5", locked="4", open_buys="2", q="1", maxpos="10"),
     "MAX_POSITION"),
    (question("pre_trade_filter", q="9", visible="2", limit="4"), "ICEBERG_PARTS"),
    (question("pre_trade_filter", d="10.0", lo="10.00", hi="2000.0"), "PASS"),
    (question("pre_trade_filter", minp="0", maxp="0", tick="0", price="0.3"), "PASS"),
    (question("price_band", side="1", ask="100", bid="99", tol="5", tick="0.1"), "100.5"),
    (question("price_band", "okx", side="-1", idx="100", y="0.02", z="0.05", prem="-4"), "95"),
    (question("pre_trade_filter", algo="5", limit="5"), "MAX_NUM_ALGO_ORDERS"),
    (question("pre_trade_filter", open_icebergs="4", limit="5"), "PASS"),
    (question("pre_trade_filter", open="5", limit="5"), "MAX_NUM_ALGO_ORDERS"),
    (question("pre_trade_filter", open="0", limit="0"), "MAX_NUM_ORDERS"),
    (question("pre_trade_filter", open="6", limit="5"), "MAX_NUM_ICEBERG_ORDERS"),
    (question("pre_trade_filter", amends="10", limit="10"), "MAX_NUM_ORDER_AMENDS"),
    (question("pre_trade_filter", minq="0", maxq="1", step="0", q="2"), "MARKET_LOT_SIZE"),
    (question("pre_trade_filter", price="7", avg="10", up="1.3", down="0.8"), "PERCENT_PRICE"),
    (question("pre_trade_filter", price="7", avg="10", side="sell", bid_up="1.2", bid_down="0.2",
              ask_up="5", ask_down="0.8"), "PERCENT_PRICE_BY_SIDE"),
    (question("pre_trade_filter", free="4", locked="3", open_buys="2", maxpos="9"), "PASS"),
    (question("pre_trade_filter", q="2", px="3", maxasset="5"), "MAX_ASSET"),
    (question("price_band", "cme", best="90000", points="600", side="sell"), "89400"),
    (question("order_cost", "binance-usdm", last="9258.99", b="0.0015", mark="9259.84",
              price="9253.3", q="1", lev="20", side="-1"), "463.64392425"),
    (question("open_loss", "binance-coinm", n="2", c="100", side="1", mark="40", price="50"),
     "1"),
    (question("margin_ratio", "binance-usdm", mm="10", bal="100"), "0.1"),
    (question("margin_ratio", "okx", bal="9", q="2", mark="100", mmr="0.004", fee="0.0005"), "10"),
    (question("available_balance", "bybit-linear", equity="100", im="30", om="5"), "65"),
    (question("maintenance_amount", "bybit-linear", fl="200", mmr="0.01", mmr0="0.005", ded0="1"),
     "2"),
    (question("initial_margin", "deribit", q="-25", base="0.02", k="0.00005"), "0.53125"),
    (question("position_value", "bitmex", n="15000", p="750"), "20"),
    (question("unrealized_pnl", "deribit", side="-1", q="100", entry="40", mark="50"), "-0.5"),
    (question("liquidation_price", "bybit", side="1", lev="25", entry="1000", mmr="0.01"), "970"),
    (question("liquidation_trigger", "deribit", eq="100", mm="100"), "OK"),
    (question("funding_payment", "bitmex", side="1", n="15000", mark="750", rate="0.0025"),
     "-0.05"),
    (question("funding_cap", "okx-linear", r="0.01", a="-0.00375", b="0.0035"), "0.0035"),
    (question("funding_cap", "binance-usdm", r="-0.003", cap="0.02", floor="-0.001"), "-0.001"),
    (question("funding_cap", "bitmex-inverse", r="1", im="0.01", mm="0.005"), "0.00375"),
    (question("trade_fee", "okx-inverse", n="3", ct="100", px="2500", rate="0.0005"), "-0.00006"),
    (question("trade_fee", "kraken-linear", value="100000", rate="0.0005"), "50"),
    (question("trade_fee", "binance-spot", q="0.5", t="0.001", b="0.002"), "0.0015"),
    (question("order_semantics", levels=LEVELS, qty="3", limit="10.25", side="SELL", tif="FOK"),
     {"fills": [], "remaining": "3", "rests_at": None, "status": "CANCELED"}),
    (question("order_semantics", levels=LEVELS, qty="3", limit="MTL", side="sell"),
     {"fills": [["10.5", "2"]], "remaining": "1", "rests_at": "10.5", "status": "RESTING"}),
    (question("order_semantics", levels=LEVELS, qty="3", side="sell", tif="IOC"),
     {"fills": [["10.5", "2"], ["10.25", "0.5"]], "remaining": "0.5", "status": "CANCELED"}),
    (question("order_semantics", "binance-spot", levels=LEVELS, qty="3", limit="10.5",
              side="sell", post_only=True), {"fills": [], "status": "REJECTED"}),
    (question("order_semantics", "bybit", levels=LEVELS, qty="3", limit="10.5", side="sell",
              post_only=True), {"fills": [], "status": "CANCELED"}),
    (question("order_semantics", "deribit", levels=[["10", "2"]], qty="3", limit="9",
              side="sell", post_only="slide"), {"rests_at": "11", "status": "RESTING"}),
    (question("amend", dq="-1"), "KEEP"),
    (question("amend", price_changed=True), "LOSE"),
    (question("amend", queue=[{"id": "a", "qty": "2"}, {"id": "b", "qty": "3"}], id="a",
              newqty="1", mode="replace"), [["b", "3"], ["a", "1"]]),
    (question("allocation", sizes=["10", "20", "30"], qty="15"), ["3", "5", "7"]),
    (question("auction_fills", buys=[{"id": "a", "price": "10", "qty": "5"},
                                     {"id": "b", "price": "MTL", "qty": "2"}],
              sells=[{"id": "c", "price": "9", "qty": "6"}], price="10"),
     [["b", "c", "2", "10"], ["a", "c", "4", "10"]]),
    (
        question("pegged", side="sell", orders=[
            {"id": "a", "kind": "limit", "price": "10.5", "qty": "2", "rank": "1"},
            {"id": "b", "kind": "peg", "qty": "3", "rank": "2"},
            {"id": "c", "kind": "limit", "price": "11", "qty": "4", "rank": "3"},
            {"id": "d", "kind": "peg", "cap": "10.75", "qty": "5", "rank": "4"},
        ]),
        [["a", "10.5", "2"], ["b", "10.5", "3"], ["d", "10.75", "5"], ["c", "11", "4"]],
    ),
    (question("reduce_only", "binance-usdm", **REDUCED, side="sell"), "2.5"),
    (question("reduce_only", "binance-usdm", position="5", orders=[
        {"id": "a", "qty": "4", "side": "sell"}, {"id": "b", "qty": "3", "side": "sell"}]),
     [["a", "4"], ["b", "1"]]),
    (question("rate_limit", cancels="4", lim="4"), "RATE_LIMIT"),
    (question("rate_limit", requests="3", lim="4"), "ACCEPT"),
    (
        question(STP, "coinbase", makers=[{"id": "a", "price": "2", "qty": "1", "account": "X"},
                                          {"id": "b", "price": "2", "qty": "1"}],
                 taker={"side": "sell", "price": "2", "qty": "3"}, mode="dc"),
        {
            "orders": {
                "a": {"status": "FILLED", "prevented": "0"},
                "b": {"status": "EXPIRED_IN_MATCH", "prevented": "1"},
                "taker": {"status": "PARTIALLY_FILLED", "prevented": "1"},
            },
            "trades": [["a", "taker", "2", "1"]],
        },
    ),
    (question("rate_limit", used="3", lim="4"), "ACCEPT"),
    (question("rate_limit", used="5", lim="4"), "RATE_LIMIT"),
    (question("rate_limit", used="0", lim="0"), "RATE_LIMIT"),
    (question("rate_limit", open="3", lim="4"), "ACCEPT"),
    (question("rate_limit", open="4", lim="4"), "MAX_OPEN_ORDERS"),
    (Question("godark", "rate_limit", TIER | {"wsconn": "7"}), [60, 2, 10, 10, 2, 10, 30, 60, 20]),
    (
        question("rate_limit", maker_credit="5", events=[
            ["new", "A"], ["new", "B"], ["fill_taker", "A"], ["fill_maker", "A"], ["expire", "B"],
            ["new", "C"], ["cancel", "C"], ["fill_maker", "C"], ["new", "D"], ["reset", "-"]]),
        [1, 2, 1, 1, 1, 2, 2, 0, 1, 0],
    ),
    (question("risk_check", "bot-core", **CHECKED, rr="1.25"), "LOW_RISK_REWARD"),
    (question("risk_check", "bot-core", **CHECKED, rr="none"), "ACCEPT"),
    (question("risk_check", "bot-core", **CHECKED), "ACCEPT"),
    (question("risk_reward", "bot-core", entry="8", sl="7", tp="11"), "3"),
    (question("position_size", "bot-core", en="8", sl="10", bal="400", rk="3"), "6"),
    (question("position_size", "bot-core", entry="8", sl="none", bal="9", risk="2", dq="3"), "3"),
    (
        question(STP, **OWN, mode="NONE"),
        {
            "orders": {
                "a": {"status": "FILLED", "prevented": "0"},
                "b": {"status": "PARTIALLY_FILLED", "prevented": "0"},
                "taker": {"status": "FILLED", "prevented": "0"},
            },
            "trades": [["a", "taker", "2", "1"], ["b", "taker", "1.5", "2"]],
        },
    ),
    (
        question(STP, **OWN, mode="DECREMENT"),
        {
            "orders": {
                "a": {"status": "EXPIRED_IN_MATCH", "prevented": "1"},
                "b": {"status": "NEW", "prevented": "2"},
                "taker": {"status": "EXPIRED_IN_MATCH", "prevented": "3"},
            },
            "trades": [],
        },
    ),
    (
        question(STP, **OWN, mode="EXPIRE_MAKER"),
        {
            "orders": {
                "b": {"status": "EXPIRED_IN_MATCH", "prevented": "2.5"},
                "taker": {"status": "EXPIRED", "prevented": "0"},
            },
        },
    ),
    (question(STP, taker="EXPIRE_BOTH", maker="NONE"), "EXPIRE_BOTH"),
    (question(STP, taker="TRANSFER", maker="EXPIRE_TAKER"), "DECREMENT"),
    (question(STP, taker="TRANSFER", maker="NONE"), "DECREMENT"),
    (question(STP, taker="DECREMENT", maker="TRANSFER"), "DECREMENT"),
    (question(STP, taker="TRANSFER", maker="TRANSFER"), "TRANSFER"),
    (
        question(STP, p="250", q="0.5", rest="2"),
        ["20000.5", "19500", "375", "19999.5", "20125"],
    ),
    (question(STP, "bybit", **GROUPS, taker_group="B"), "TRADE"),
    (question(STP, "bybit", **GROUPS | {"same_uid": False}, taker_group="A"), "PREVENT"),
    (question(STP, "bybit", **GROUPS | {"maker_group": "none"}, taker_group="A"), "PREVENT"),
    (question(STP, "bybit", **GROUPS | {"taker_smp": "none"}, taker_group="A"), "TRADE"),
    (question("trade_fee", "binance-spot", std="1", tax="0.5", special="2"), "3.5"),
    (question("trade_fee", "binance-spot", c="1", t="0.5", sp="2"), "3.5"),
    (question("trade_fee", "bybit-linear", execvalue="200", rate="0.0005"), "0.1"),
    (question("trade_fee", "bitget-linear", q="2", open="100", fee="0.001"), "-0.2"),
    (question("trade_fee", "okx-linear", n="40", entry="1.25", maker="-0.0001"), "0.005"),
    (question("trade_fee", "okx-linear", n="2", entry="10", exit="20", taker1="0.001",
              taker2="0.002"), "-0.1"),
    (question("trade_fee", "okx-spot", q="0.5", rate="0.001"), "-0.0005"),
    (question("position_value", "binance-usdm", side="-1", q="12", mark="1.25"), "-15"),
    (question("position_value", "hyperliquid", szi="-0.5", mark="2213.9"), "1106.95"),
    (question("unrealized_pnl", "dydx-v4", size="-0.5", side="-1", entry="2000.5", oracle="2000"),
              "0.25"),
    (question("unrealized_pnl", "bitmex-linear", side="1", mv="39283900", cost="39260000"),
              "23900"),
    (question("unrealized_pnl", "htx-linear", side="1", q="0.5", hold="100", last="101"), "0.5"),
    (question("average_entry_price", "some-linear", n1="1", e1="2", n2="3", e2="4"), "3.5"),
    (question("realized_pnl", "bybit-linear", side="1", q="2", e="10", x="12", openfee="0.5",
              closefee="0.25", fund="1"), "2.25"),
    (question("realized_pnl", "binance-usdm", side="1", q="2", entry="10", exit="12", maker="0.01",
              taker="0.1"), "1.4"),
    (question("realized_pnl", "bybit-linear", pnl="10", openfee="1", closefee="2", fund="3"), "4"),
    (question("realized_pnl", "bitget-linear", pnl="10", openfee="-1", closefee="-2"), "7"),
    (question("realized_pnl", "okx-linear", pnl="10", fee="-1", fund="0.5", liqpen="-2"), "7.5"),
    (question("realized_pnl", "bybit-linear", side="1", entryv="10", exitv="12", openfee="0.5",
              closefee="0.25"), "1.25"),
    (question("return_on_margin", "bitmex-linear", pnl="23900", cost="-47800000"), "0.0005"),
    (question("return_on_margin", "okx-linear", upl="3", n="2", ct="5", entry="3", lev="10"), "1"),
    (question("return_on_margin", "kucoin-linear", upnl="-0.5", init="2"), "-0.25"),
    (question("return_on_margin", "hyperliquid", upnl="-1", value="40", lev="20"), "-0.5"),
    (question("maintenance_margin", "binance-usdm", q="3", mark="100", tiers=[["0", "200", "0.01",
              "50", "0"], ["200", "1000", "0.02", "20", "2"]]), "4"),
    (question("maintenance_margin", "dydx-v4", n="1001", imf="0.1", mf="0.5"), "51"),
    (question("maintenance_margin", "hyperliquid", szi="-2", mark="1000", maxlev="20"), "50"),
    (question("maintenance_margin", "binance-usdm", notional="-60000", mmr="0.005", cum="50"),
              "250"),
    (question("maintenance_margin_fraction", "dydx-v4", imf="0.05", mf="0.6"), "0.03"),
    (question("maintenance_amount", "binance-usdm", fl="50000", mmr="0.005", prev_mmr="0.004",
              prev_cum="7"), "57"),
    (question("initial_margin", "dydx-v4", n="1001", imf="0.1"), "101"),
    (question("initial_margin", "deribit-linear", size="25", base="0.02", slope="0.00005",
              mark="100000"), "53125"),
    (question("fee_reserve", "bitmex-linear", cost="-39260000", lev="3", fee="0.00075"), "39261"),
    (question("fee_reserve", "bybit-linear", q="0.2", bust="6300", fee="0.0005"), "0.63"),
    (question("position_margin", "bitmex-linear", cost="39260000", lev="3", fee="0.00075"),
              "13125928"),
    (question("position_margin", "bybit-linear", im="140", closefee="0.5"), "140.5"),
    (question("margin_balance", "hyperliquid", rawusd="450", szi="-0.25", mark="1000"), "200"),
    (question("margin_balance", "htx-linear", static="24.5", upnl="-0.5"), "24"),
    (question("margin_ratio", "binance-usdm", mm="3", wallet="100", upnl="20"), "0.025"),
    (question("margin_ratio", "okx-linear", eq="23", mm="10", fee="1.5"), "2"),
    (question("available_balance", "binance-usdm", wallet="100", upnl="-5", im="30"), "65"),
    (question("open_loss", "binance-usdm", q="2", side="1", mark="100", assuming="101"), "2"),
    (question("order_cost", "binance-usdm", im="10", open_loss="1.5"), "11.5"),
    (question("order_cost", "bybit-linear", im="10", openfee="1", closefee="2"), "13"),
    (question("order_cost", "bybit-linear", side="1", q="1", p="1000", imr="0.1", fee="0.001"),
              "101.9"),
    (question("order_cost", "bybit-linear", side="-1", v="1000", lev="10", fee="0.001"), "102.1"),
    (question("order_cost", "phemex-linear", side="-1", lev="10", fee="0.001"), "0.1021"),
    (question("order_margin", "nekuti", old="535", new="1070"), "535"),
    (question("order_margin", "nekuti", q1="1", p1="100", q2="2", p2="110", q3="1", p3="80",
              imr="0.1"), "40"),
    (question("order_margin", "nekuti", q1="1", p1="100", imr="0.1", tk="0.05"), "15"),
    (question("order_margin", "some-linear", pos="5", buys="2", sells="4", px="10", lev="10"), "7"),
    (question("socialised_loss", "drift", loss="-1", l="1", s="-3"), "250000000"),
    (question("mark_price", "hyperliquid", oracle="100", ema="1", bid="99", ask="102", last="103",
              cex=["90", "98", "99"]), "101"),
    (question("liquidation_price", "binance-usdm", wb="100", tmm1="4", upnl1="-6", side="1", q="1",
              entry="1075", mmr="0.015"), "1000"),
    (question("bankruptcy_price", "phemex-linear", v="200", bal="40", q="500", side="1"), "0.32"),
    (question("pre_trade_filter", "binance-spot", avg="0.5", q="1", minn="1"), "MIN_NOTIONAL"),
    (question("pre_trade_filter", "binance-spot", n="10", limit="10"), "MAX_NUM_ORDER_AMENDS"),
    (question("pre_trade_filter", "binance-spot", pos="9", q="1.5", maxpos="10"), "MAX_POSITION"),
    (question("pre_trade_filter", "binance-spot", delta="9", mind="10", maxd="20"),
              "TRAILING_DELTA"),
    (question("pre_trade_filter", "binance-spot", q="11", iceberg="1", maxparts="10"),
              "ICEBERG_PARTS"),
    (question("pre_trade_filter", "binance-spot", q="42.5", limit="42"), "MAX_ASSET"),
    (question("price_band", "bybit", bid="100", tol="1"), "99"),
    (question("price_band", "bybit", ask="100", tol="5", tick="0.5"), "102.5"),
    (question("price_band", "cme", offer="90025", points="600"), "90625"),
    (question("unrealized_pnl", "okx-linear", n="-2", ct="5", price="3", mark="4"), "-10"),
    (question("realized_pnl", "kraken-linear", q="-2", price="10", exit="8", rate="0.01"), "3.64"),
    (question("realized_pnl", "bitget-linear", side="1", q="2", open="10", close="12",
              taker="0.01"), "3.56"),
    (question("trade_fee", "gate-linear", q="2", open="10", close="12", taker="0.01"), "-0.44"),
    (question("break_even_price", "bitmex-linear", entry="1963", costs="26500", q="0.02",
              side="1"), "1964.35"),
    (question("fee_reserve", "kucoin-linear", cost="100", lev="25", rate="0.01"), "1.04"),
    (question("maintenance_margin", "bitmex-linear", cost="1000", mmr="0.01", comm="5",
              rate="0.002"), "17"),
    (question("maintenance_margin", "binance-usdm", n="1000", mmr="0.01", amount="4"), "6"),
    (question("initial_margin_fraction", "dydx-v4", oi="3", lower="2", upper="4"), "600000"),
    (question("liquidation_price", "bybit-inverse", side="1", q="100", entry="100", lev="10",
              mmr="0.1", fee="0"), "100"),
    (question("liquidation_price", "phemex-linear", side="1", v="200", w="50", mmr="0.25", n="10",
              ct="2"), "10"),
    (question("liquidation_price", "generic", side="1", q="1", entry="100", w="10", x="5",
              mmr="0.15"), "100"),
    (question("liquidation_price", "gate-linear", side="1", entry="100", imr="0.25", mmr="0.2",
              fee="0.05"), "100"),
    (question("bankruptcy_price", "bybit-linear", side="-1", entry="100", imr="0.25"), "125"),
    (question("adl_rank", "binance-usdm", upnl="50", wallet="500", mm="20", mb="100"), "0.02"),
    (question("trade_fee", "dydx-v4", px="2000", q="1.5", rate="0.0005"), "1.5"),
    (question("funding_cap", "binance-usdm", r="-0.03", cap="0.02", floor=None), "-0.02"),
    (question("realized_pnl", "phemex-linear", pnl="10", fee="1", fund="0.5"), "9.5"),
    (question("maintenance_margin", "htx", q="2", last="100", lev="5", adj="0.25"), "10"),
    (question("margin_ratio", "htx-linear", bal="30", pm="20", adj="0.25"), "1.25"),
    (question("rate_limit", used="3", limit="4"), "ACCEPT"),
    (question("rate_limit", open="4", limit="4"), "MAX_OPEN_ORDERS"),
    (question("pre_trade_filter", d="9", lower="10", upper="20"), "TRAILING_DELTA"),
    (question(STP, "coinbase", makers=[{"id": "a", "price": "2", "qty": "1"}],
              taker={"side": "sell", "price": "2", "qty": "3"}),
     {"orders": {"a": {"status": "EXPIRED_IN_MATCH", "prevented": "1"},
                 "taker": {"status": "NEW", "prevented": "1"}}, "trades": []}),
]  # fmt: skip


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
