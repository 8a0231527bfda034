"""The HTML report: one file that loads nothing, has every figure, and takes any name."""

from __future__ import annotations

import dataclasses
import json
import re
import sys
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from report_samples import check, sample

from engine import Core, MissingExtraError, Side, SpecificationError
from engine.bench import charts
from engine.bench.html import render_html, write_html
from engine.bench.load_report import busiest_ladder, fault_marks, load_report
from engine.bench.report_data import (
    VERDICTS,
    BudgetRow,
    CheckFigure,
    FaultMark,
    Ladder,
    Level,
    ReportData,
    Windows,
)
from engine.budgets import Measurement, Outcome, Record, Row, ThroughputBudget, at_most
from engine.load import Counts, Criteria, SimulatedClock, run, scenario
from engine.measurement import LatencyHistogram, Noise, machine

BYTES_MAX = 500_000
VOID = {"meta", "link", "br", "img", "input", "hr"}
EVIL = '</script><script>alert(1)</script><b class="x">&amp;$\\frac{1}{2}$\u2028'


class Page(HTMLParser):
    """Reads a page and keeps its text, its elements and its data; refuses what is not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str, str]] = []
        self.words: list[str] = []
        self.scripts: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_startendtag(tag, attrs)
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        (self.scripts if self._open[-1:] == ["script"] else self.words).append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    @property
    def data(self) -> Any:
        (script,) = self.scripts
        return json.loads(script)

    def values(self, name: str) -> list[str]:
        return [value for _, attribute, value in self.attributes if attribute == name]


@pytest.fixture(scope="module")
def text() -> str:
    return render_html(sample())


@pytest.fixture(scope="module")
def page(text: str) -> Page:
    return Page(text)


def test_a_page_has_all_of_its_data(page: Page) -> None:
    assert page.data == json.loads(json.dumps(sample().to_dict()))
    assert ReportData.from_dict(page.data) == sample()


def test_a_page_shows_every_figure(page: Page) -> None:
    data = sample()
    shown = [
        *(data.title, data.scenario, data.time_label, data.started, data.command, data.state_hash),
        *(f"{value:,}" for value in (data.counts.sent, data.counts.trades, data.counts.reports)),
        *(
            "2.3 µs",
            "≤ 10 ms",
            "4,348 times better",
            "≤ 21 µs",
            "412,345/s",
            "≥ 5,000/s",
            "0.221 GB",
        ),
        *(
            "All 4 budgets that were checked were kept",
            "memory after 15 min, most, 11.3 times better",
            "0.004%",
        ),
        *("1 not checked", "1 not measured", "3 about components", "accounts were 150"),
        *(
            "grid, price band, notional, balance",
            "9,000 orders",
            "poisson, seed 20261126",
            "AMD EPYC",
        ),
        *(
            "lost 1.4% of its time",
            "216.0 MB after the first tenth",
            "+0.46%",
            "INSUFFICIENT_BALANCE",
        ),
        *(
            "3 stalled consumer, 12.8 to 13.1 s",
            "4 mass cancel, 14 s",
            "50,000.50",
            "49,999.50",
            "p99.9",
            "waited 9 ms",
        ),
    ]
    assert [words for words in shown if words not in page.text] == []
    assert page.tags["svg"] == 6
    windows = [f"{value:,}" for value in (*data.windows.sent, *data.windows.resting_orders)]
    assert [value for value in windows if value not in page.text] == []


def test_a_page_loads_nothing_and_is_one_small_file(page: Page) -> None:
    text = render_html(sample(900, is_missed=True))
    assert len(text.encode()) < BYTES_MAX
    assert re.findall(r"https?:|//[a-z]|@import|src=|url\((?!#)", text) == []
    assert page.tags["script"] == 1
    assert page.tags["link"] == page.tags["img"] == page.tags["iframe"] == 0
    assert all(value.startswith("#") for value in page.values("href"))


def test_drawings_of_a_page_do_not_mix(page: Page) -> None:
    names = page.values("id")
    assert [name for name, times in Counter(names).items() if times > 1] == []
    linked = {value.removeprefix("#") for value in page.values("href")}
    clipped = set(re.findall(r"url\(#([^)]+)\)", " ".join(page.values("clip-path"))))
    assert clipped
    assert (linked | clipped) <= set(names)


def test_colours_are_those_of_the_page_in_light_and_dark(text: str) -> None:
    drawn = "".join(re.findall(r"<svg.*?</svg>", text, re.DOTALL))
    assert re.findall(r"#0101\d\d|#[0-9a-f]{6}", re.sub(r'"#\w+-[^"]*"', "", drawn)) == []
    used = set(re.findall(r"var\(--([a-z-]+)\)", text))
    schemes = re.findall(r":root \{(.*?)\}", text, re.DOTALL)
    assert len(schemes) == 3
    for scheme in schemes:
        assert used <= set(re.findall(r"--([a-z-]+):", scheme))


def test_the_same_data_is_the_same_page(text: str) -> None:
    assert render_html(sample()) == text


def test_a_malicious_name_stays_text() -> None:
    data = dataclasses.replace(
        sample(symbol=EVIL),
        title=EVIL,
        command=EVIL,
        time_label=EVIL,
        stopped_because=EVIL,
        rejects={EVIL: 3},
        faults=(FaultMark(EVIL, 1.0, 2.0),),
        budgets=(BudgetRow(EVIL, EVIL, "needs", EVIL),),
        ladder=Ladder(EVIL, bids=(Level(EVIL, 1.0),)),
    )
    page = Page(render_html(data))
    assert page.tags["script"] == 1
    assert page.data["ladder"]["symbol"] == page.data["title"] == EVIL
    assert page.tags["b"] == 8 + 1  # of the tiles and of the fault
    assert "x" not in page.values("class")
    assert page.text.count("alert(1)") >= 10


@pytest.mark.parametrize("count", [0, 1, 2])
def test_short_runs_have_pages(count: int) -> None:
    page = Page(render_html(sample(count)))
    assert page.tags["svg"] == (6 if count else 0)
    assert ("No window was measured." in page.text) == (count == 0)
    assert ("Nothing was timed." in page.text) == (count == 0)
    assert page.data["windows"]["sent"] == list(sample(count).windows.sent)


def test_what_is_not_known_is_said_so() -> None:
    data = sample(5)
    unknown = dataclasses.replace(
        data.windows, resident_bytes=(None,) * 5, resting_orders=(None,) * 5
    )
    text = Page(render_html(dataclasses.replace(data, windows=unknown, noise=None))).text
    assert "The system does not tell how much memory the process has." in text
    assert "How noisy the machine was is not known" in text
    assert "The target does not tell." in text
    assert "memory, most" not in text


def test_a_fault_that_comes_again_is_one_entry(text: str) -> None:
    faults = tuple(FaultMark("mass cancel", float(at), float(at)) for at in range(9))
    data = dataclasses.replace(sample(5), faults=(*faults, FaultMark("halted", 2.0, 3.0)))
    page = Page(render_html(data))
    assert "1 mass cancel, 0 s, and 8 more 2 halted, 2 to 3 s" in page.text
    assert "3 stalled consumer" in Page(text).text


@pytest.mark.parametrize(
    ("noise", "words"),
    [
        (Noise(10**9, 10**5, 10**5), "The machine was quiet"),
        (Noise(10**9, 10**8, 10**7), "The machine was noisy"),
    ],
)
def test_noise_is_said_in_words(noise: Noise, words: str) -> None:
    assert words in Page(render_html(dataclasses.replace(sample(0), noise=noise))).text


KEPT = BudgetRow("a", "1 ms", "kept", checks=(check("p50", 0.5, 1, 0.6),))
OWN_MISSED = BudgetRow("b", "1 ms", "missed", checks=(check("p50", 0.5, 1, 0.4),))
BARE = BudgetRow(
    "f", "0%", "kept", checks=(CheckFigure("share", 0, 0, "at most", "%", None, True),)
)
MISSED = BudgetRow("c", "1 ms", "missed", checks=(check("p50", 2, 1, 5.0),))
BOTH_MISSED = BudgetRow("d", "1 ms", "missed", checks=(check("p50", 4, 1, 0.4),))
UNCHECKED = BudgetRow("e", "1 ms", "not checked", "no accounts", (check("p50", 9, 1, 0.4),))


@pytest.mark.parametrize(
    ("rows", "colour", "headline"),
    [
        ((), "open", "No budget was checked"),
        ((UNCHECKED,), "open", "No budget was checked"),
        (
            (KEPT,),
            "good",
            "The one budget that was checked was kept Closest: a, p50, 2 times better",
        ),
        ((BARE,), "good", "The one budget that was checked was kept The machine"),
        ((KEPT, KEPT, UNCHECKED), "good", "All 2 budgets that were checked were kept Closest"),
        ((KEPT, OWN_MISSED), "bad", "were kept, but 1 of our own limit was missed Closest"),
        ((KEPT, MISSED), "bad", "1 of 2 budgets missed Closest: c, p50, 2 times over."),
        ((BOTH_MISSED,), "bad", "1 of 1 budget missed, and 1 of our own limit was missed"),
    ],
)
def test_the_verdict_counts_what_was_checked(
    rows: tuple[BudgetRow, ...], colour: str, headline: str
) -> None:
    page = Page(render_html(dataclasses.replace(sample(0), budgets=rows)))
    assert headline in page.text
    assert f"verdict {colour}" in page.values("class")


@pytest.mark.parametrize(("measured", "colour"), [(9.1, "good"), (9.3, "bad")])
def test_figures_beside_those_of_a_saved_run_are_shown(measured: float, colour: str) -> None:
    check = CheckFigure.of("matching p95", at_most("matching p95", measured, 9.2, "us"))
    page = Page(render_html(dataclasses.replace(sample(), compared=(check,))))
    assert f"verdict {colour}" in page.values("class")
    assert (
        f"Beside a saved run figure measured allowed verdict matching p95 {measured}" in page.text
    )
    assert "≤ 9.2" in page.text
    assert ("1 of 1 figures worse than a saved run allows" in page.text) == (colour == "bad")


def test_rows_are_those_of_a_judged_profile() -> None:
    asked = Row(
        what="orders per second: target / sustained",
        stated="1,000 / 2,000",
        part="engine",
        budgets=(ThroughputBudget("orders", target=1_000, sustained=2_000),),
        measured_by="throughput",
    )
    record = Record({"rate": 30_000.0}, "AMD EPYC", "2026-11-26", "pytest benchmarks", {})
    row = BudgetRow.of(asked.verdict(Measurement({"rate": 2_500.0}), record))
    assert (row.what, row.stated) == ("orders per second: target / sustained: engine", asked.stated)
    assert row.verdict == "missed"
    assert "must be at least 3,000/s" in row.reason
    assert row.checks == (
        CheckFigure("target", 2_500, 1_000, "at least", "/s", 2.5, True, 3_000, False),
        CheckFigure("sustained", 2_500, 2_000, "at least", "/s", 1.25, True),
    )
    assert BudgetRow.of(asked.verdict(None)).verdict == "not measured"
    assert set(VERDICTS) == {outcome.value for outcome in Outcome}
    page = Page(render_html(dataclasses.replace(sample(0), budgets=(row,))))
    assert "budget that was checked was kept, but 1 of our own limit was missed" in page.text
    assert "2,500/s ≥ 1,000/s 2.5 times better ≥ 3,000/s missed kept" in page.text


def take(_: Any) -> None:
    """Take commands and say nothing."""


def test_a_run_under_load_has_a_report() -> None:
    faulty = scenario("staged").scaled(seconds=0.5)
    result = run(faulty, take, clock=SimulatedClock())
    about = machine()
    data = load_report(
        result,
        title="The demo exchange",
        profile="demo",
        started="2026-11-26T21:00:00Z",
        command="bench",
        machine=about,
        judged=(),
    )
    assert (data.scenario, data.loop, data.machine) == ("staged", "open", about)
    assert data.time_label == "15 min in 0.5 s"
    assert data.counts == result.counts
    assert sum(data.windows.sent) == result.counts.sent
    assert {mark.name.split()[0] for mark in data.faults} == {
        fault.kind.split("_")[0] for fault in faulty.faults
    }
    assert all(0 <= mark.start_s <= mark.end_s <= 0.5 for mark in data.faults)
    assert [one.name for one in data.latencies] == ["from the scheduled time", "of the call alone"]
    assert ReportData.from_dict(json.loads(json.dumps(data.to_dict()))) == data
    assert Page(render_html(data)).data == data.to_dict()


def test_what_a_scenario_asks_for_is_the_first_row() -> None:
    asked = dataclasses.replace(
        scenario("staged").scaled(seconds=0.2), criteria=Criteria(p99_ms=0.001, error_rate=0.5)
    )
    result = run(asked, take, clock=SimulatedClock())
    late = LatencyHistogram()
    late.record(4_000)
    result = dataclasses.replace(result, histogram=late)
    data = load_report(result, title="-", profile="-", started="-", command="-", machine=machine())
    (row,) = data.budgets
    assert (row.verdict, row.stated) == ("missed", "p99 0.001 ms, error rate 0.5 of all")
    assert row.reason == "p99 was 0.004 ms, must be at most 0.001"
    assert [(one.name, one.factor) for one in row.checks] == [("p99", 0.25), ("error rate", None)]


def test_the_busiest_book_is_the_one_with_the_most_orders() -> None:
    core = Core()
    for _ in range(2):
        core.add_instrument()
    assert busiest_ladder(core, ("A", "B")) is None
    core.book(0).submit(Side.BUY, 99, 5)
    core.book(1).submit(Side.SELL, 102, 7)
    core.book(1).submit(Side.SELL, 101, 3)
    expected = Ladder("B", asks=(Level("101", 3.0), Level("102", 7.0)))
    assert busiest_ladder(core, ("A", "B")) == expected


def test_numbers_of_faults_do_not_stand_on_each_other() -> None:
    drawn = charts.throughput(
        sample(60).windows,
        (FaultMark("a", 1.0, 1.1), FaultMark("b", 1.1, 1.2), FaultMark("c", 9, 9)),
    )
    found = re.findall(r"<text[^>]*var\(--fault\)[^>]*>(.)</text>", drawn)
    assert found == ["1", "3"]


def test_a_run_as_fast_as_it_went_has_no_marks() -> None:
    assert list(fault_marks(scenario("staged"), float("inf"))) == []
    twice = [mark.start_s for mark in fault_marks(scenario("staged"), 2)]
    assert twice == [mark.start_s / 2 for mark in fault_marks(scenario("staged"))]
    assert twice


def test_a_run_that_was_stopped_says_why() -> None:
    data = dataclasses.replace(sample(0), stopped_because="p99 was 612 ms, over 500 ms")
    assert "The run was stopped: p99 was 612 ms, over 500 ms" in Page(render_html(data)).text
    assert "was stopped" not in Page(render_html(sample(0))).text


def test_a_page_is_written_into_a_file(tmp_path: Path) -> None:
    write_html(sample(0), tmp_path / "report.html")
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == render_html(sample(0))


def test_without_jinja_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(MissingExtraError, match="this needs jinja2: pip install jinja2"):
        render_html(sample(0))


def test_what_is_no_report_lists_all_that_is_wrong() -> None:
    plain = sample(2).to_dict()
    plain["counts"]["sent"] = "many"
    plain["budgets"][0]["verdict"] = "fine"
    plain["windows"]["sent"] = 5
    plain["machine"] = None
    plain["latencies"][0]["percentiles_ns"]["p50"] = 1.5
    del plain["loop"]
    plain["noise"]["colour"] = "pink"
    with pytest.raises(SpecificationError) as refused:
        ReportData.from_dict(plain)
    assert str(refused.value).split("; ") == [
        "loop is missing",
        "counts.sent was 'many', must be an int",
        "machine was None, must be a table",
        "noise.colour is not known",
        f"budgets[0].verdict was 'fine', must be one of {', '.join(map(repr, VERDICTS))}",
        "latencies[0].percentiles_ns.p50 was 1.5, must be an int",
        "windows.sent was 5, must be a list",
    ]
    with pytest.raises(SpecificationError, match="the data was 5, must be a table"):
        ReportData.from_dict(5)  # type: ignore[arg-type]


def test_windows_must_be_columns_of_one_length() -> None:
    with pytest.raises(SpecificationError, match=r"windows: columns had lengths .*'sent': 2"):
        Windows(sent=(1, 2))
    with pytest.raises(SpecificationError, match=r"windows: seconds were 0.0, must be above 0"):
        dataclasses.replace(sample(1).windows, seconds=(0.0,))


def test_counts_of_nothing_are_no_division() -> None:
    data = dataclasses.replace(sample(0), seconds=0.0, counts=Counts(), budgets=())
    assert "0/s" in Page(render_html(data)).text
