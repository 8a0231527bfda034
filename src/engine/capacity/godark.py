"""The capacity plan of GoDark: users by tier, requests a minute, shards and instances."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Any, ClassVar, Final

from engine.capacity.growth import ceiling
from engine.capacity.inputs import Inputs
from engine.capacity.plan import Measured, Need, Plan, TierRow
from engine.metrics.rules import Rules, ScalingRule
from engine.rate_tiers import GODARK

__all__ = ["GodarkInputs", "plan_godark"]

MINUTE_SECONDS: Final = 60


@dataclass(frozen=True, kw_only=True, init=False)
class GodarkInputs(Inputs):
    """What the plan of GoDark starts from; what is left out is what its document states.

    Parameters
    ----------
    free_users, basic_users, pro_users, market_maker_users : int
        Users that are expected, by tier. What each may send is in `engine.rate_tiers.GODARK`.
    users_capacity, requests_capacity : int
        What the system is built for: users at a time, and requests a minute.
    peak_orders_per_second : int
        The peak.
    orders_per_second_per_shard : int
        What a shard does. The document doesn't say; by default ten of them do the peak.
    shards_per_instance, positions_per_instance : int
        What an instance of matching, and one of liquidation, holds.
    open_positions : int
        How many there are; by default as many as one instance holds.

    Raises
    ------
    SpecificationError
        One error that lists everything that is wrong.

    Examples
    --------
    >>> GodarkInputs.from_toml("pro_users = 700").pro_users
    700
    """

    COUNTS: ClassVar[Mapping[str, int]] = MappingProxyType(
        {
            "free_users": 5_000,
            "basic_users": 2_000,
            "pro_users": 500,
            "market_maker_users": 50,
            "users_capacity": 10_000,
            "requests_capacity": 2_000_000,
            "peak_orders_per_second": 5_000,
            "orders_per_second_per_shard": 500,
            "shards_per_instance": 10,
            "positions_per_instance": 5_000,
            "open_positions": 5_000,
        }
    )

    free_users: int
    basic_users: int
    pro_users: int
    market_maker_users: int
    users_capacity: int
    requests_capacity: int
    peak_orders_per_second: int
    orders_per_second_per_shard: int
    shards_per_instance: int
    positions_per_instance: int
    open_positions: int

    def __init__(self, **values: Any) -> None:
        self._read(values)


def plan_godark(inputs: GodarkInputs | None = None, measured: Measured | None = None) -> Plan:
    """Return the plan for some inputs, by default those of the document.

    Requests a minute are what all users of a tier may send, by its limit a minute; with the users
    and limits that the document states these are its 7,550 users and 1,800,000 requests. Shards are
    so many that none is above the part of its capacity at which the system scales up; shards and
    instances are rounded up.

    Parameters
    ----------
    inputs : GodarkInputs, optional
        What it starts from.
    measured : Measured, optional
        What was measured: adds the shards and instances at the measured rate, one core a shard.

    Examples
    --------
    >>> plan = plan_godark()
    >>> [(row.tier, row.requests) for row in plan.tiers]
    [('FREE', 300000), ('BASIC', 600000), ('PRO', 600000), ('MARKET_MAKER', 300000)]
    >>> [(need.what, str(need.needs), str(need.used)) for need in plan.needs[:2]]
    [('users', '7550', '0.7550'), ('requests a minute', '1800000', '0.9000')]
    >>> plan.notes[1]
    'requests a minute: 90.0% of the capacity is in use: scale up'
    """
    inputs = GodarkInputs() if inputs is None else inputs
    scaling = Rules.of("godark").scaling
    assert scaling is not None, "GoDark says when it scales"
    tiers = _tiers(inputs)
    users = sum(row.users for row in tiers)
    requests = sum(row.requests for row in tiers)
    needs = [
        Need("users", "", Decimal(inputs.users_capacity), Decimal(users), "users of all tiers"),
        Need(
            *("requests a minute", "", Decimal(inputs.requests_capacity), Decimal(requests)),
            "users x requests a minute, summed over the tiers",
        ),
        *_shards(inputs, scaling, inputs.orders_per_second_per_shard, ""),
        Need(
            *("liquidation instances", "", None),
            Decimal(ceiling(Fraction(inputs.open_positions, inputs.positions_per_instance))),
            f"positions / {inputs.positions_per_instance:,}, rounded up",
        ),
    ]
    if measured is not None:
        needs += _shards(inputs, scaling, measured.orders_per_second, ", measured")
    return Plan(
        system="godark",
        needs=tuple(needs),
        tiers=tiers,
        measured=measured,
        notes=_notes(inputs, scaling, needs, tiers),
    )


def _tiers(inputs: GodarkInputs) -> tuple[TierRow, ...]:
    rows = []
    for name, tier in GODARK.items():
        requests, orders = tier.requests_per_minute, tier.orders_per_minute
        assert requests is not None, f"{name} limits requests"
        assert orders is not None, f"{name} limits orders"
        rows.append(TierRow(name, getattr(inputs, f"{name.lower()}_users"), requests, orders))
    return tuple(rows)


def _shards(inputs: GodarkInputs, scaling: ScalingRule, rate: int, suffix: str) -> list[Need]:
    """Return how many shards of a rate carry the peak, and the instances that hold them."""
    shards = ceiling(Fraction(inputs.peak_orders_per_second) / (Fraction(scaling.up) * rate))
    instances = ceiling(Fraction(shards, inputs.shards_per_instance))
    return [
        Need(
            *(f"shards{suffix}", "", None, Decimal(shards)),
            f"peak / ({scaling.up} x {rate:,}/s), rounded up",
        ),
        Need(
            *(f"matching instances{suffix}", "", None, Decimal(instances)),
            f"shards / {inputs.shards_per_instance}, rounded up",
        ),
    ]


def _notes(
    inputs: GodarkInputs, scaling: ScalingRule, needs: list[Need], tiers: tuple[TierRow, ...]
) -> tuple[str, ...]:
    words = {"up": "scale up", "down": "scale down", "hold": "enough"}
    notes = []
    for need in needs[:2]:
        assert need.has is not None
        advice = words[scaling.decide(need.needs, need.has)]
        notes.append(f"{need.what}: {need.used:.1%} of the capacity is in use: {advice}")
    orders = sum(row.orders for row in tiers)
    notes.append(
        f"the tiers let {orders:,} orders a minute through, {orders // MINUTE_SECONDS:,} a second:"
        f" the peak is {inputs.peak_orders_per_second:,}"
    )
    room = ceiling(Fraction(needs[1].needs) / Fraction(scaling.up))
    notes.append(f"requests stay at {scaling.up:.0%} of a capacity of {room:,} a minute")
    return tuple(notes)
