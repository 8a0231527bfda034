"""Tables from JSON and TOML that anybody may have written: what can't be read is told alike."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from engine._shown import shown
from engine.errors import SpecificationError

__all__ = ["json_value", "toml_tables"]


def json_value(text: str, name: str) -> Any:
    """Return what JSON says, with decimals for numbers that have a point or an exponent.

    Parameters
    ----------
    text
        The JSON.
    name
        What a message begins with.

    Raises
    ------
    SpecificationError
        It is no JSON, is nested too deeply, or has a number that is too long to be read.
    """
    return _read(lambda told: json.loads(told, parse_float=Decimal), text, f"{name}: no JSON")


def toml_tables(
    text: str | bytes, name: str, *, number: Callable[[str], Any] = Decimal
) -> dict[str, Any]:
    """Return what TOML says.

    Parameters
    ----------
    text
        The TOML; bytes are UTF-8.
    name
        What a message begins with.
    number
        Of a number that has a point or an exponent.

    Raises
    ------
    SpecificationError
        As `json_value`.
    """
    tables: dict[str, Any] = _read(
        lambda told: tomllib.loads(told, parse_float=number), text, f"{name}: no TOML"
    )
    return tables


def _read(read: Callable[[str], Any], text: object, refusal: str) -> Any:
    try:
        told = text.decode("utf-8") if isinstance(text, bytes) else text
        if not isinstance(told, str):
            raise SpecificationError(f"{refusal}: {shown(text)}, of {type(text).__name__}")
        return read(told)
    except SpecificationError:
        raise
    except RecursionError:
        raise SpecificationError(f"{refusal} that can be read: nested too deeply") from None
    except InvalidOperation:
        raise SpecificationError(f"{refusal} that can be read: an exponent is too large") from None
    except ValueError as error:
        # Of the reader itself, of text that is no UTF-8, and of an integer of thousands of digits.
        raise SpecificationError(f"{refusal}: {error}") from None
