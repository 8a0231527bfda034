"""Types of the compiled netting, checked against it by stubtest."""

from typing import NoReturn, final

from engine._transfers import Amounts, SettlementTerms
from engine.records import RecordArray

def check_trades(trades: RecordArray) -> None: ...

@final
class Netting:
    def add_instrument(self, terms: SettlementTerms) -> None: ...
    def add(
        self,
        trades: RecordArray,
        maker_fees: Amounts | None,
        taker_fees: Amounts | None,
        fee_account: int | None,
        first: int,
    ) -> None: ...
    def take_back(
        self,
        trades: RecordArray,
        maker_fees: Amounts | None,
        taker_fees: Amounts | None,
        fee_account: int | None,
    ) -> None: ...
    def transfers(self) -> RecordArray: ...
    def clear(self) -> None: ...
    def __reduce__(self) -> NoReturn: ...
