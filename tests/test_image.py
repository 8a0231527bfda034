"""Images: an engine that is saved and loaded at any point goes on as one that never was."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import numpy as np
import pytest
from family_streams import family_stream
from storms import storm
from streams import Stream, command_array, random_stream
from watched_streams import watched_stream
from wide_streams import wide_stream

from engine import BUY, SUBMIT, EngineError, ImageError, InvariantError
from engine._core import Core

KINDS: dict[str, Callable[[int, int], Stream]] = {
    "random": random_stream,
    "wide": wide_stream,
    "storm": storm,
    "watched": watched_stream,
    "family": family_stream,
}
CASES = [
    *(("random", seed) for seed in range(30)),
    *(("wide", seed) for seed in range(4)),
    *(("storm", seed) for seed in range(6)),
    *(("watched", seed) for seed in range(8)),
    *(("family", seed) for seed in range(6)),
]
each_stream = pytest.mark.parametrize(("kind", "seed"), CASES)


def reloaded(core: Core, stream: Stream) -> Core:
    """Return an engine that is what the image of another says."""
    loaded: Core = stream.new_core(Core)
    loaded.load(core.save())
    return loaded


@each_stream
def test_a_restart_at_any_point_changes_no_byte(kind: str, seed: int) -> None:
    """Each command is applied by an engine that was saved and loaded just before it."""
    stream = KINDS[kind](seed, 120)
    core, restarted = stream.new_core(Core), stream.new_core(Core)
    for index in range(len(stream.commands)):
        command = stream.commands[index : index + 1]
        restarted = reloaded(restarted, stream)
        assert core.match(command).tobytes() == restarted.match(command).tobytes(), index
        assert core.save().tobytes() == restarted.save().tobytes(), index
    assert restarted.state_hash() == core.state_hash()
    assert restarted.counters() == core.counters()
    restarted.check_invariants()


@each_stream
def test_prefix_restart_and_suffix_are_the_whole(kind: str, seed: int) -> None:
    """In batches, with the reports of all and with trades only, as an engine is run."""
    stream = KINDS[kind](1000 + seed, 400)
    random = Random(seed)
    core = stream.new_core(Core)
    whole = core.match(stream.commands)
    for _ in range(4):
        at = random.randrange(len(stream.commands) + 1)
        first = stream.new_core(Core)
        before = first.match(stream.commands[:at])
        second = reloaded(first, stream)
        assert second.state_hash() == first.state_hash()
        second.check_invariants()
        after = second.match(stream.commands[at:])
        assert np.concatenate([before, after]).tobytes() == whole.tobytes()
        assert second.image_hash() == core.image_hash()
        trading = reloaded(first, stream)
        trading.match(stream.commands[at:], detail="trades")
        assert trading.image_hash() == core.image_hash()


@each_stream
def test_the_way_there_does_not_show(kind: str, seed: int) -> None:
    """One by one or in a batch, asked questions on the way or not: the image is the same."""
    stream = KINDS[kind](2000 + seed, 200)
    core, asked = stream.new_core(Core), stream.new_core(Core)
    core.match(stream.commands)
    for index in range(len(stream.commands)):
        asked.match(stream.commands[index : index + 1])
        asked.state_hash()
        asked.check_invariants()
    assert asked.save().tobytes() == core.save().tobytes()


@pytest.mark.parametrize(("kind", "seed"), [("random", 3), ("storm", 5)])
def test_an_image_that_is_cut_or_changed_is_refused_or_is_another(kind: str, seed: int) -> None:
    """Nothing is read beyond its end, and a refused image leaves an engine that does nothing."""
    stream = KINDS[kind](seed, 150)
    core = stream.new_core(Core)
    core.match(stream.commands)
    image = core.save()
    for end in range(0, len(image), 7):
        with pytest.raises(ImageError, match=rf"at byte \d+ of {end}$"):
            stream.new_core(Core).load(image[:end].copy())
    random = Random(seed)
    refused = 0
    for _ in range(400):
        changed = image.copy()
        changed[random.randrange(len(image))] ^= 1 << random.randrange(8)
        other = stream.new_core(Core)
        try:
            other.load(changed)
        except ImageError:
            refused += 1
            with pytest.raises(InvariantError):
                other.match(stream.commands[:1])
            continue
        assert other.save().tobytes() != image.tobytes()
    assert refused > 50


def test_a_loaded_engine_has_room_for_as_many_orders_as_come_then() -> None:
    orders = np.tile(command_array({"kind": SUBMIT, "side": BUY, "quantity": 1}), 40_000)
    orders["price"] = np.arange(len(orders)) * 64
    orders["order_id"] = np.arange(1, len(orders) + 1)
    core, loaded = Core(), Core()
    for its in (core, loaded):
        its.add_instrument()
    core.match(orders)
    loaded.load(core.save())
    orders["order_id"] += len(orders)
    loaded.match(orders)
    assert len(loaded) == 80_000
    loaded.check_invariants()


def test_an_image_is_of_the_same_instruments_and_of_an_engine_without_a_past() -> None:
    stream = random_stream(3, 50)
    core = stream.new_core(Core)
    core.match(stream.commands)
    other = stream.new_core(Core)
    other.match(stream.commands[:1])
    with pytest.raises(EngineError, match="has had commands, must be new"):
        other.load(core.save())
    more = stream.new_core(Core)
    more.add_instrument(**stream.instruments[0])
    with pytest.raises(ImageError, match="at byte"):
        more.load(core.save())
    with pytest.raises(ImageError, match="at byte 0 of 0"):
        stream.new_core(Core).load(b"")
    longer = np.append(core.save(), np.uint8(0))
    with pytest.raises(ImageError):
        stream.new_core(Core).load(longer)


def test_an_empty_engine_has_an_image() -> None:
    core = Core()
    loaded = Core()
    loaded.load(core.save())
    assert loaded.image_hash() == core.image_hash()
    assert loaded.state_hash() == core.state_hash()
