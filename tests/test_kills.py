"""Processes that are killed while they trade: what was answered is there, and nothing twice.

`long_kills.py` does it a thousand times; here it is done often enough to see that it can be seen.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from durable import MODES
from kills import Figures, Watched, commands_of, context, kill_often
from long_kills import main

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="children are forked")


def test_nothing_answered_is_lost_and_nothing_is_there_twice(tmp_path: Path) -> None:
    seen = list(kill_often(tmp_path, MODES, seed=1, kills=15))
    total = Figures(*(sum(figures) for figures in zip(*seen, strict=True)))
    assert total.kills == 15
    assert total.commands > 15
    assert total.before_an_answer < 15


def test_a_command_that_is_lost_is_seen(tmp_path: Path) -> None:
    """The check itself: a twin that has had one command more is no twin."""
    watched = Watched(tmp_path, "async", seed=7)
    watched.kill(context())
    assert watched.at > 0
    watched.twin.match(commands_of(7)[-1:])
    with pytest.raises(AssertionError):
        watched.kill(context())


def test_the_script_tells_what_it_has_seen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--kills", "2", "--seed", "3", "--directory", str(tmp_path)]) == 0
    assert "2 kills: nothing answered was lost, nothing is there twice" in capsys.readouterr().out
