"""What figures are held to, as data: alerts, service levels and scaling, read from TOML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from importlib import resources
from types import MappingProxyType
from typing import Any, ClassVar, Final

from engine._members import says_names
from engine._shown import number_of, shown
from engine.decimal_grid import EXACT, DecimalLike
from engine.errors import SpecificationError
from engine.metrics.kpis import KPIS, Kpi, KpiKind, kpi
from engine.metrics.latencies import WINDOW_SECONDS
from engine.metrics.timeline import HOUR_SECONDS
from engine.specification import Problems, Specification

__all__ = ["SEVERITIES", "AlertRule", "Objective", "Rules", "ScalingRule"]

SEVERITIES: Final = ("warning", "critical")
FOR_SECONDS_MAX: Final = 86_400
PACKAGED: Final = "rules"


@dataclass(frozen=True, kw_only=True, init=False)
class Threshold(Specification):
    """A figure and a bound that it may not pass; frozen, equal by its fields.

    Attributes
    ----------
    name : str
        What it is called.
    metric : str
        One of `engine.metrics.KPIS`.
    at_least, at_most : Decimal or None
        The bound; one of the two.
    window_seconds : int or None
        Over which time the figure is looked at; None for its own.
    """

    name: str
    metric: str
    at_least: Decimal | None
    at_most: Decimal | None
    window_seconds: int | None

    @property
    def bound(self) -> Decimal:
        """Whichever of the two there is."""
        bound = self.at_most if self.at_least is None else self.at_least
        assert bound is not None
        return bound

    def is_kept(self, value: float) -> bool:
        """Return whether a value is within the bound.

        Parameters
        ----------
        value : float
            In the unit of the figure; the bound itself is within, NaN never is.

        Raises
        ------
        TypeError
            It is no number.
        """
        # As floats, both: 999 of 1,000 are the float of 0.999, which lies below the decimal.
        found, bound = number_of("value", value), float(self.bound)
        return found <= bound if self.at_least is None else found >= bound

    @property
    def text(self) -> str:
        """What must be so, in words."""
        sense = "at most" if self.at_least is None else "at least"
        unit = KPIS[self.metric].unit
        gap = "" if unit in {"", "%", "/s"} else " "
        return f"{self.metric} must be {sense} {self.bound:f}{gap}{unit}"

    def _read(
        self,
        name: str,
        metric: str,
        at_least: DecimalLike | None,
        at_most: DecimalLike | None,
        window_seconds: int | None,
    ) -> Problems:
        problems = Problems()
        if not isinstance(name, str) or not name.isprintable() or not name:
            problems.append(f"name was {shown(name)}, must be printable text")
        found = problems.attempt(kpi, metric)
        if (at_least is None) == (at_most is None):
            problems.append("at_least and at_most: one must be given")
        values = {
            "name": name,
            "metric": metric,
            "at_least": problems.optional(problems.decimal, "at_least", at_least, least=0),
            "at_most": problems.optional(problems.decimal, "at_most", at_most, least=0),
            "window_seconds": window_seconds,
        }
        if window_seconds is not None:
            highest = _longest_window(found) if found is not None else HOUR_SECONDS
            problems.whole("window_seconds", window_seconds, 1, highest)
        for field, value in values.items():
            object.__setattr__(self, field, value)
        return problems

    def _conclude(self, problems: Problems) -> None:
        """Raise what is wrong, if anything is."""
        if problems:
            name = self.name if isinstance(self.name, str) else shown(self.name)
            raise SpecificationError(f"{name}: {'; '.join(problems)}")

    @classmethod
    def _defaults(cls) -> dict[str, Any]:
        return {"at_least": None, "at_most": None, "window_seconds": None}


@says_names
@dataclass(frozen=True, kw_only=True, init=False)
class AlertRule(Threshold):
    """When to tell someone: a figure has passed its bound for a while.

    Parameters
    ----------
    name : str
        What the alert is called.
    metric : str
        One of `engine.metrics.KPIS`.
    severity : str
        "warning" or "critical".
    at_least, at_most : decimal
        The bound that it may not pass; one of the two.
    for_seconds : int
        How long it must have passed it, up to a day; 0 for at once.
    window_seconds : int, optional
        Over which time the figure is looked at; by default its own.

    Raises
    ------
    SpecificationError
        One error that lists everything that is wrong.

    Examples
    --------
    >>> AlertRule(name="slow", metric="api_latency_p95_ms", severity="warning", at_most=200).text
    'api_latency_p95_ms must be at most 200 ms'
    >>> AlertRule(name="slow", metric="uptime", severity="bad", for_seconds=-1)
    Traceback (most recent call last):
        ...
    engine.errors.SpecificationError: slow: at_least and at_most: one must be given;\
 severity was 'bad', not one of 'warning', 'critical';\
 for_seconds was -1, must be a whole number from 0 to 86400
    """

    severity: str
    for_seconds: int

    def __init__(
        self,
        *,
        name: str,
        metric: str,
        severity: str,
        at_least: DecimalLike | None = None,
        at_most: DecimalLike | None = None,
        for_seconds: int = 0,
        window_seconds: int | None = None,
    ) -> None:
        problems = self._read(name, metric, at_least, at_most, window_seconds)
        object.__setattr__(self, "severity", problems.word("severity", severity, SEVERITIES))
        problems.whole("for_seconds", for_seconds, 0, FOR_SECONDS_MAX)
        object.__setattr__(self, "for_seconds", for_seconds)
        self._conclude(problems)

    @classmethod
    def _defaults(cls) -> dict[str, Any]:
        return {**super()._defaults(), "for_seconds": 0}


@says_names
@dataclass(frozen=True, kw_only=True, init=False)
class Objective(Threshold):
    """One service level: what was promised of a figure.

    Parameters
    ----------
    name : str
        What it is called.
    metric : str
        One of `engine.metrics.KPIS`.
    at_least, at_most : decimal
        What was promised; one of the two.
    window_seconds : int, optional
        Over which time it is looked at; by default the figure's own.

    Raises
    ------
    SpecificationError
        One error that lists everything that is wrong.

    Examples
    --------
    >>> Objective(name="up", metric="uptime", at_least="0.999").is_kept(0.9995)
    True
    """

    def __init__(
        self,
        *,
        name: str,
        metric: str,
        at_least: DecimalLike | None = None,
        at_most: DecimalLike | None = None,
        window_seconds: int | None = None,
    ) -> None:
        problems = self._read(name, metric, at_least, at_most, window_seconds)
        self._conclude(problems)


@says_names
@dataclass(frozen=True, kw_only=True, init=False)
class ScalingRule(Specification):
    """When a service gets more instances, and when fewer: by the part of its capacity in use.

    Parameters
    ----------
    up, down : decimal
        Above and below which part of the capacity, from 0 to 1.

    Raises
    ------
    SpecificationError
        A part out of range, or `down` not below `up`.

    Examples
    --------
    >>> rule = ScalingRule()
    >>> [rule.decide(load, 2_000_000) for load in (1_800_000, 1_000_000, 500_000)]
    ['up', 'hold', 'down']
    """

    up: Decimal
    down: Decimal

    def __init__(self, *, up: DecimalLike = "0.8", down: DecimalLike = "0.3") -> None:
        problems = Problems()
        high = problems.decimal("up", up, least=0, most=1)
        low = problems.decimal("down", down, least=0, most=1)
        if high is not None and low is not None and low >= high:
            problems.append(f"down was {down}, must be below up, which was {up}")
        if problems:
            raise SpecificationError(f"scaling: {'; '.join(problems)}")
        object.__setattr__(self, "up", high)
        object.__setattr__(self, "down", low)

    @classmethod
    def _defaults(cls) -> dict[str, Any]:
        return {"up": Decimal("0.8"), "down": Decimal("0.3")}

    def decide(self, load: DecimalLike, capacity: DecimalLike) -> str:
        """Return "up", "down" or "hold".

        Parameters
        ----------
        load, capacity : decimal
            What is asked for and what can be done, in one unit. A load above the capacity is one
            that waits.

        Raises
        ------
        SpecificationError
            A load below 0, or a capacity that is not above 0.
        """
        problems = Problems()
        asked = problems.decimal("load", load, least=0)
        able = problems.above_zero("capacity", capacity)
        if problems:
            raise SpecificationError("; ".join(problems))
        assert asked is not None
        assert able is not None
        if asked > EXACT.multiply(self.up, able):
            return "up"
        return "down" if asked < EXACT.multiply(self.down, able) else "hold"


@says_names
@dataclass(frozen=True, kw_only=True, init=False)
class Rules(Specification):
    """What the figures of a system are held to.

    Parameters
    ----------
    alerts : tuple of AlertRule
        Names may be those of one alert in two severities.
    objectives : tuple of Objective
        The service levels.
    scaling : ScalingRule, optional
        When to scale.

    Raises
    ------
    SpecificationError
        Two alerts of one name and severity, two objectives of one name, or what is none.

    Examples
    --------
    >>> rules = Rules.of("godark")
    >>> [objective.text for objective in rules.objectives][1]
    'api_latency_p95_ms must be at most 100 ms'
    >>> Rules.from_toml(rules.to_toml()) == rules
    True
    """

    ROWS: ClassVar[Mapping[str, type[Specification]]] = MappingProxyType(
        {"alerts": AlertRule, "objectives": Objective}
    )
    PARTS: ClassVar[Mapping[str, type[Specification]]] = MappingProxyType({"scaling": ScalingRule})

    alerts: tuple[AlertRule, ...]
    objectives: tuple[Objective, ...]
    scaling: ScalingRule | None

    def __init__(
        self,
        *,
        alerts: tuple[AlertRule, ...] = (),
        objectives: tuple[Objective, ...] = (),
        scaling: ScalingRule | None = None,
    ) -> None:
        problems = Problems()
        rows: dict[str, tuple[Any, ...]] = {}
        for field, told, kind in (
            ("alerts", alerts, AlertRule),
            ("objectives", objectives, Objective),
        ):
            rows[field] = problems.rows(field, told, kind) or ()
        problems += _told_twice([f"{rule.name} ({rule.severity})" for rule in rows["alerts"]])
        problems += _told_twice([objective.name for objective in rows["objectives"]])
        if scaling is not None:
            problems.part("scaling", scaling, ScalingRule)
        if problems:
            raise SpecificationError(f"rules: {'; '.join(problems)}")
        for field, each in {**rows, "scaling": scaling}.items():
            object.__setattr__(self, field, each)

    @classmethod
    def _defaults(cls) -> dict[str, Any]:
        return {"alerts": (), "objectives": (), "scaling": None}

    @classmethod
    def of(cls, system: str) -> Rules:
        """Return the rules of one of the systems that come with the package.

        Parameters
        ----------
        system : str
            "bot-core" or "godark".

        Raises
        ------
        SpecificationError
            There are none of that name.
        """
        folder = resources.files("engine.metrics").joinpath(PACKAGED)
        known = sorted(place.name.removesuffix(".toml") for place in folder.iterdir())
        if system not in known:
            raise SpecificationError(
                f"system was {shown(system)}, not one of {', '.join(map(repr, known))}"
            )
        return cls.from_toml(folder.joinpath(f"{system}.toml").read_text(encoding="utf-8"))


def _longest_window(found: Kpi) -> int:
    return WINDOW_SECONDS if found.kind == KpiKind.LATENCY else HOUR_SECONDS


def _told_twice(names: list[str]) -> list[str]:
    twice = sorted({name for name in names if names.count(name) > 1})
    return [f"{name} was given twice" for name in twice]
