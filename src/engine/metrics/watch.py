"""Figures held to rules over time: alerts that fire, service levels that are broken."""

from __future__ import annotations

from collections import deque
from enum import StrEnum
from typing import Final, NamedTuple

from engine._copies import CopiedWhole
from engine._members import says_names
from engine._shown import check_kind
from engine.metrics.monitor import Metrics
from engine.metrics.rules import AlertRule, Objective, Rules
from engine.metrics.timeline import SECOND_NS, time_after

__all__ = ["Alert", "AlertMonitor", "AlertState", "ServiceLevels", "SlaResult"]

HISTORY: Final = 1_000


class AlertState(StrEnum):
    """Where an alert stands."""

    INACTIVE = "inactive"
    """Its figure is within the bound, or not known, and it never fired."""
    PENDING = "pending"
    """The bound is passed, not yet for long enough."""
    FIRING = "firing"
    """The bound has been passed for long enough."""
    RESOLVED = "resolved"
    """It fired, and the figure is within the bound again."""


class Alert(NamedTuple):
    """An alert as it stands.

    Attributes
    ----------
    rule : AlertRule
        What it watches.
    state : AlertState
        Where it stands.
    value : float or None
        The figure when the state was last looked at; None where it is not known.
    since_ns : int or None
        When the bound was first found passed; the last time, once it is resolved.
    fired_ns, resolved_ns : int or None
        When it last began to fire, and when that ended.
    """

    rule: AlertRule
    state: AlertState = AlertState.INACTIVE
    value: float | None = None
    since_ns: int | None = None
    fired_ns: int | None = None
    resolved_ns: int | None = None

    def __str__(self) -> str:
        value = "not known" if self.value is None else f"{self.value:g}"
        rule = self.rule
        return f"{rule.severity} {self.state}: {rule.name}: {rule.text}, was {value}"


@says_names
class AlertMonitor(CopiedWhole):
    """Evaluates alert rules whenever it is told to, and remembers what fired.

    Parameters
    ----------
    rules : Rules
        Whose alerts.

    Examples
    --------
    >>> metrics, monitor = Metrics(), AlertMonitor(Rules.of("godark"))
    >>> metrics.set_gauge("cpu_percent", 80, 0)
    >>> [str(alert) for alert in monitor.evaluate(metrics, 0)]
    ['warning firing: processors are busy: cpu_percent must be at most 75%, was 80']
    >>> metrics.set_gauge("cpu_percent", 50, SECOND_NS)
    >>> [alert.state.name for alert in monitor.evaluate(metrics, SECOND_NS)]
    ['RESOLVED']
    """

    def __init__(self, rules: Rules) -> None:
        check_kind("rules", rules, Rules)
        self._alerts = {(rule.name, rule.severity): Alert(rule) for rule in rules.alerts}
        self._history: deque[Alert] = deque(maxlen=HISTORY)
        self._now_ns = 0

    def evaluate(self, metrics: Metrics, now_ns: int) -> tuple[Alert, ...]:
        """Look at every figure and return the alerts whose state changed.

        An alert is as exact in time as it is evaluated often; once a second is meant.

        Parameters
        ----------
        metrics : Metrics
            Whose figures. Those that are not known pass no bound.
        now_ns : int
            Nanoseconds, from the clock that the metrics are told by.

        Returns
        -------
        tuple of Alert
            As they stand now, in the order of the rules; empty while nothing changes.

        Raises
        ------
        MetricsError
            A time before the last look, or before what the metrics were told.
        TypeError
            It is no `Metrics`, or the time is no integer.
        """
        check_kind("metrics", metrics, Metrics)
        self._now_ns = time_after(self._now_ns, now_ns)
        changed = []
        for key, alert in self._alerts.items():
            rule = alert.rule
            value = metrics.value(rule.metric, now_ns, rule.window_seconds)
            found = _next(alert, value, now_ns)
            self._alerts[key] = found
            if found.state != alert.state:
                changed.append(found)
        self._history.extend(changed)
        return tuple(changed)

    def alerts(self) -> tuple[Alert, ...]:
        """Return every alert as it stands, in the order of the rules."""
        return tuple(self._alerts.values())

    def firing(self) -> tuple[Alert, ...]:
        """Return those that fire now, critical ones first."""
        found = [alert for alert in self._alerts.values() if alert.state == AlertState.FIRING]
        return tuple(sorted(found, key=lambda alert: alert.rule.severity != "critical"))

    def history(self) -> tuple[Alert, ...]:
        """Return the last thousand changes, oldest first."""
        return tuple(self._history)


def _next(alert: Alert, value: float | None, now_ns: int) -> Alert:
    """Return an alert after one more look at its figure; what is not known passes no bound."""
    rule, state = alert.rule, alert.state
    if value is None or rule.is_kept(value):
        if state == AlertState.FIRING:
            return alert._replace(state=AlertState.RESOLVED, value=value, resolved_ns=now_ns)
        if state == AlertState.PENDING:
            rest = AlertState.INACTIVE if alert.fired_ns is None else AlertState.RESOLVED
            return alert._replace(state=rest, value=value)
        return alert._replace(value=value)
    is_active = state in {AlertState.PENDING, AlertState.FIRING}
    since = alert.since_ns if is_active and alert.since_ns is not None else now_ns
    if state == AlertState.FIRING:
        return alert._replace(value=value)
    if now_ns - since < rule.for_seconds * SECOND_NS:
        return alert._replace(state=AlertState.PENDING, value=value, since_ns=since)
    return alert._replace(
        state=AlertState.FIRING, value=value, since_ns=since, fired_ns=now_ns, resolved_ns=None
    )


class SlaResult(NamedTuple):
    """One service level, checked.

    Attributes
    ----------
    objective : Objective
        What was promised.
    value : float or None
        What is; None where nothing is known, which breaks no promise and keeps none.
    is_kept : bool or None
        Whether the promise is kept; None where nothing is known.
    breached_since_ns : int or None
        When it was first found broken, if it is.
    lasted_ns : int
        For how long that has lasted; 0 where it isn't broken.
    """

    objective: Objective
    value: float | None
    is_kept: bool | None
    breached_since_ns: int | None
    lasted_ns: int

    def __str__(self) -> str:
        if self.value is None:
            return f"{self.objective.name}: not known"
        found = f"{self.objective.name}: {self.objective.text}, was {self.value:g}"
        if self.is_kept:
            return f"{found}: kept"
        return f"{found}: broken for {self.lasted_ns / SECOND_NS:g} s"


@says_names
class ServiceLevels(CopiedWhole):
    """Checks what was promised, and says how long a promise has been broken.

    Parameters
    ----------
    rules : Rules
        Whose objectives.

    Examples
    --------
    >>> metrics, levels = Metrics(), ServiceLevels(Rules.of("godark"))
    >>> metrics.set_up(True, 0)
    >>> metrics.set_up(False, 90 * SECOND_NS)
    >>> _ = levels.check(metrics, 100 * SECOND_NS)
    >>> str(levels.check(metrics, 130 * SECOND_NS)[0])
    'uptime: uptime must be at least 0.999, was 0.692308: broken for 30 s'
    """

    def __init__(self, rules: Rules) -> None:
        check_kind("rules", rules, Rules)
        self._objectives = rules.objectives
        self._since: dict[str, int] = {}
        self._now_ns = 0

    def check(self, metrics: Metrics, now_ns: int) -> tuple[SlaResult, ...]:
        """Look at every promise.

        A promise is as exact in time as it is looked at often.

        Parameters
        ----------
        metrics : Metrics
            Whose figures.
        now_ns : int
            Nanoseconds, from the clock that the metrics are told by.

        Returns
        -------
        tuple of SlaResult
            One for each objective, in their order.

        Raises
        ------
        MetricsError
            A time before the last look, or before what the metrics were told.
        TypeError
            It is no `Metrics`, or the time is no integer.
        """
        check_kind("metrics", metrics, Metrics)
        self._now_ns = time_after(self._now_ns, now_ns)
        return tuple(self._check(objective, metrics, now_ns) for objective in self._objectives)

    def _check(self, objective: Objective, metrics: Metrics, now_ns: int) -> SlaResult:
        value = metrics.value(objective.metric, now_ns, objective.window_seconds)
        is_kept = None if value is None else objective.is_kept(value)
        if is_kept is not False:
            self._since.pop(objective.name, None)
            return SlaResult(objective, value, is_kept, None, 0)
        since = self._since.setdefault(objective.name, now_ns)
        return SlaResult(objective, value, False, since, now_ns - since)
