"""Capacity planning as PinCEX and GoDark state it: what is needed, by which rule, and when more.

`plan_pincex` and `plan_godark` make a `Plan` of inputs that are data; a `Measured` of this machine,
by `measure_machine`, adds what the engine itself needs. ``python -m engine capacity`` prints it.
docs/capacity.md says what follows from what.

Examples
--------
>>> from engine.capacity import PincexInputs, plan_pincex
>>> plan_pincex(PincexInputs(peak_orders_per_second=20_000)).need("pods").needs
Decimal('15')
"""

from engine.capacity.godark import GodarkInputs, plan_godark
from engine.capacity.growth import ceiling, first_month_above, grown
from engine.capacity.measure import measure_machine
from engine.capacity.pincex import PincexInputs, plan_pincex
from engine.capacity.plan import Cost, Measured, MonthRow, Need, Plan, Projection, TierRow

__all__ = [
    "Cost",
    "GodarkInputs",
    "Measured",
    "MonthRow",
    "Need",
    "PincexInputs",
    "Plan",
    "Projection",
    "TierRow",
    "ceiling",
    "first_month_above",
    "grown",
    "measure_machine",
    "plan_godark",
    "plan_pincex",
]
