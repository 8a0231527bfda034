"""What the specifications share: they are checked as a whole, and are text in TOML and JSON.

A specification is a frozen dataclass whose fields are decimals, members of enumerations, truths,
words, and tuples of rows of such. As text a decimal is a string, a member its name in lower case;
what has its default is left out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from decimal import Decimal
from enum import IntEnum
from functools import cache
from inspect import Parameter, signature
from pathlib import Path
from typing import Any, ClassVar, Final, TypeVar

from engine import presets
from engine._members import member_of, says_names
from engine._shown import shown
from engine._text_forms import json_value, toml_tables
from engine.decimal_grid import HIGHEST, DecimalLike, bounded_of, step_of
from engine.errors import EngineError, SpecificationError

__all__ = ["Problems", "Specification"]

Result = TypeVar("Result")
Member = TypeVar("Member", bound=IntEnum)
Self = TypeVar("Self", bound="Specification")


class Problems(list[str]):
    """What is wrong with a specification, so that all of it can be told at once."""

    def attempt(self, read: Callable[..., Result], *arguments: object) -> Result | None:
        """Return what `read` does; None, and note the problem, when it raises.

        Parameters
        ----------
        read : callable
            What raises an `EngineError` for what is wrong. Any other exception goes on.
        *arguments
            What it is called with.

        Examples
        --------
        >>> problems = Problems()
        >>> problems.attempt(bounded_of, "fee", "1e-4"), problems.attempt(bounded_of, "fee", "low")
        (Decimal('0.0001'), None)
        >>> problems
        ["fee was 'low', not a number"]
        """
        try:
            return read(*arguments)
        except EngineError as error:
            self.append(str(error))
            return None

    def decimal(
        self,
        name: str,
        value: object,
        *,
        least: Decimal | int | None = None,
        most: Decimal | int | None = None,
    ) -> Decimal | None:
        """Return a decimal between two bounds, None for what is none.

        Parameters
        ----------
        name : str
            What the problem calls the value.
        value
            As for `bounded_of`.
        least, most : Decimal or int, optional
            The bounds, which are within; None for no bound.
        """
        found = self.attempt(bounded_of, name, value)
        if found is None:
            return None
        if least is not None and found < least:
            self.append(f"{name} was {shown(found)}, must be {least} or more")
            return None
        if most is not None and found > most:
            self.append(f"{name} was {shown(found)}, must be {most} or less")
            return None
        return found

    def above_zero(self, name: str, value: object) -> Decimal | None:
        """Return a decimal above 0, None for what is none.

        Parameters
        ----------
        name : str
            What the problem calls the value.
        value
            As for `bounded_of`.
        """
        found = self.decimal(name, value)
        if found is not None and found <= 0:
            self.append(f"{name} was {shown(found)}, must be above 0")
            return None
        return found

    def step(self, name: str, value: DecimalLike) -> Decimal | None:
        """Return the step of a grid, None for what is none.

        Parameters
        ----------
        name : str
            What the problem calls it.
        value : decimal
            As for `step_of`.
        """
        return self.attempt(step_of, name, value)

    def optional(
        self,
        read: Callable[..., Result | None],
        name: str,
        value: object,
        **bounds: Decimal | int,
    ) -> Result | None:
        """Return what one of the others reads, and None without a problem for what is absent.

        Parameters
        ----------
        read : callable
            The other one, as `problems.decimal`.
        name : str
            What the problem calls the value.
        value
            As for `read`; None for one that was not told.
        **bounds : Decimal or int
            Of `read`, as `least`.
        """
        return None if value is None else read(name, value, **bounds)

    def rows(self, name: str, value: object, kind: type[Result]) -> tuple[Result, ...] | None:
        """Return rows of a kind, None for what is no sequence or has others.

        A text and a table are none, though Python goes through their letters and names.

        Parameters
        ----------
        name : str
            What the problems call them; the first row is ``name[0]``.
        value
            Whatever can be gone through.
        kind : type
            What every row must be an instance of.
        """
        rows: Any = value
        try:
            rows = None if isinstance(value, str | bytes | Mapping) else iter(rows)
        except TypeError:
            rows = None
        if rows is None:
            of = type(value).__name__
            self.append(f"{name} was {shown(value)}, of {of}, must be a list of {kind.__name__}")
            return None
        found = tuple(rows)
        parts = [self.part(f"{name}[{place}]", row, kind) for place, row in enumerate(found)]
        return None if None in parts else found

    def part(self, name: str, value: object, kind: type[Result]) -> Result | None:
        """Return what is of a kind, None for what is not.

        Parameters
        ----------
        name : str
            What the problem calls the value.
        value
            Returned as it is.
        kind : type
            What it must be an instance of.
        """
        if isinstance(value, kind):
            return value
        article = "an" if kind.__name__.startswith(tuple("AEIO")) else "a"
        self.append(f"{name} was {shown(value)}, must be {article} {kind.__name__}")
        return None

    def whole(self, name: str, value: object, least: int, most: int = HIGHEST) -> int:
        """Return a whole number between two bounds; note what is none, and return the lower one.

        Parameters
        ----------
        name : str
            What the problem calls the value.
        value
            An int of Python, and no bool.
        least, most : int
            The bounds, which are within; by default what 64 bits hold.
        """
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
            return value
        self.append(f"{name} was {shown(value)}, must be a whole number from {least} to {most}")
        return least

    def member(self, enumeration: type[Member], value: object, name: str) -> Member | None:
        """Return a member of an enumeration, None for what is none.

        Parameters
        ----------
        enumeration : type of IntEnum
            Where to look.
        value
            A member, its name in any case, or its integer.
        name : str
            What the problem calls the value.
        """
        return self.attempt(member_of, enumeration, value, name)

    def truth(self, name: str, value: object) -> bool:
        """Return a truth; note what is none, and return False.

        Parameters
        ----------
        name : str
            What the problem calls the value.
        value
            A bool of Python.
        """
        if not isinstance(value, bool):
            self.append(f"{name} was {shown(value)}, must be true or false")
            return False
        return value

    def word(self, name: str, value: object, words: tuple[str, ...]) -> str:
        """Return one of some words; note another, and return it if it is a text, else none.

        Parameters
        ----------
        name : str
            What the problem calls the value.
        value
            One of the words, in the same case.
        words : tuple of str
            Those that are taken.
        """
        if isinstance(value, str) and value in words:
            return value
        self.append(f"{name} was {shown(value)}, not one of {', '.join(map(repr, words))}")
        return value if isinstance(value, str) else ""


class Specification:
    """What turns a specification into text and back."""

    SECTION: ClassVar[str]
    """Its table in a preset."""
    ROWS: ClassVar[Mapping[str, type[Specification]]] = {}
    """Fields that are tuples of other specifications."""
    PARTS: ClassVar[Mapping[str, type[Specification]]] = {}
    """Fields that are another specification, or None."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "__init__" in vars(cls):
            says_names(cls)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields that differ from their defaults, as text, truths and lists."""
        plain = self._defaults()
        return {
            field.name: _text_of(getattr(self, field.name))
            for field in fields(self)  # type: ignore[arg-type]
            if field.init and getattr(self, field.name) != plain.get(field.name)
        }

    @classmethod
    def _defaults(cls) -> dict[str, Any]:
        """Return the values of the fields that need not be told."""
        raise NotImplementedError

    @classmethod
    def from_dict(cls: type[Self], values: Mapping[str, Any]) -> Self:
        """Make one of what `to_dict` gives.

        Parameters
        ----------
        values
            By the names of fields, as `to_dict` returns them.

        Raises
        ------
        SpecificationError
            It is no table, has a field that is none or lacks one that it must have; or what is
            wrong with the fields.
        """
        cls._check_table(values)
        known = _FIELDS_OF(cls)  # type: ignore[arg-type]
        unknown = sorted(set(values) - known)
        if unknown:
            raise SpecificationError(
                f"{cls.__name__} has no {', '.join(unknown)}: it has {', '.join(sorted(known))}"
            )
        missing = [name for name in _NEEDED_BY(cls) if name not in values]  # type: ignore[arg-type]
        if missing:
            raise SpecificationError(f"{cls.__name__}: {', '.join(missing)} must be told")
        read = dict(values)
        for name, kind in cls.ROWS.items():
            if isinstance(read.get(name), list | tuple):
                read[name] = _rows_of(kind, name, read[name])
        for name, kind in cls.PARTS.items():
            if isinstance(read.get(name), Mapping):
                read[name] = _part_of(kind, name, read[name])
        try:
            return cls(**read)
        except TypeError as error:
            raise SpecificationError(f"{cls.__name__}: {error}") from None

    def to_json(self) -> str:
        """Return it as JSON, one field a line."""
        return json.dumps(self.to_dict(), indent=2) + "\n"

    @classmethod
    def from_json(cls: type[Self], text: str) -> Self:
        """Read it from JSON; numbers are read as decimals.

        Parameters
        ----------
        text
            As `to_json` writes it.

        Raises
        ------
        SpecificationError
            It is no JSON object, or as `from_dict`.
        """
        return cls.from_dict(json_value(text, cls.__name__))

    def to_toml(self) -> str:
        """Return it as TOML."""
        values = self.to_dict()
        rows = {name: values.pop(name) for name in self.ROWS if name in values}
        lines = [f"{name} = {_toml_of(value)}" for name, value in values.items()]
        for name, table in rows.items():
            for row in table:
                lines += ["", f"[[{name}]]"]
                lines += [f"{field} = {_toml_of(value)}" for field, value in row.items()]
        return "\n".join(lines).strip() + "\n"

    @classmethod
    def from_toml(cls: type[Self], text: str) -> Self:
        """Read it from TOML; numbers are read as decimals.

        Parameters
        ----------
        text
            As `to_toml` writes it.

        Raises
        ------
        SpecificationError
            It is no TOML, or as `from_dict`.
        """
        return cls.from_dict(toml_tables(text, cls.__name__))

    @classmethod
    def _check_table(cls, values: object) -> None:
        """Refuse what is no table of fields by name."""
        if not isinstance(values, Mapping) or not all(isinstance(name, str) for name in values):
            raise SpecificationError(
                f"{cls.__name__} was {shown(values)}, must be a table of fields"
            )

    def write(self, path: str | Path) -> None:
        """Write a file, TOML or JSON by the end of its name.

        Parameters
        ----------
        path
            Of the file; its name ends in .toml or .json.

        Raises
        ------
        SpecificationError
            The name ends otherwise.
        """
        place = Path(path)
        text = self.to_toml() if _form_of(place) == ".toml" else self.to_json()
        place.write_text(text, encoding="utf-8")

    @classmethod
    def read(cls: type[Self], path: str | Path) -> Self:
        """Read a file that `write` wrote, or one like it.

        Parameters
        ----------
        path
            Of the file; its name ends in .toml or .json.

        Raises
        ------
        SpecificationError
            As `from_toml` and `from_json`, or what is wrong with a field; it begins with the path.
        """
        place = Path(path)
        is_toml = _form_of(place) == ".toml"
        try:
            text = place.read_text(encoding="utf-8")
            return cls.from_toml(text) if is_toml else cls.from_json(text)
        except (EngineError, UnicodeDecodeError) as error:
            raise SpecificationError(f"{place}: {error}") from None

    @classmethod
    def preset(cls: type[Self], name: str) -> Self:
        """Return that of a venue.

        Parameters
        ----------
        name
            One of `engine.presets.names()`.

        Raises
        ------
        SpecificationError
            There is none of that name, or it has no such part.
        """
        found = presets.load(name)
        if cls.SECTION not in found:
            raise SpecificationError(f"preset {shown(name)} has no {cls.SECTION}")
        return cls.from_dict(found[cls.SECTION])


def _fields(specification: type[Specification]) -> frozenset[str]:
    """Return the names of the fields that can be told."""
    told = fields(specification)  # type: ignore[arg-type]
    return frozenset(field.name for field in told if field.init)


_FIELDS_OF: Final = cache(_fields)


def _needed(specification: type[Specification]) -> tuple[str, ...]:
    """Return the names of the fields that must be told."""
    told = signature(specification).parameters.values()
    is_keyword = Parameter.KEYWORD_ONLY
    return tuple(
        each.name for each in told if each.kind is is_keyword and each.default is Parameter.empty
    )


_NEEDED_BY: Final = cache(_needed)


def _text_of(value: Any) -> Any:
    if isinstance(value, IntEnum):
        return value.name.lower()
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, Specification):
        return value.to_dict()
    if isinstance(value, tuple):
        return [_text_of(each) for each in value]
    return value


def _rows_of(kind: type[Specification], name: str, rows: Sequence[object]) -> tuple[object, ...]:
    """Return rows as specifications, and name the one that is none."""
    found = []
    for place, row in enumerate(rows):
        try:
            found.append(kind.from_dict(row) if isinstance(row, Mapping) else row)
        except EngineError as error:
            raise SpecificationError(f"{name}[{place}]: {error}") from None
    return tuple(found)


def _part_of(kind: type[Specification], name: str, values: Mapping[str, Any]) -> Specification:
    """Return a table as a specification, and name it where it is none."""
    try:
        return kind.from_dict(values)
    except EngineError as error:
        raise SpecificationError(f"{name}: {error}") from None


def _toml_of(value: Any) -> str:
    """Return a text, truth, number or list, which are written as in JSON, but not the escapes.

    A row of another row is a table in one line.
    """
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name} = {_toml_of(each)}' for name, each in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml_of, value))}]"
    return json.dumps(value, ensure_ascii=False)


def _form_of(path: Path) -> str:
    if path.suffix not in {".toml", ".json"}:
        raise SpecificationError(f"{path} was to be read or written, must end in .toml or .json")
    return path.suffix
