"""One declaration of every record and enumeration: what is compiled and what is rendered agree."""

from __future__ import annotations

import subprocess
import sys
from enum import IntEnum, IntFlag
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine import _layout, _schema

ROOT = Path(__file__).resolve().parent.parent

DTYPES = {
    "Command": _schema.COMMAND_DTYPE,
    "ExecutionReport": _schema.REPORT_DTYPE,
    "Trade": _schema.TRADE_DTYPE,
    "Order": _schema.ORDER_DTYPE,
    "OrderDetail": _schema.DETAIL_DTYPE,
    "Level": _schema.LEVEL_DTYPE,
    "Transfer": _schema.TRANSFER_DTYPE,
    "FeedMessage": _schema.FEED_DTYPE,
    "RateAnswer": _schema.RATE_ANSWER_DTYPE,
}
SIZES = {
    "Command": 128,
    "ExecutionReport": 128,
    "Trade": 64,
    "Order": 64,
    "OrderDetail": 112,
    "Level": 24,
    "Transfer": 16,
    "FeedMessage": 80,
    "RateAnswer": 24,
}
ENUMS = {
    name: value
    for name, value in vars(_schema).items()
    if isinstance(value, type)
    and issubclass(value, IntEnum | IntFlag)
    and value.__module__ == _schema.__name__
}


def fields(dtype: np.dtype[Any]) -> list[tuple[str, int, np.dtype[Any]]]:
    """Return (name, offset, type) of every field, in the order of the bytes."""
    assert dtype.names is not None
    assert dtype.fields is not None
    return [(name, dtype.fields[name][1], dtype.fields[name][0]) for name in dtype.names]


def test_every_record_is_on_both_sides() -> None:
    schema = _layout.schema()
    assert set(schema["records"]) == set(schema["sizes"]) == set(DTYPES) == set(SIZES)


@pytest.mark.parametrize("record", DTYPES)
def test_fields_lie_where_the_compiler_put_them(record: str) -> None:
    dtype = DTYPES[record]
    rendered = [
        (name, dtype.fields[name][1], dtype.fields[name][0].itemsize) for name in dtype.names
    ]
    assert [tuple(field) for field in _layout.schema()["records"][record]] == rendered


@pytest.mark.parametrize("record", DTYPES)
def test_fields_cover_every_byte_and_sizes_never_change(record: str) -> None:
    dtype = DTYPES[record]
    assert _layout.schema()["sizes"][record] == dtype.itemsize == SIZES[record]
    end = 0
    for name, offset, field in fields(dtype):
        assert offset == end, f"{record}.{name} was at {offset}, must be at {end}"
        assert offset % field.itemsize == 0, f"{record}.{name} is not aligned"
        end = offset + field.itemsize
    assert end == dtype.itemsize


@pytest.mark.parametrize("record", DTYPES)
def test_fields_are_little_endian_whole_numbers(record: str) -> None:
    for _, _, field in fields(DTYPES[record]):
        assert field.kind in "iu"
        assert field.newbyteorder("<") == field


def test_enumerations_are_equal() -> None:
    rendered = {
        name: {member: int(value) for member, value in enum.__members__.items()}
        for name, enum in ENUMS.items()
    }
    compiled = {name: dict(members) for name, members in _layout.schema()["enums"].items()}
    assert compiled == rendered


def test_a_zeroed_command_is_a_plain_one() -> None:
    command = np.zeros((), dtype=_schema.COMMAND_DTYPE)
    assert _schema.OrderType(int(command["order_type"])) is _schema.LIMIT
    assert _schema.TimeInForce(int(command["time_in_force"])) is _schema.GTC
    assert 0 not in list(_schema.CommandKind)


@pytest.mark.parametrize("record", DTYPES)
def test_every_field_is_documented(record: str) -> None:
    constant = next(name for name, dtype in vars(_schema).items() if dtype is DTYPES[record])
    documented = _schema.FIELD_DOCS[constant]
    assert tuple(documented) == DTYPES[record].names
    assert all(text.endswith(".") for text in documented.values())


def test_every_enumeration_is_documented() -> None:
    assert all(enum.__doc__ for enum in ENUMS.values())


def test_the_rendered_file_is_current() -> None:
    command = [sys.executable, str(ROOT / "tools" / "render_schema.py"), "--check"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
