"""Many commands at once: an array in, an array out."""

from __future__ import annotations

import numpy as np

from .._shown import shown
from ..errors import CommandError
from ..records import RecordArray
from .commands import commands_of
from .machine import Machine
from .reports import reports_array, trades_array


def match(
    machine: Machine, commands: RecordArray, detail: str, out: RecordArray | None
) -> RecordArray:
    """Apply commands in order and return what is to be said of them.

    Parameters
    ----------
    machine : Machine
        Ends in the same state, and with the same counters, whatever the detail.
    commands : ndarray of COMMAND_DTYPE
        They are all read before the first is applied.
    detail : {"all", "trades"}
        Every report, or one record a trade.
    out : ndarray of REPORT_DTYPE or TRADE_DTYPE, optional
        Where to write.

    Returns
    -------
    ndarray
        The beginning of `out`, or a new array without one or when it is too short.

    Raises
    ------
    CommandError
        When an argument or a value in it cannot be read; nothing has been applied then.
    """
    readable = commands_of(commands)
    if detail not in ("all", "trades"):
        raise CommandError(f"detail was {shown(detail)}, not 'all' or 'trades'")
    convert = reports_array if detail == "all" else trades_array
    if out is not None:
        _check_out(out, convert([]).dtype)
    for command in readable:
        machine.apply(command)
    reports, trades = machine.tape.take()
    records = reports_array(reports) if detail == "all" else trades_array(trades)
    if out is None or len(out) < len(records):
        return records
    out[: len(records)] = records
    return out[: len(records)]


def _check_out(out: RecordArray, dtype: np.dtype[np.void]) -> None:
    if not isinstance(out, np.ndarray) or out.dtype != dtype or out.ndim != 1:
        raise CommandError(f"out was {getattr(out, 'dtype', type(out))}, not {dtype} in a row")
    if not out.flags.writeable or not out.flags.c_contiguous:
        raise CommandError("out was not writeable and contiguous")
