"""``python -m engine``: what it prints and writes, and how it refuses."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine._cli import main
from engine._replay import BATCH
from engine.streams import STREAM_COMMAND_DTYPE, STREAM_TRADE_DTYPE, read_trades

SELL_1 = (1, 1, 0, 5, 1, 100, 0, 0)
SELL_2 = (1, 1, 0, 5, 2, 101, 0, 0)
BUY_3 = (1, 0, 0, 7, 3, 101, 0, 0)
CANCEL_9 = (4, 0, 0, 0, 9, 0, 0, 0)
ROWS = [SELL_1, SELL_2, BUY_3, CANCEL_9]
TRADES = [(1, 3, 100, 5, 0), (2, 3, 101, 2, 0)]

Run = Callable[..., tuple[int, str, str]]


def stream(rows: list[tuple[int, ...]] = ROWS) -> bytes:
    return np.array(rows, dtype=STREAM_COMMAND_DTYPE).tobytes()


def trade_bytes(times: int = 1) -> bytes:
    return np.array(TRADES * times, dtype=STREAM_TRADE_DTYPE).tobytes()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A stream of four commands, two trades and one reject."""
    path = tmp_path / "four.bin"
    path.write_bytes(stream())
    return path


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command line in this process; gives exit code, output and errors."""

    def run(*arguments: object) -> tuple[int, str, str]:
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as stop:
            code = int(stop.code or 0)
        return (code, *capsys.readouterr())

    return run


def refused(result: tuple[int, str, str]) -> str:
    """Return the one line that bad input gets."""
    code, output, errors = result
    assert (code, output) == (1, "")
    assert errors.count("\n") == 1
    assert errors.startswith("python -m engine: ")
    return errors.removeprefix("python -m engine: ").rstrip()


def test_replay_prints_one_line_of_json(run: Run, path: Path) -> None:
    code, output, errors = run("replay", path, "--json")
    assert (code, errors) == (0, "")
    assert output.count("\n") == 1
    figures = json.loads(output)
    assert figures["commands"] == 4
    assert figures["reports"] == 3 + 4 + 1
    assert figures["trades"] == 2
    assert figures["rejects"] == {"UNKNOWN_ORDER": 1}
    assert figures["trades_sha256"] == hashlib.sha256(trade_bytes()).hexdigest()
    assert figures["ns_per_command"] > 0
    assert figures["batch"] == BATCH
    assert figures["latency_ns"]["batch_1"]["p50"] > 0
    assert figures["latency_ns"]["batch_64"] == {"p50": 0, "p95": 0, "p99": 0, "p99.9": 0}
    (file,) = figures["files"]
    assert file["file"] == str(path)
    top = {"instrument": 0, "trades": 2, "bid": None, "ask": [101, 3]}
    assert file["top_of_book"] == [top]


def test_percentiles_rise(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "many.bin"
    path.write_bytes(stream([(1, 0, 0, 1, number + 1, number, 0, 0) for number in range(2_000)]))
    latency = json.loads(run("replay", path, "--json", "--rounds", 1)[1])["latency_ns"]
    for percentiles in latency.values():
        values = list(percentiles.values())
        assert values == sorted(values)
        assert values[0] > 0


def test_replay_writes_the_trades_of_all_files_in_sequence(
    run: Run, path: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.trades"
    code, output, _ = run("replay", path, path, "--json", "--trades", out)
    assert code == 0
    assert out.read_bytes() == trade_bytes(2)
    figures = json.loads(output)
    assert (figures["commands"], figures["trades"]) == (8, 4)
    assert figures["trades_sha256"] == hashlib.sha256(trade_bytes(2)).hexdigest()
    assert [file["trades"] for file in figures["files"]] == [2, 2]
    assert out.stat().st_size == 32 * figures["trades"]


def test_trades_may_be_written_compressed(run: Run, path: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.trades.gz"
    assert run("replay", path, "--json", "--trades", out)[0] == 0
    assert out.read_bytes().startswith(b"\x1f\x8b")
    assert read_trades(out).tolist() == TRADES


def test_replay_prints_a_summary_for_people(run: Run, path: Path) -> None:
    code, output, errors = run("replay", path)
    assert (code, errors) == (0, "")
    for words in (
        "commands   4 ",
        "trades     2 ",
        "rejects    1: UNKNOWN_ORDER 1",
        f"ns a command (match, batches of {BATCH:,}, all reports, best of 3)",
        "top of book",
        "p50",
        "p99.9",
        "of 64 commands",
    ):
        assert words in output
    assert str(path) in output
    assert "\x1b" not in output


def test_many_instruments_are_summed_up_by_the_busiest(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "wide.bin"
    rows = [
        (1, side, symbol, 1, 2 * symbol + side + 1, 50, 0, 0)
        for symbol in range(300)
        for side in (0, 1)
    ]
    path.write_bytes(stream(rows))
    (file,) = json.loads(run("replay", path, "--json")[1])["files"]
    assert file["trades"] == 300
    assert len(file["top_of_book"]) == 5
    assert "instrument " in run("replay", path)[1]


def test_a_stream_without_commands_is_refused(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "empty.bin"
    path.write_bytes(b"")
    assert refused(run("replay", path, "--json")) == f"{path}: no commands"
    assert refused(run("day", path, "--out", tmp_path)).endswith(": no commands")
    assert set(tmp_path.iterdir()) == {path}


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (stream()[:-16], "record 3 at byte 96 is cut short: 16 bytes, a record has 32"),
        (stream([SELL_1, (9, 0, 0, 1, 1, 1, 0, 0)]), "record 1 at byte 32: op was 9, must be 1"),
        (stream([(1, 3, 0, 1, 1, 1, 0, 0)]), "record 0 at byte 0: side was 3, must be 0"),
        (stream([(1, 0, 0, 0, 1, 1, 0, 0)]), "record 0 at byte 0: quantity was 0, must be at"),
        (gzip.compress(stream())[:-8], "compressed file is cut short: it ended inside a frame"),
        (b"\x1f\x8bjunk", "compressed data is damaged after byte 0: method of gzip was 106"),
        (b"\x1f\x8b" + b"junk" * 16, "compressed data is damaged: byte 0 begins gzip"),
        (b"\x1f\x8b\x08\x00" + b"\x00" * 4 + b"\x02\x03" + b"\xff" * 30, "compressed data is dam"),
        (b"\x28\xb5\x2f\xfd" + b"\xff" * 40, "compressed data is damaged after byte 0"),
        (None, "no such file"),
    ],
    ids=[
        "half",
        "op",
        "side",
        "quantity",
        "cut gzip",
        "short gzip",
        "junk gzip",
        "bad gzip",
        "bad zstd",
        "absent",
    ],
)
@pytest.mark.parametrize("command", ["replay", "day"])
def test_bad_input_gets_one_line_and_exit_code_1(
    run: Run, content: bytes | None, fault: str, command: str, tmp_path: Path
) -> None:
    if content is not None and content.startswith(b"\x28"):
        pytest.importorskip("zstandard")
    bad = tmp_path / "bad.bin"
    if content is not None:
        bad.write_bytes(content)
    line = refused(run(command, bad, "--json"))
    assert line.startswith(f"{bad}: {fault}")
    assert set(tmp_path.iterdir()) <= {bad}


def test_a_cut_file_is_reported_with_what_was_read(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "cut.bin.gz"
    path.write_bytes(gzip.compress(stream() * 10)[:-8])  # all of the data, none of the trailer
    line = refused(run("replay", path, "--json"))
    assert line.endswith("ended inside a frame, after 1,280 bytes of decompressed data")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_trades_go_through_a_pipe_which_stays_one(run: Run, path: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert run("replay", path, "--json", "--trades", pipe)[0] == 0
        assert os.read(reader, 65_536) == trade_bytes()
    finally:
        os.close(reader)
    assert pipe.is_fifo()
    assert set(tmp_path.iterdir()) == {path, pipe}


@pytest.mark.parametrize("is_there", [True, False])
def test_trades_go_where_a_link_leads(run: Run, path: Path, tmp_path: Path, is_there: bool) -> None:
    target, link = tmp_path / "kept" / "out.trades", tmp_path / "link"
    target.parent.mkdir()
    if is_there:
        target.write_bytes(b"old")
    link.symlink_to(target)
    assert run("replay", path, "--json", "--trades", link)[0] == 0
    assert link.is_symlink()
    assert target.read_bytes() == trade_bytes()
    assert set(tmp_path.rglob("*")) == {path, link, target.parent, target}


def test_output_that_cannot_be_written_gets_one_line(path: Path) -> None:
    with path.open("rb") as not_writable:
        result = subprocess.run(
            [sys.executable, "-m", "engine", "replay", path, "--json"],
            stdout=not_writable,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert result.returncode == 1
    assert result.stderr.startswith("python -m engine: standard output: cannot be written: ")
    assert result.stderr.count("\n") == 1


def test_a_closed_output_gets_one_line(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    assert main(["replay", str(path), "--json"]) == 1
    assert capsys.readouterr().err == "python -m engine: standard output: is closed\n"


def test_one_bad_file_among_good_ones_leaves_no_trades(
    run: Run, path: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.trades"
    refused(run("replay", path, tmp_path / "absent.bin", "--json", "--trades", out))
    assert not out.exists()


def test_a_place_for_trades_is_checked_before_the_work(
    run: Run, path: Path, tmp_path: Path
) -> None:
    line = refused(run("replay", path, "--trades", tmp_path / "absent" / "out"))
    assert line.endswith("absent is not a directory")
    assert "is a directory" in refused(run("replay", path, "--trades", tmp_path))
    assert "is one of the streams" in refused(run("replay", path, "--trades", path))
    assert path.read_bytes() == stream()


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("replay",),
        ("walk",),
        ("replay", "x.bin", "--unknown"),
        ("replay", "x.bin", "--rounds", "0"),
        ("day", "--seed", "one"),
        ("day", "--seed", "-1"),
        ("day", "--commands", "999"),
        ("day", "x.bin", "--seed", "1"),
    ],
    ids=" ".join,
)
def test_wrong_usage_gets_exit_code_2(run: Run, arguments: tuple[str, ...]) -> None:
    code, output, errors = run(*arguments)
    assert (code, output) == (2, "")
    assert errors.startswith("usage: python -m engine")


def test_version_names_what_is_installed(run: Run) -> None:
    code, output, _ = run("--version")
    assert code == 0
    names = [line.split()[0] for line in output.splitlines()]
    assert names[:4] == ["engine", "python", "system", "numpy"]


def test_a_day_is_made_and_drawn(run: Run, tmp_path: Path) -> None:
    arguments = ("--seed", 1, "--commands", 2_000, "--rounds", 1, "--out", tmp_path)
    code, output, errors = run("day", *arguments)
    assert (code, errors) == (0, "")
    assert (tmp_path / "day.png").read_bytes().startswith(b"\x89PNG")
    assert "a market day made from seed 1" in output
    assert " orders" in output
    assert " spread 0." in output
    assert f"drawn: {tmp_path / 'day.png'}" in output


def test_days_named_by_files_are_drawn_each(run: Run, path: Path, tmp_path: Path) -> None:
    code, output, _ = run("day", path, path, "--json", "--out", tmp_path)
    assert code == 0
    figures = json.loads(output)
    assert figures["pictures"] == [str(tmp_path / "day.png"), str(tmp_path / "day-2.png")]
    assert figures["trades"] == 4
    assert all(Path(picture).stat().st_size > 10_000 for picture in figures["pictures"])


def test_the_real_day_is_found_beside_the_current_directory(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "shared" / "data" / "sse_600519"
    place.mkdir(parents=True)
    (place / "sse600519.bin.zst").write_bytes(stream())
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    code, output, _ = run("day")
    assert code == 0
    assert "sse600519.bin.zst" in output
    assert "1.01" in output  # 101 ticks of a hundredth
    assert (tmp_path / "project" / "day.png").exists()
    made = run("day", "--seed", 1, "--commands", 1_000, "--rounds", 1)[1]
    assert "a market day made from seed 1" in made


def test_a_directory_for_the_picture_must_be_there(run: Run, tmp_path: Path) -> None:
    line = refused(run("day", "--out", tmp_path / "absent"))
    assert line == f"{tmp_path / 'absent'}: no such directory"


@pytest.mark.parametrize(
    ("blocked", "arguments", "library"),
    [
        ("rich.console", ("replay", "{path}"), "rich"),
        ("rich.console", ("day", "{path}"), "rich"),
        ("hdrh.histogram", ("day", "{path}", "--json"), "hdrhistogram"),
        ("matplotlib.figure", ("day", "{path}", "--json"), "matplotlib"),
    ],
)
def test_a_missing_library_is_named_in_one_line(
    run: Run,
    path: Path,
    blocked: str,
    arguments: tuple[str, ...],
    library: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, blocked, None)
    monkeypatch.delitem(sys.modules, "engine._picture", raising=False)
    monkeypatch.delattr("engine._picture", raising=False)
    line = refused(run(*(argument.format(path=path) for argument in arguments)))
    assert line.startswith(f"this needs {library}: pip install {library}")


def test_json_needs_no_library(run: Run, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("rich.console", "rich.progress", "matplotlib", "hdrh"):
        monkeypatch.setitem(sys.modules, name, None)
    assert run("replay", path, "--json")[0] == 0


def test_the_module_runs_as_a_program(path: Path) -> None:
    program = [sys.executable, "-m", "engine"]
    good = subprocess.run(
        [*program, "replay", path, "--json"], capture_output=True, text=True, check=False
    )
    assert (good.returncode, good.stderr) == (0, "")
    assert json.loads(good.stdout)["trades"] == 2
    bad = subprocess.run(
        [*program, "replay", "absent.bin"], capture_output=True, text=True, check=False
    )
    assert (bad.returncode, bad.stdout) == (1, "")
    assert bad.stderr == "python -m engine: absent.bin: no such file\n"
    assert subprocess.run(program, capture_output=True, check=False).returncode == 2


def on_a_terminal(*arguments: object) -> bytes:
    """Run the program with standard error on a terminal; gives what that shows."""
    pty: Any = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    subprocess.run(
        [sys.executable, "-m", "engine", *map(str, arguments)],
        stdout=subprocess.DEVNULL,
        stderr=theirs,
        env=os.environ | {"TERM": "xterm"},
        check=True,
    )
    os.close(theirs)
    shown = b""
    try:
        while piece := os.read(ours, 65_536):
            shown += piece
    except OSError:  # how Linux says that the other end is closed
        pass
    finally:
        os.close(ours)
    return shown


def test_progress_is_shown_on_a_terminal(path: Path) -> None:
    shown = on_a_terminal("replay", path, "--json")
    assert b"replaying four.bin" in shown
    assert b"\x1b[" in shown
