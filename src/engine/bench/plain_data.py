"""Dataclasses as plain data for JSON, and back: types are those of the annotations, and checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, Final, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from engine._shown import shown
from engine.errors import SpecificationError

__all__ = ["from_plain", "to_plain"]

Kind = TypeVar("Kind")

SCALARS: Final = (str, int, float, bool, NoneType)


def to_plain(value: object) -> object:
    """Return dataclasses and named tuples as dictionaries, other tuples as lists.

    Examples
    --------
    >>> from engine.measurement import Noise
    >>> to_plain({"noise": Noise(10, 2, 1), "rows": (1, None)})
    {'noise': {'spun_ns': 10, 'lost_ns': 2, 'longest_ns': 1}, 'rows': [1, None]}
    """
    if isinstance(value, Mapping):
        return {str(name): to_plain(part) for name, part in value.items()}
    names = [name for name, _, _ in _parts(type(value))]
    if names:
        return {name: to_plain(getattr(value, name)) for name in names}
    if isinstance(value, tuple | list):
        return [to_plain(part) for part in value]
    assert isinstance(value, SCALARS), value
    return value


def from_plain(kind: type[Kind], plain: object) -> Kind:
    """Return what `to_plain` was given.

    Parameters
    ----------
    kind
        A dataclass or named tuple.
    plain
        Its fields by name; one that has a default may be missing.

    Raises
    ------
    SpecificationError
        Something is missing, unknown or of another type; lists all of it.

    Examples
    --------
    >>> from engine.measurement import Noise
    >>> from_plain(Noise, {"spun_ns": 10, "lost_ns": 2.5})
    Traceback (most recent call last):
        ...
    engine.errors.SpecificationError: lost_ns was 2.5, must be an int; longest_ns is missing
    """
    problems: list[str] = []
    value = _read(kind, plain, "", problems)
    if problems:
        raise SpecificationError("; ".join(problems))
    return cast(Kind, value)


def _parts(kind: type) -> Iterator[tuple[str, Any, bool]]:
    """Yield name, type and whether it must be given, of the fields of a record."""
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        for field in fields(kind):
            has_default = field.default is not MISSING or field.default_factory is not MISSING
            yield field.name, hints[field.name], not has_default
    elif hasattr(kind, "_field_defaults"):
        for name, hint in get_type_hints(kind).items():
            yield name, hint, name not in kind._field_defaults


def _read(kind: Any, plain: Any, place: str, problems: list[str]) -> Any:
    origin = get_origin(kind)
    if origin in {Union, UnionType}:
        if plain is None and NoneType in get_args(kind):
            return None
        (kind,) = (one for one in get_args(kind) if one is not NoneType)
        return _read(kind, plain, place, problems)
    if origin is Literal:
        if plain not in get_args(kind):
            choice = ", ".join(map(repr, get_args(kind)))
            problems.append(f"{place} was {shown(plain)}, must be one of {choice}")
        return plain
    if origin is tuple:
        return _read_list(get_args(kind)[0], plain, place, problems)
    if origin is dict:
        return _read_table(get_args(kind)[1], plain, place, problems)
    if kind in SCALARS:
        return _read_scalar(kind, plain, place, problems)
    return _read_record(kind, plain, place, problems)


def _read_scalar(kind: type, plain: Any, place: str, problems: list[str]) -> Any:
    # JSON doesn't tell 15.0 from 15 everywhere.
    if kind is float and type(plain) is int:
        return float(plain)
    if type(plain) is not kind:
        article = "an" if kind is int else "a"
        problems.append(f"{place} was {shown(plain)}, must be {article} {kind.__name__}")
    return plain


def _read_list(kind: Any, plain: Any, place: str, problems: list[str]) -> Any:
    if not isinstance(plain, list | tuple):
        problems.append(f"{place} was {shown(plain)}, must be a list")
        return ()
    return tuple(
        _read(kind, part, f"{place}[{index}]", problems) for index, part in enumerate(plain)
    )


def _read_table(kind: Any, plain: Any, place: str, problems: list[str]) -> Any:
    if not isinstance(plain, Mapping):
        problems.append(f"{place} was {shown(plain)}, must be a table")
        return {}
    return {name: _read(kind, part, f"{place}.{name}", problems) for name, part in plain.items()}


def _read_record(kind: Any, plain: Any, place: str, problems: list[str]) -> Any:
    if not isinstance(plain, Mapping):
        problems.append(f"{place or 'the data'} was {shown(plain)}, must be a table")
        return None
    before = len(problems)
    given: dict[str, Any] = {}
    prefix = f"{place}." if place else ""
    known = list(_parts(kind))
    for name, hint, is_required in known:
        if name in plain:
            given[name] = _read(hint, plain[name], prefix + name, problems)
        elif is_required:
            problems.append(f"{prefix}{name} is missing")
    names = {name for name, _, _ in known}
    problems += [f"{prefix}{name} is not known" for name in plain if name not in names]
    return kind(**given) if len(problems) == before else None
