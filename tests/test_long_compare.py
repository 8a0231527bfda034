"""The long comparison, made short: it finds nothing here, and what is wrong it finds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from kept import read_kept
from long_compare import CHUNK, FOUND, TRADES_ONLY_EVERY, main
from streams import Draw, random_stream

from engine import BUY, CommandKind, RejectReason
from engine._core import Core
from engine.reference import Core as Specified

LENGTH = CHUNK * TRADES_ONLY_EVERY + 5


def run(tmp_path: Path, make_tested: Any = Core, seeds: str = "4:8") -> int:
    arguments = ("--seeds", seeds, "--length", str(LENGTH), "--out", str(tmp_path))
    return main(arguments, make_tested)


def test_nothing_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path) == 0
    summary, *met = capsys.readouterr().out.splitlines()
    assert summary.startswith(f"no difference: {4 * LENGTH:,} commands, ")
    assert "4 seeds from 4" in summary
    assert {line.partition(":")[0] for line in met} >= {"CommandKind", "RejectReason"}
    assert not list(tmp_path.iterdir())


def test_what_was_met_is_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(tmp_path, seeds="4:5")
    stream = random_stream(4, LENGTH)
    reports = stream.new_core(Core).match(stream.commands)
    out = capsys.readouterr().out
    submits = int((stream.commands["kind"] == CommandKind.SUBMIT).sum())
    unknown = int((reports["reject_reason"] == RejectReason.UNKNOWN_ORDER).sum())
    assert f"CommandKind: SUBMIT {submits:,}, " in out
    assert f", UNKNOWN_ORDER {unknown:,}, " in out


def test_a_stream_that_is_drawn_in_chunks_is_the_stream_of_its_seed() -> None:
    draw = Draw(7)
    chunks = [draw.commands(count) for count in (1, 64, 35)]
    stream = random_stream(7, 100)
    assert np.concatenate(chunks).tobytes() == stream.commands.tobytes()
    assert draw.reports().tobytes() == stream.new_core(Specified).match(stream.commands).tobytes()


class Forgetful(Specified):
    """It loses count of its trades."""

    trade_count = 0


class BestBidOffByOne(Specified):
    """What it says of a best bid is wrong, and nothing else."""

    def book(self, instrument: int) -> Any:
        book = super().book(instrument)
        best = book.best_bid()
        book.best_bid = lambda: None if best is None else best - BUY
        return book


class MisspelledReports(Specified):
    """The reports of a batch tell another command id."""

    def match(self, commands: np.ndarray, **options: Any) -> np.ndarray:
        reports = super().match(commands, **options)
        if "command_id" in reports.dtype.names:
            reports["command_id"] += reports["kind"] == CommandKind.REPLACE
        return reports


class Raising(Specified):
    """It gives up at the ninth report."""

    def check_invariants(self) -> None:
        assert self.report_count < 9, "ninth report"


@pytest.mark.parametrize("make_tested", [Forgetful, BestBidOffByOne, MisspelledReports, Raising])
def test_what_is_wrong_is_found_shrunk_and_kept(
    make_tested: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, make_tested) == FOUND
    found, kept = capsys.readouterr().out.splitlines()
    (path,) = tmp_path.glob("seed-*.json")
    commands = read_kept(path).commands
    assert found.startswith(f"seed {path.stem.removeprefix('seed-')}: command ")
    assert kept.startswith(f"{len(commands)} commands kept in {path}: command ")
    assert 1 <= len(commands) <= 9


@pytest.mark.parametrize("seeds", ["", "5", "5:", ":5", "5:5", "6:5", "-1:5", "a:b"])
def test_seeds_that_are_none_are_refused(seeds: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([f"--seeds={seeds}"])
    assert f"was {seeds!r}, must be FROM:TO" in capsys.readouterr().err


def test_no_seed_is_begun_when_the_time_is_over(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--seeds", "4:8", "--minutes", "0"]) == 0
    assert capsys.readouterr().out.startswith("no difference: 0 commands, 0 reports, no seed")
