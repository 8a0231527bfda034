"""``python -m engine capacity``: the capacity plan of a system, as tables or JSON."""

from __future__ import annotations

import argparse
import json
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from engine._console import print_lines, progress_bar, require_console, show_table
from engine.capacity import (
    GodarkInputs,
    Measured,
    PincexInputs,
    Plan,
    measure_machine,
    plan_godark,
    plan_pincex,
)
from engine.capacity.measure import COMMANDS
from engine.capacity.plan import amount_text
from engine.workloads.mixes import MIXES

__all__ = ["add_capacity", "run_capacity"]

SYSTEMS: Final = ("pincex", "godark")


def add_capacity(commands: Any) -> None:
    """Add the command to the subparsers of a parser."""
    parser = commands.add_parser(
        "capacity",
        help="plan capacity and growth",
        description="Plan the capacity of a system by its own rules: what is needed now, after a"
        " year, and what it costs. Without --inputs it starts from what the system's document"
        " states.",
    )
    parser.add_argument(
        "--system", choices=SYSTEMS, default=SYSTEMS[0], help="whose rules (default pincex)"
    )
    parser.add_argument(
        "--inputs", metavar="FILE", type=Path, help="inputs that differ, as TOML or JSON"
    )
    parser.add_argument(
        "--measure",
        action="store_true",
        help="measure this machine first, and plan the engine's cores and memory by that",
    )
    parser.add_argument("--json", action="store_true", help="print one line of JSON instead")


def run_capacity(options: argparse.Namespace) -> None:
    """Carry out the command."""
    if not options.json:
        require_console()
    kind = PincexInputs if options.system == "pincex" else GodarkInputs
    inputs: Any = kind() if options.inputs is None else kind.read(options.inputs)
    measured = _measure() if options.measure else None
    make: Any = plan_pincex if options.system == "pincex" else plan_godark
    plan: Plan = make(inputs, measured)
    if options.json:
        print_lines(json.dumps(plan.to_dict()))
    else:
        _show(plan)


def _measure() -> Measured:
    with progress_bar("measuring this machine", COMMANDS + MIXES["venue"].resting) as done:
        return measure_machine(done)


def _show(plan: Plan) -> None:
    months = [f"{each.name}, {each.months} months" for each in plan.projections]
    columns = (f"capacity of {plan.system}", "there is", "needed", "of that", *months)
    rows = plan.table()
    show_table(columns, [row[:-1] for row in rows])
    print_lines(*(f"{row[0]}: {row[-1]}" for row in rows), "")
    if plan.tiers:
        _show_tiers(plan)
    if plan.costs:
        _show_costs(plan)
    if plan.projections:
        _show_growth(plan)
    if plan.measured is not None:
        print_lines(
            f"measured: {plan.measured.orders_per_second:,} commands a second and core,"
            f" {plan.measured.bytes_per_order} bytes an order",
            f"  ({plan.measured.conditions})",
        )
    print_lines(*plan.notes)


def _show_tiers(plan: Plan) -> None:
    rows = [
        (row.tier, *(f"{number:,}" for number in (*row[1:], row.requests, row.orders)))
        for row in plan.tiers
    ]
    sums = (
        sum(row.users for row in plan.tiers),
        sum(row.requests for row in plan.tiers),
        sum(row.orders for row in plan.tiers),
    )
    rows.append(("all", f"{sums[0]:,}", "", "", f"{sums[1]:,}", f"{sums[2]:,}"))
    columns = ("what may be sent a minute", "users", "requests each", "orders each")
    show_table((*columns, "requests", "orders"), rows)


def _show_costs(plan: Plan) -> None:
    all_costs = [plan.costs, *(each.costs for each in plan.projections)]
    rows = [
        (
            each[0].what,
            f"{each[0].price:f}",
            *(amount_text(cost.amount, "") for cost in each),
        )
        for each in zip(*all_costs, strict=True)
    ]
    sums = (sum((cost.amount for cost in costs), Decimal(0)) for costs in all_costs)
    rows.append(("all", "", *(amount_text(total, "") for total in sums)))
    show_table(("cost a month", "price", "now", *(each.name for each in plan.projections)), rows)


def _show_growth(plan: Plan) -> None:
    columns = ["growth, by month"]
    for each in plan.projections:
        columns += [f"peak, {each.name}", f"pods, {each.name}"]
    rows = [
        (
            str(months[0].month),
            *(text for row in months for text in (f"{row.peak:,}", f"{row.pods:,}")),
        )
        for months in zip(*(each.by_month for each in plan.projections), strict=True)
    ]
    show_table(columns, rows)
    has = plan.needs[0].has
    for each in plan.projections:
        when = "never" if each.short_from is None else f"from month {each.short_from} on"
        print_lines(f"{has} pods are too few, {each.name}: {when}")
