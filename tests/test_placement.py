"""Where symbols go: to every shard the same part, and few elsewhere when there is one more."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter

import pytest

from engine import EngineError, ShardPlacement

SYMBOLS = [f"SYMBOL-{number}" for number in range(2_000)]


@pytest.mark.parametrize("shards", [1, 2, 7, 10])
def test_each_shard_has_about_the_same_part(shards: int) -> None:
    placement = ShardPlacement(shards)
    parts = Counter(map(placement.shard_of, SYMBOLS))
    assert set(parts) == set(range(shards))
    assert max(parts.values()) < 1.25 * len(SYMBOLS) / shards
    assert min(parts.values()) > 0.75 * len(SYMBOLS) / shards


@pytest.mark.parametrize("shards", [1, 2, 7, 10])
def test_one_more_takes_about_one_symbol_in_n_and_moves_no_other(shards: int) -> None:
    moves = ShardPlacement(shards).moves(SYMBOLS, shards + 1)
    assert {to for _, to in moves.values()} == {shards}
    expected = len(SYMBOLS) / (shards + 1)
    assert 0.75 * expected < len(moves) < 1.25 * expected
    back = ShardPlacement(shards + 1).moves(SYMBOLS, shards)
    assert back == {symbol: (new, old) for symbol, (old, new) in moves.items()}


def test_the_place_does_not_depend_on_the_process() -> None:
    script = "from engine import ShardPlacement as P; print(*map(P(10).shard_of, ('A', 'Ä', '')))"
    command = [sys.executable, "-c", script]
    said = {
        subprocess.run(
            command, env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True, text=True, check=True,
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    placement = ShardPlacement(10)
    assert said == {" ".join(str(placement.shard_of(name)) for name in ("A", "Ä", "")) + "\n"}


@pytest.mark.parametrize("shards", [0, -1, 257, True, 2.0, "2"])
def test_a_number_of_shards_that_can_not_be_is_refused(shards: object) -> None:
    with pytest.raises(EngineError, match="shards was"):
        ShardPlacement(shards)  # type: ignore[arg-type]


@pytest.mark.parametrize("symbols", ["ABC", b"ABC", 5, None])
def test_letters_of_a_text_are_no_symbols(symbols: object) -> None:
    with pytest.raises(TypeError, match=r"^symbols was .*, not symbols$"):
        ShardPlacement(4).moves(symbols, 5)  # type: ignore[arg-type]
