"""Files that anybody may have written: what can't be read is told as one kind of error."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from engine import Instrument, JournalError, Listing, SpecificationError, budgets, load
from engine._store import WHOLE, join_pieces

DEEP: Final = 100_000
LONG: Final = "1" * 5_000
EXPONENT: Final = "1e99999999999999999999"
JSON_TEXTS: Final = {
    "not JSON": ("{", "no JSON: "),
    "a deep list": ("[" * DEEP, "nested too deeply"),
    "a deep table": ('{"a":' * DEEP, "nested too deeply"),
    "a long integer": (f'{{"tick_size": {LONG}}}', "no JSON: .*digits"),
    "a far exponent": (f'{{"tick_size": {EXPONENT}}}', "an exponent is too large"),
    "no table": (f'"{LONG}"', "must be a table of fields"),
}
TOML_TEXTS: Final = {
    "not TOML": ("[", "no TOML: "),
    "a deep list": (f"a = {'[' * DEEP}", "nested too deeply"),
    "a deep table": (f"a = {'{b=' * DEEP}", "nested too deeply"),
    "a long integer": (f"tick_size = {LONG}", "no TOML: .*digits"),
}


@pytest.mark.parametrize(("text", "message"), JSON_TEXTS.values(), ids=JSON_TEXTS)
@pytest.mark.parametrize("kind", [Instrument, Listing])
def test_json_that_cannot_be_read_is_told(kind: Any, text: str, message: str) -> None:
    with pytest.raises(SpecificationError, match=f"^{kind.__name__}.*{message}") as refused:
        kind.from_json(text)
    assert len(str(refused.value)) < 200


@pytest.mark.parametrize(
    "read",
    [
        Instrument.from_toml,
        Listing.from_toml,
        budgets.read_records,
        budgets.profile_from_toml,
    ],
)
@pytest.mark.parametrize(("text", "message"), TOML_TEXTS.values(), ids=TOML_TEXTS)
def test_toml_that_cannot_be_read_is_told(
    read: Callable[[str], object], text: str, message: str
) -> None:
    with pytest.raises(SpecificationError, match=message):
        read(text)


def test_an_exponent_that_decimals_have_no_room_for_is_told() -> None:
    with pytest.raises(SpecificationError, match="an exponent is too large"):
        Instrument.from_toml(f"tick_size = {EXPONENT}")


@pytest.mark.parametrize("text", [*(text for text, _ in TOML_TEXTS.values()), b"\xff = 1"])
def test_a_file_that_cannot_be_read_is_told_with_its_path(
    text: str | bytes, tmp_path: Path
) -> None:
    place = tmp_path / "odd.toml"
    place.write_bytes(text.encode() if isinstance(text, str) else text)
    for read in (Listing.read, load.read_scenario):
        with pytest.raises(SpecificationError, match=r"odd\.toml.*: "):
            read(place)


def test_a_note_of_a_journal_that_is_nested_too_deeply_is_told() -> None:
    with pytest.raises(JournalError, match="a note is no JSON that can be read"):
        join_pieces([], WHOLE + b"[" * DEEP)
