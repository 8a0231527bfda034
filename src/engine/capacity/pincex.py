"""The capacity plan of PinCEX: pods by peak, cores by connections, memory, network, and growth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from types import MappingProxyType
from typing import Any, ClassVar, Final, NamedTuple

from engine.capacity.growth import ceiling, first_month_above, grown
from engine.capacity.inputs import Inputs
from engine.capacity.plan import Cost, Measured, MonthRow, Need, Plan, Projection
from engine.decimal_grid import EXACT

__all__ = ["PincexInputs", "plan_pincex"]

BITS: Final = 8
MEGA: Final = 10**6
GIGA: Final = 10**9
DAY_SECONDS: Final = 86_400


@dataclass(frozen=True, kw_only=True, init=False)
class PincexInputs(Inputs):
    """What the plan of PinCEX starts from; what is left out is what its document states.

    Parameters
    ----------
    average_orders_per_second, peak_orders_per_second, orders_per_day, users : int
        The load.
    pods, database_connections, websocket_connections : int
        What is there.
    cpu_percent, memory_gb : decimal
        How much of the processors is in use, and how much memory.
    orders_per_second_per_pod, connections_per_core, bytes_per_order : int
        The rules: what a pod does, what a core of the database holds, what an order is on the
        network.
    pod_headroom, core_headroom, memory_headroom, network_headroom : decimal
        By what each need is multiplied.
    months : int
        In how many months the growth is reached.
    users_growth, volume_growth, peak_growth : decimal
        By what each is multiplied then, as expected.
    users_growth_high, volume_growth_high, peak_growth_high : decimal
        The same, at the most.
    cost_per_pod, cost_per_core, cost_per_gb, cost_per_mbps : decimal
        Prices a month.

    Raises
    ------
    SpecificationError
        One error that lists everything that is wrong.

    Examples
    --------
    >>> PincexInputs.from_toml("peak_growth = 1.8").peak_growth
    Decimal('1.8')
    >>> PincexInputs(pods=0, memory_headroom="0.5")
    Traceback (most recent call last):
        ...
    engine.errors.SpecificationError: PincexInputs: pods was 0, must be a whole number from 1 to\
 1000000000000; memory_headroom was 0.5, must be 1 or more
    """

    COUNTS: ClassVar[Mapping[str, int]] = MappingProxyType(
        {
            "average_orders_per_second": 500,
            "peak_orders_per_second": 5_000,
            "orders_per_day": 1_000_000,
            "users": 50_000,
            "pods": 3,
            "database_connections": 200,
            "websocket_connections": 10_000,
            "orders_per_second_per_pod": 2_000,
            "connections_per_core": 25,
            "bytes_per_order": 1_024,
            "months": 12,
        }
    )
    FACTORS: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            "pod_headroom": "1.5",
            "core_headroom": "1.2",
            "memory_headroom": "1.3",
            "network_headroom": "2",
            "users_growth": "2",
            "users_growth_high": "5",
            "volume_growth": "3",
            "volume_growth_high": "10",
            "peak_growth": "1.5",
            "peak_growth_high": "2",
        }
    )
    AMOUNTS: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            "cpu_percent": "60",
            "memory_gb": "8",
            "cost_per_pod": "100",
            "cost_per_core": "50",
            "cost_per_gb": "10",
            "cost_per_mbps": "0.1",
        }
    )

    average_orders_per_second: int
    peak_orders_per_second: int
    orders_per_day: int
    users: int
    pods: int
    database_connections: int
    websocket_connections: int
    orders_per_second_per_pod: int
    connections_per_core: int
    bytes_per_order: int
    months: int
    pod_headroom: Decimal
    core_headroom: Decimal
    memory_headroom: Decimal
    network_headroom: Decimal
    users_growth: Decimal
    users_growth_high: Decimal
    volume_growth: Decimal
    volume_growth_high: Decimal
    peak_growth: Decimal
    peak_growth_high: Decimal
    cpu_percent: Decimal
    memory_gb: Decimal
    cost_per_pod: Decimal
    cost_per_core: Decimal
    cost_per_gb: Decimal
    cost_per_mbps: Decimal

    def __init__(self, **values: Any) -> None:
        self._read(values)


class Growth(NamedTuple):
    """By what the load is multiplied."""

    users: Decimal
    volume: Decimal
    peak: Decimal


NOW: Final = Growth(Decimal(1), Decimal(1), Decimal(1))


def plan_pincex(inputs: PincexInputs | None = None, measured: Measured | None = None) -> Plan:
    """Return the plan for some inputs, by default those of the document.

    Pods and network go by the peak, cores of the database by its connections, which grow with the
    users, memory by what is in use, which grows with the volume. Pods and cores are rounded up,
    memory, network and money are exact.

    Parameters
    ----------
    inputs : PincexInputs, optional
        What it starts from.
    measured : Measured, optional
        What was measured: adds the cores that the engine needs at the measured rate, and the memory
        of a day's orders if all of them rested.

    Examples
    --------
    >>> plan = plan_pincex()
    >>> [(need.what, str(need.has), str(need.needs)) for need in plan.needs[:2]]
    [('pods', '3', '4'), ('database cores', 'None', '10')]
    >>> plan.cost
    Decimal('1012.192')
    >>> [(each.name, each.short_from) for each in plan.projections]
    [('expected', 0), ('high', 0)]
    """
    with localcontext(EXACT):  # the caller's may round
        return _plan(PincexInputs() if inputs is None else inputs, measured)


def _plan(inputs: PincexInputs, measured: Measured | None) -> Plan:
    needs = _needs(inputs, NOW, measured)
    return Plan(
        system="pincex",
        needs=needs,
        costs=_costs(inputs, needs),
        projections=(
            _projection(
                *("expected", inputs),
                Growth(inputs.users_growth, inputs.volume_growth, inputs.peak_growth),
                measured,
            ),
            _projection(
                *("high", inputs),
                Growth(
                    inputs.users_growth_high, inputs.volume_growth_high, inputs.peak_growth_high
                ),
                measured,
            ),
        ),
        measured=measured,
        notes=_notes(inputs, needs),
    )


def _needs(inputs: PincexInputs, growth: Growth, measured: Measured | None) -> tuple[Need, ...]:
    peak = inputs.peak_orders_per_second * growth.peak
    pods = Fraction(peak * inputs.pod_headroom) / inputs.orders_per_second_per_pod
    connections = inputs.database_connections * growth.users
    cores = Fraction(connections * inputs.core_headroom) / inputs.connections_per_core
    memory = inputs.memory_gb * growth.volume * inputs.memory_headroom
    bits = peak * inputs.bytes_per_order * BITS * inputs.network_headroom
    sockets = ceiling(inputs.websocket_connections * growth.users)
    found = [
        Need(
            *("pods", "", Decimal(inputs.pods), Decimal(ceiling(pods))),
            f"peak x {inputs.pod_headroom} / {inputs.orders_per_second_per_pod:,}/s, rounded up",
        ),
        Need(
            *("database cores", "", None, Decimal(ceiling(cores))),
            f"connections x {inputs.core_headroom} / {inputs.connections_per_core}, rounded up",
        ),
        Need(
            *("memory", "GB", inputs.memory_gb, memory),
            f"in use x {inputs.memory_headroom}",
        ),
        Need(
            *("network", "Mbit/s", None, bits / MEGA),
            f"peak x {inputs.bytes_per_order:,} bytes x {inputs.network_headroom}",
        ),
        Need("WebSocket connections", "", None, Decimal(sockets), "as many as there are"),
    ]
    if measured is not None:
        found += _measured_needs(inputs, growth, measured)
    return tuple(found)


def _measured_needs(inputs: PincexInputs, growth: Growth, measured: Measured) -> list[Need]:
    peak = Fraction(inputs.peak_orders_per_second * growth.peak * inputs.pod_headroom)
    orders = inputs.orders_per_day * growth.volume
    memory = orders * measured.bytes_per_order * inputs.memory_headroom / GIGA
    return [
        Need(
            *("engine cores, measured", "", None),
            Decimal(ceiling(peak / measured.orders_per_second)),
            f"peak x {inputs.pod_headroom} / {measured.orders_per_second:,}/s, rounded up",
        ),
        Need(
            *("engine memory, measured", "GB", None, memory),
            f"orders a day x {measured.bytes_per_order} bytes x {inputs.memory_headroom}",
        ),
    ]


def _costs(inputs: PincexInputs, needs: tuple[Need, ...]) -> tuple[Cost, ...]:
    prices = {
        "pods": inputs.cost_per_pod,
        "database cores": inputs.cost_per_core,
        "memory": inputs.cost_per_gb,
        "network": inputs.cost_per_mbps,
    }
    return tuple(Cost(n.what, n.needs, prices[n.what]) for n in needs if n.what in prices)


def _projection(
    name: str, inputs: PincexInputs, growth: Growth, measured: Measured | None
) -> Projection:
    needs = _needs(inputs, growth, measured)
    peak, factor = inputs.peak_orders_per_second, Fraction(growth.peak)
    pods = Fraction(peak * inputs.pod_headroom) / inputs.orders_per_second_per_pod
    months = inputs.months
    by_month = tuple(
        MonthRow(month, grown(peak, factor, month, months), grown(pods, factor, month, months))
        for month in range(months + 1)
    )
    return Projection(
        name=name,
        months=months,
        factors=growth._asdict(),
        needs=needs,
        costs=_costs(inputs, needs),
        by_month=by_month,
        short_from=first_month_above(inputs.pods, pods, factor, months),
    )


def _notes(inputs: PincexInputs, needs: tuple[Need, ...]) -> tuple[str, ...]:
    pods = needs[0]
    spread = inputs.cpu_percent * inputs.pods / pods.needs
    most = Fraction(inputs.pods * inputs.orders_per_second_per_pod) / Fraction(inputs.pod_headroom)
    all_day = inputs.average_orders_per_second * DAY_SECONDS
    return (
        f"with {pods.needs} pods the processors, {inputs.cpu_percent}% in use with {inputs.pods},"
        f" would be at {spread:.1f}%",
        f"{inputs.pods} pods carry a peak of {int(most):,} orders a second with that headroom",
        f"{inputs.average_orders_per_second:,} orders a second all day would be {all_day:,}, not"
        f" {inputs.orders_per_day:,}: the plan goes by the peak",
    )
