"""Anything that Python can hand over, at every door of the library: what must hold of each.

A property is a function of drawn arguments. Each ends in a right answer, or in an error that is
documented and changes nothing; never in a crash, a hang, a warning or another exception.
test_edge_fuzz.py runs them shortly, long_fuzz.py for as long as one likes.
"""

from __future__ import annotations

import dataclasses
import faulthandler
import inspect
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import numpy as np
from edge_faces import (
    ANY,
    CALLS,
    FACES,
    MAKES_ROOM,
    ODD,
    PLAUSIBLE,
    TEXTS,
    is_large,
    new_builder,
    new_limiter,
    new_venue,
    state_of_core,
    state_of_venue,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.database import ExampleDatabase

import engine
import engine.capacity
import engine.load
import engine.metrics
from engine import (
    COMMAND_DTYPE,
    FEED_DTYPE,
    REPORT_DTYPE,
    TRADE_DTYPE,
    EngineError,
    Instrument,
    InvariantError,
    RateTier,
    auctions,
    calc,
)
from engine.feed import FeedBuilder
from engine.specification import Specification

__all__ = ["PROPERTIES", "Property", "run"]

DOCUMENTED: Final = (EngineError, TypeError, ValueError, OverflowError)
NOT_OURS: Final = re.compile(r"^Exceeds the limit")
"""How a message of Python begins that took the place of ours, which it could not write."""


def refused(call: Callable[[], Any], documented: tuple[type[Exception], ...] = DOCUMENTED) -> bool:
    """Make a call; say whether it raised what is documented, and let all else through."""
    try:
        call()
    except InvariantError:
        raise
    except documented as error:
        if NOT_OURS.match(str(error)):
            raise AssertionError("an integer that Python can't write") from error
        return True
    return False


@st.composite
def calls(draw: st.DrawFn) -> tuple[str, list[tuple[str, list[Any], dict[str, Any]]]]:
    """Draw a face and some calls of it, with arguments of which a few are odd."""
    face = draw(st.sampled_from(sorted(FACES)))
    sample = FACES[face].make()
    drawn = []
    for _ in range(draw(st.integers(1, 4))):
        name = draw(st.sampled_from(CALLS[face]))
        parameters = inspect.signature(getattr(sample, name)).parameters.values()
        places, words = [], {}
        for parameter in parameters:
            if parameter.kind in {parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL}:
                continue
            is_given = parameter.default is parameter.empty or draw(st.integers(0, 3)) == 0
            if not is_given:
                continue
            usual = FACES[face].good.get(parameter.name, PLAUSIBLE)
            value = draw(usual if draw(st.integers(0, 4)) else ODD)
            if parameter.kind == parameter.KEYWORD_ONLY or words:
                words[parameter.name] = value
            else:
                is_next = len(places) == list(parameters).index(parameter)
                (places.append(value) if is_next else words.update({parameter.name: value}))
        drawn.append((name, places, words))
    return face, drawn


def check_calls(drawn: tuple[str, list[tuple[str, list[Any], dict[str, Any]]]]) -> None:
    """A call that raises raises what is documented and changes nothing."""
    name, made = drawn
    face = FACES[name]
    it = face.make()
    for call, places, words in made:
        if call in MAKES_ROOM and any(map(is_large, [*places, *words.values()])):
            continue
        before = face.state(it)
        if refused(
            lambda call=call, places=places, words=words: getattr(it, call)(*places, **words)
        ):
            assert face.state(it) == before, f"{call} raised, and left something behind"
        it.check_invariants() if hasattr(it, "check_invariants") else None


# -- arrays

DTYPES: Final = [
    COMMAND_DTYPE,
    COMMAND_DTYPE.newbyteorder(),
    REPORT_DTYPE,
    TRADE_DTYPE,
    FEED_DTYPE,
    np.dtype(np.uint8),
    np.dtype("V128"),
    np.dtype(object),
    np.dtype([(name, COMMAND_DTYPE.fields[name][0]) for name in reversed(COMMAND_DTYPE.names)]),
]


@st.composite
def arrays(draw: st.DrawFn, dtypes: list[Any]) -> Any:
    """Draw an array in any layout: strides, offsets, dimensions, read-only, or none at all."""
    dtype = draw(st.sampled_from(dtypes))
    if draw(st.integers(0, 9)) == 0:
        return draw(ODD)
    count = draw(st.integers(0, 6))
    if dtype.hasobject:
        return np.zeros(count, dtype)
    room = 3 * count * dtype.itemsize + 16
    memory = np.frombuffer(draw(st.binary(min_size=room, max_size=room)), np.uint8)
    if draw(st.booleans()):
        memory = memory.copy()
    shift = draw(st.sampled_from([0, 0, 0, 8, 1, 4]))
    array = memory[shift : shift + count * dtype.itemsize].view(dtype)
    shape = draw(st.sampled_from(["plain", "plain", "plain", "reversed", "spread", "square"]))
    if shape == "reversed":
        array = array[::-1]
    if shape == "spread":
        array = array[::2]
    if shape == "square":
        array = array.reshape(1, -1)
    return array


@st.composite
def commands(draw: st.DrawFn) -> Any:
    """Draw commands that can often be read, with bytes of any value in some fields."""
    count = draw(st.integers(0, 5))
    made = np.zeros(count, COMMAND_DTYPE)
    made["kind"], made["side"], made["price"], made["quantity"] = engine.SUBMIT, engine.BUY, 5, 2
    for _ in range(draw(st.integers(0, 6))):
        if count == 0:
            break
        name = draw(st.sampled_from(COMMAND_DTYPE.names))
        place = draw(st.integers(0, count - 1))
        kind = COMMAND_DTYPE.fields[name][0]
        lowest, highest = int(np.iinfo(kind).min), int(np.iinfo(kind).max)
        value = draw(st.one_of(st.integers(0, 60), st.integers(lowest, highest), st.just(highest)))
        made[name][place] = min(max(value, lowest), highest)
    return made


def check_match(given_commands: Any, out: Any, detail: Any, accounts: bool) -> None:
    """Arrays are applied whole or not at all, and what a batch says is what single calls say."""
    venue, other = new_venue(accounts), new_venue(accounts)
    core, single = venue.book("X").core, other.book("X").core
    before = state_of_core(core)
    held: list[Any] = []
    if refused(lambda: held.append(core.match(given_commands, detail=detail, out=out))):
        assert state_of_core(core) == before
        return
    core.check_invariants()
    parts = [single.match(given_commands[i : i + 1].copy()) for i in range(len(given_commands))]
    assert state_of_core(core) == state_of_core(single)
    if detail == "all" and parts:
        assert held[0].tobytes() == b"".join(part.tobytes() for part in parts)


def check_feed(reports: Any, out: Any) -> None:
    """Reports of any bytes are read or refused; a feed that met nonsense says so ever after."""
    builder = new_builder()
    before = builder.next_report
    try:
        builder.read(reports, out=out)
    except InvariantError:
        assert refused_for_good(builder)
    except DOCUMENTED:
        assert builder.next_report == before
        builder.check_invariants()
    else:
        builder.check_invariants()


def refused_for_good(builder: FeedBuilder) -> bool:
    """Whether a broken builder answers nothing any more."""
    try:
        builder.snapshot(0)
    except InvariantError:
        return True
    return False


def check_columns(users: Any, kinds: Any, timestamps: Any, name: str) -> None:
    """Columns of any kind are counted or refused."""
    limiter = new_limiter()
    before = limiter.time
    if refused(lambda: getattr(limiter, name)(users, kinds, timestamps)):
        assert limiter.time == before


# -- specifications

SPECIFICATIONS: Final = sorted(
    {
        found
        for module in (engine, engine.capacity, engine.load, engine.metrics)
        for name in module.__all__
        if isinstance(found := getattr(module, name), type)
        and (issubclass(found, Specification) or found is RateTier)
    },
    key=lambda kind: kind.__name__,
)
SPECIFIED: Final[Mapping[str, Any]] = {
    "symbol": st.sampled_from(["X", "BTC-USD"]),
    "name": st.sampled_from(["USD", "retail"]),
    "base": st.sampled_from(["BTC", None]),
    "quote": st.sampled_from(["USD", None]),
    "kind": st.sampled_from(["spot", "linear", "inverse", None]),
}
WORD_VALUES: Final = st.sampled_from(
    [
        "mark",
        "index",
        "none",
        "all",
        "median",
        "mean",
        "up",
        "half_even",
        "marginal",
        "mid",
        "last",
        "market",
        "bankruptcy",
        "fund",
        "fraction",
        "tier_down",
        "discrete",
        "price",
        "drop",
    ]
)


@st.composite
def specified(draw: st.DrawFn) -> tuple[type[Any], dict[str, Any]]:
    """Draw a class and fields for it."""
    kind = draw(st.sampled_from(SPECIFICATIONS))
    values = {}
    for field in dataclasses.fields(kind):
        if not field.init:
            continue
        is_needed = (
            field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        )
        if not is_needed and draw(st.integers(0, 5)):
            continue
        usual = SPECIFIED.get(field.name, PLAUSIBLE if "Decimal" in str(field.type) else ANY)
        if "str" in str(field.type) and field.name not in SPECIFIED:
            usual = WORD_VALUES
        values[field.name] = draw(usual if draw(st.integers(0, 5)) else st.one_of(ODD, WORD_VALUES))
    return kind, values


def check_specified(drawn: tuple[type[Any], dict[str, Any]]) -> None:
    """A specification is refused, or is what its text says; a venue takes it or refuses."""
    kind, values = drawn
    made: list[Any] = []
    if refused(lambda: made.append(kind(**values)), (EngineError,)):
        return
    (spec,) = made
    assert spec == kind(**values)
    assert hash(spec) == hash(kind(**values))
    repr(spec)
    if isinstance(spec, Specification):
        assert kind.from_dict(spec.to_dict()) == spec
        assert kind.from_json(spec.to_json()) == spec
        assert kind.from_toml(spec.to_toml()) == spec
    if isinstance(spec, Instrument):
        venue = new_venue(True)
        before = state_of_venue(venue)
        if refused(lambda: venue.add_instrument(spec)):
            assert state_of_venue(venue) == before
        venue.check_invariants()


JSON: Final = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXTS, PLAUSIBLE.map(str)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=6,
)


@st.composite
def texts(draw: st.DrawFn) -> tuple[type[Any], str, str]:
    """Draw a class and a text that is nearly one of its files."""
    readers = [kind for kind in SPECIFICATIONS if issubclass(kind, Specification)]
    kind = draw(st.sampled_from(readers))
    form = draw(st.sampled_from(["from_json", "from_toml"]))
    if draw(st.integers(0, 3)) == 0:
        deep = "[" * draw(st.sampled_from([10, 100_000]))
        return kind, form, draw(st.sampled_from([deep, "a = " + deep, '{"a":' * 5, "1e999999999"]))
    names = [field.name for field in dataclasses.fields(kind) if field.init]
    fields = draw(st.dictionaries(st.sampled_from(names), JSON, max_size=4))
    if form == "from_json":
        text = json.dumps(fields)
    else:
        text = "\n".join(f"{name} = {json.dumps(value)}" for name, value in fields.items())
    if draw(st.booleans()):
        place = draw(st.integers(0, len(text)))
        text = text[:place] + draw(st.text(max_size=3)) + text[place:]
    return kind, form, text


def check_text(drawn: tuple[type[Any], str, str]) -> None:
    """A text is read or refused."""
    kind, form, text = drawn
    refused(lambda: getattr(kind, form)(text), (EngineError,))


# -- functions

FUNCTIONS: Final = {
    **{f"calc.{name}": getattr(calc, name) for name in calc.__all__},
    **{f"units.{name}": getattr(calc.units, name) for name in calc.units.__all__},
    **{f"auctions.{name}": getattr(auctions, name) for name in auctions.__all__},
}
CALLED: Final = {
    name: found for name, found in sorted(FUNCTIONS.items()) if inspect.isroutine(found)
}
NAMED: Final[Mapping[str, Any]] = {
    "side": st.sampled_from(["buy", "sell", 1, -1]),
    "kind": st.sampled_from(["linear", "inverse", "spot"]),
    "rounding": st.sampled_from(["down", "half_even"]),
    "bids": st.lists(st.tuples(PLAUSIBLE, st.integers(0, 9)), max_size=3),
    "asks": st.lists(st.tuples(PLAUSIBLE, st.integers(0, 9)), max_size=3),
    "sizes": st.lists(st.integers(0, 9), max_size=4),
}


@st.composite
def functions(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """Draw a function, and arguments by name."""
    name = draw(st.sampled_from(list(CALLED)))
    words = {}
    for parameter in inspect.signature(CALLED[name]).parameters.values():
        if parameter.kind in {parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL}:
            continue
        if parameter.default is parameter.empty or draw(st.integers(0, 2)) == 0:
            usual = NAMED.get(parameter.name, PLAUSIBLE)
            words[parameter.name] = draw(usual if draw(st.integers(0, 3)) else ODD)
    return name, words


def check_function(drawn: tuple[str, dict[str, Any]]) -> None:
    """A function answers or refuses, and the same each time."""
    name, words = drawn
    function = CALLED[name]
    positional = [
        words.pop(parameter.name)
        for parameter in inspect.signature(function).parameters.values()
        if parameter.kind == parameter.POSITIONAL_ONLY and parameter.name in words
    ]
    found: list[Any] = []
    if not refused(lambda: found.append(function(*positional, **words))):
        again = function(*positional, **words)
        assert repr(found[0]) == repr(again)


# -- all of them


class Property(NamedTuple):
    """What must hold, and of what."""

    check: Callable[..., None]
    drawn: Mapping[str, Any]


PROPERTIES: Final[Mapping[str, Property]] = {
    "calls": Property(check_calls, {"drawn": calls()}),
    "match": Property(
        check_match,
        {
            "given_commands": st.one_of(commands(), arrays(DTYPES)),
            "out": st.one_of(st.none(), arrays([REPORT_DTYPE, TRADE_DTYPE, *DTYPES])),
            "detail": st.sampled_from(["all", "trades", "all", None, "none"]),
            "accounts": st.booleans(),
        },
    ),
    "feed": Property(
        check_feed,
        {
            "reports": arrays([REPORT_DTYPE, REPORT_DTYPE, *DTYPES]),
            "out": st.one_of(st.none(), arrays([FEED_DTYPE, *DTYPES])),
        },
    ),
    "columns": Property(
        check_columns,
        {
            "users": arrays([np.dtype(np.uint32), np.dtype(np.int64), np.dtype(">u4")]),
            "kinds": arrays([np.dtype(np.uint8), np.dtype(np.int8)]),
            "timestamps": arrays([np.dtype(np.uint64), np.dtype(np.float64)]),
            "name": st.sampled_from(["take_batch", "check_batch"]),
        },
    ),
    "specifications": Property(check_specified, {"drawn": specified()}),
    "texts": Property(check_text, {"drawn": texts()}),
    "functions": Property(check_function, {"drawn": functions()}),
}


def run(
    name: str, *, examples: int, database: ExampleDatabase | None = None, seconds_max: int = 0
) -> None:
    """Look for what breaks a property; raise what did, shrunk.

    With a database the examples are random, and those that failed or led somewhere come first.
    With a time, the process ends at an example that takes longer, and says where it was.
    """
    checked = PROPERTIES[name]

    def attack(**drawn: Any) -> None:
        if seconds_max:
            faulthandler.dump_traceback_later(seconds_max, exit=True)
        try:
            checked.check(**drawn)
        finally:
            if seconds_max:
                faulthandler.cancel_dump_traceback_later()

    settings(
        max_examples=examples,
        database=database,
        derandomize=database is None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )(given(**checked.drawn)(attack))()
