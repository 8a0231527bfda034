"""What ``python -m engine bench`` is told; loaded with the command line, unlike what it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from engine._option_numbers import number, whole_number
from engine.budgets import PROFILES

__all__ = ["MISSED", "add_bench"]

MISSED: Final = 3
"""The exit code when a budget was missed."""


def add_bench(commands: Any) -> None:
    """Add the command to the subparsers of a parser."""
    parser = commands.add_parser(
        "bench",
        help="measure this machine against the budgets of a system",
        description="Measure everything that a system's budgets ask for, send a scenario of load,"
        f" and judge every row. The exit code is {MISSED} when a budget was missed.",
    )
    parser.add_argument(
        "--profile",
        default="demo",
        metavar="NAME",
        help=f"whose budgets: {', '.join(PROFILES)}, or a TOML file of your own (default demo)",
    )
    parser.add_argument(
        "--scenario",
        metavar="NAME",
        help="the load that is sent, by name or as a TOML file (default: the profile's first);"
        " --scenario list prints the names",
    )
    parser.add_argument(
        "--seconds",
        metavar="N",
        type=number,
        help="how long a scenario may take (default 15): a longer one is compressed, and its"
        " figures say so",
    )
    parser.add_argument(
        "--calls",
        metavar="N",
        type=whole_number,
        help="how often single calls are timed (default 50,000)",
    )
    parser.add_argument("--json", action="store_true", help="print one line of JSON instead")
    parser.add_argument("--html", metavar="OUT", type=Path, help="write a report to look at")
    parser.add_argument(
        "--record",
        metavar="FILE",
        type=Path,
        help="write what was measured as records, ten times which are budgets of later runs; where"
        " the file has some already, the worse figure counts, and other profiles keep theirs",
    )
    parser.add_argument(
        "--records", metavar="FILE", type=Path, help="records to be held to, instead of ours"
    )
    parser.add_argument(
        "--within",
        metavar="SHARE",
        type=number,
        help="with --records, a run that was saved on this machine: 0.15 lets no p95 be more than"
        " 15 %% longer than there, and no rate more than 15 %% lower",
    )
