"""The journals that every later version must read, and what it must find there.

    python golden_journals.py DIRECTORY

writes those of this version: `whole`, of two openings with a snapshot in the first; `torn`, whose
last entry was not written whole, and in front of it a note without its end; and `expected.json`.
tests/golden/journal-v1 was made so by the version that wrote format 1 first. It stays as it is.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import numpy as np
from durable import GAS, OIL, buy, orders, segments
from test_engine_accounts import LISTING

from engine import REPORT_DTYPE, Engine, Instrument, _store

PIECE_BYTES: Final = 400
"""Of notes here, so that some are in pieces."""
TORN_BYTES: Final = 5


def trade_by_every_face(venue: Engine) -> None:
    """Change a venue with accounts in each way that there is, and be refused in some."""
    venue.add_currency("EUR", unit="0.01")
    venue.add_listing(LISTING)
    venue.add_instrument(
        Instrument(symbol="X", tick_size=1, lot_size=1, kind="linear", quote="USD", max_leverage=10)
    )
    for account in (1, 2):
        venue.set_account(account)
        venue.deposit(account, "USD", 1_000_000)
        venue.deposit(account, "BTC", 50)
    venue.withdraw(1, "EUR", 1)
    venue.set_leverage("OIL", account=1, leverage=5)
    venue.set_price("OIL", "mark", "71.00")
    entered = venue.submit("OIL", side="buy", price="71.00", quantity=5, account=1, command_id=1)
    venue.submit("OIL", side="sell", price="70.50", quantity=2, account=2, timestamp=50)
    venue.submit("OIL", side="sell", order_type="stop", trigger_price="65", quantity=1, account=1)
    venue.replace(entered.order_id, price="71.05", account=1)
    venue.reduce(entered.order_id, 1, account=1)
    venue.cancel(999, account=1)
    venue.submit_bracket(
        "OIL",
        side="buy",
        price="70.00",
        quantity=2,
        stop_loss="69.00",
        take_profit="72.00",
        account=1,
    )
    book = venue.book("BTC-USD")
    book.submit(side=1, price=500_000, quantity=3, account=2)
    book.submit(side=-1, price=499_000, quantity=1, account=1, time_in_force=1)
    batch = orders(60, first=100)
    batch["instrument"] = 3
    batch["account"] = 1 + batch["command_id"] % 2
    venue.match(batch[:30])
    venue.match(batch[30:50], detail="trades")
    venue.match(batch[50:], out=np.zeros(500, REPORT_DTYPE))
    venue.set_phase("X", "pre_open")
    venue.submit("X", side="buy", price=7_200, quantity=1, account=2)
    venue.uncross("X")
    venue.mass_cancel(account=2, symbol="OIL")
    venue.advance_time(10**9)


def told(venue: Engine) -> dict[str, Any]:
    """Return what is expected of an engine."""
    return {
        "state_hash": venue.state_hash(),
        "image_hash": venue._core.image_hash(),
        "sequence": venue.sequence,
        "reports": venue.report_count,
        "orders": len(venue),
        "instruments": [instrument.symbol for instrument in venue.instruments],
        "snapshot": venue.recovery.snapshot,
        "torn_bytes": venue.recovery.torn_bytes,
    }


def make(directory: Path) -> None:
    """Write the journals, and what is expected of them."""
    with patch.object(_store, "NOTE_BYTES", PIECE_BYTES):
        make_whole(directory / "whole")
        make_torn(directory / "torn")
    expected = {}
    for name in ("whole", "torn"):
        copy = Path(shutil.copytree(directory / name, directory / f"{name}-opened"))
        with Engine.open(copy) as venue:
            expected[name] = told(venue)
        shutil.rmtree(copy)
    (directory / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


def make_whole(path: Path) -> None:
    """Write two segments, and a snapshot that was taken in the middle of the first."""
    with Engine.open(path, durability="sync", accounts=True, resend_window=12) as venue:
        trade_by_every_face(venue)
        venue.snapshot()
        venue.submit("OIL", side="sell", price="71.05", quantity=1, account=2, command_id=77)
    with Engine.open(path, durability="sync") as venue:
        venue.add_instrument(
            Instrument(
                symbol="Y", tick_size=1, lot_size=1, kind="linear", quote="EUR", max_leverage=3
            )
        )
        venue.submit("OIL", side="sell", price="71.05", quantity=1, account=2, command_id=77)
        venue.submit("OIL", side="buy", price="69.00", quantity=4, account=1, post_only=True)
        venue.advance_time(2**60)
    (path / "LOCK").unlink()


def make_torn(path: Path) -> None:
    """Write a segment that was never closed, of which the last bytes are missing."""
    open_path = path.with_name("torn-open")
    with Engine.open(open_path, durability="sync", max_orders=3, resend_window=0) as venue:
        venue.add_instrument(OIL)
        buy(venue, "71.00")
        first, *_ = _store.note_pieces({"listing": {"text": "never finished " * PIECE_BYTES}})
        venue._store.journal.append_note(first)
        venue.add_instrument(GAS)
        venue.match(orders(9, first=2))
        buy(venue, "70.00")
        shutil.copytree(open_path, path)
    shutil.rmtree(open_path)
    (segment,) = segments(path)
    segment.write_bytes(segment.read_bytes()[:-TORN_BYTES])
    (path / "LOCK").unlink()


def main(arguments: Sequence[str]) -> int:
    """Write them where it is asked for."""
    make(Path(arguments[0]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
