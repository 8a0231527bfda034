"""What trades, orders and positions are worth, and what they cost, in whole numbers.

Every function is pure, every amount a whole number of a currency's smallest unit, and every
division names its rounding. In each, `contract` is the instrument's, `lots` are at least 0 where
they are a quantity and below 0 for a short position, and `rate` is in billionths.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from .._schema import BUY, ContractKind, FeeCurrency, OrderPrice, Rounding, Side
from .contract import ContractTerms
from .instrument import INT64_MAX
from .rounding import divide
from .units import BILLION, closed_value, gain_of, part_of
from .units import value_of as units_of

NEVER_MORE: Final = (Rounding.DOWN, Rounding.FLOOR)
"""With these the fees of several trades are together no more than the fee of their sum."""
VALUE_MAX: Final = 2**95
"""A value is no larger in size: beyond what any order may have, within 128 bits in sums."""


def value_of(
    contract: ContractTerms, lots: int, ticks: int, rounding: Rounding | None = None
) -> int:
    """Return what lots are worth at a price; an INVERSE value is rounded as the contract says.

    Or as `rounding` says. SPOT lots are worth nothing at a price below 0.
    """
    chosen = contract.value_rounding if rounding is None else rounding
    price = max(ticks, 0) if contract.is_spot else ticks
    value = units_of(contract.kind, lots, price, contract.value_factor, chosen)
    return max(-VALUE_MAX, min(value, VALUE_MAX))


def size_of(contract: ContractTerms, lots: int, ticks: int) -> int:
    """Return the size of what an order is worth at its limit; an INVERSE one is rounded up."""
    return abs(value_of(contract, lots, ticks, Rounding.UP))


def fee_of(contract: ContractTerms, side: Side, lots: int, value: int, rate: int) -> Fee:
    """Return the fee of one side of a trade, below 0 a rebate.

    It is a part of the size of its value, or of the base that is bought where fees are of what is
    received.
    """
    if side == BUY and contract.fee_currency == FeeCurrency.RECEIVED:
        bought = lots * contract.lot_units
        return Fee(contract.base, part_of(bought, rate, contract.fee_rounding))
    return Fee(contract.settle, part_of(abs(value), rate, contract.fee_rounding))


def cost_of(contract: ContractTerms, lots: int, value: int) -> int:
    """Return what buying SPOT lots of a value may cost, whatever trades it comes to.

    That is the value and its fee by the highest rate, rounded up. Each trade may round a fee up.
    A fee of what is received costs nothing more.
    """
    if contract.fee_currency == FeeCurrency.RECEIVED:
        return value
    fee = part_of(value, contract.highest_rate, Rounding.UP)
    return value + fee + (0 if contract.fee_rounding in NEVER_MORE else lots)


def released_of(contract: ContractTerms, lots: int, entry_value: int, traded: int) -> int:
    """Return what of its entry value a position loses with so many of its lots.

    It is rounded so that the account is paid the lower of two amounts.
    """
    assert 0 < traded <= abs(lots)
    is_paid_for_less = (lots > 0) == (contract.kind == ContractKind.LINEAR)
    rounding = Rounding.CEILING if is_paid_for_less else Rounding.FLOOR
    return closed_value(entry_value, abs(lots), traded, rounding)


def given_back_of(added: int, lots: int, traded: int) -> int:
    """Return what of the added margin a position gives back with so many of its lots.

    What is left of it is rounded up.
    """
    assert 0 < traded <= abs(lots)
    return closed_value(added, abs(lots), traded, Rounding.FLOOR)


def profit_of(contract: ContractTerms, lots: int, entered: int, left: int) -> int:
    """Return what a position makes on lots that were worth `entered` and are worth `left`."""
    return gain_of(contract.kind, 1 if lots > 0 else -1, entered, left)


def unrealized_of(contract: ContractTerms, lots: int, entry_value: int, mark: int | None) -> int:
    """Return what a position would make at the mark price: the lower of two amounts.

    Without a mark it is worth its entry value, and so with one below 1 for an INVERSE contract.
    """
    if lots == 0 or not has_value_at(contract, mark):
        return 0
    assert mark is not None
    rounding = Rounding.CEILING if lots > 0 else Rounding.FLOOR
    value = value_of(contract, abs(lots), mark, rounding)
    return profit_of(contract, lots, entry_value, value)


def open_loss_of(
    contract: ContractTerms, side: Side, lots: int, worth: int, mark: int | None
) -> int:
    """Return what lots would lose at once that are entered for what they are worth to an order."""
    if not contract.open_loss:
        return 0
    return -min(0, unrealized_of(contract, side * lots, worth, mark))


def assumed_of(
    contract: ContractTerms, side: Side, price: int, last: int | None, mark: int | None
) -> int:
    """Return the price at which lots count that an order without a limit would trade at another.

    A LINEAR seller's is no lower than the last price with the buffer, and the mark. An INVERSE one
    is worth less the higher the price is.
    """
    if contract.order_price != OrderPrice.MAX_LAST_MARK or side == BUY:
        return price
    if contract.kind == ContractKind.INVERSE:
        return price
    above = None
    if last is not None:
        above = last + part_of(last, contract.order_price_buffer, Rounding.CEILING)
    return min(INT64_MAX, max(each for each in (price, above, mark) if each is not None))


class Fee(NamedTuple):
    """What one party of a trade pays for it."""

    currency: int
    amount: int


class Stake(NamedTuple):
    """A position and what is open for it: values in units, and how many lots that are."""

    value: int
    """Of which its initial margin is; below 0 for a short position of positive value."""
    lots: int
    buys: int = 0
    sells: int = 0
    buying: int = 0
    selling: int = 0
    open_interest: int = 0
    """What all positions are worth, where the rate of this one grows with it."""

    @property
    def worst(self) -> int:
        """The size of the position, by value, if its orders of the worse side trade."""
        return max(abs(self.value + self.buys), abs(self.value - self.sells))

    @property
    def worst_sides(self) -> list[int]:
        """Which direction, 1 or -1, such a position would have; both where they are equal."""
        reached = {1: self.value + self.buys, -1: self.sells - self.value}
        return [
            side if value >= 0 else -side
            for side, value in reached.items()
            if abs(value) == self.worst
        ]

    @property
    def worst_lots(self) -> int:
        """The same, by lots."""
        return max(abs(self.lots + self.buying), abs(self.lots - self.selling))

    @property
    def alone(self) -> Stake:
        """The position without what is open."""
        return Stake(self.value, self.lots, open_interest=self.open_interest)

    def with_order(self, side: Side, value: int, lots: int) -> Stake:
        """Return it with another order."""
        if side == BUY:
            return self._replace(buys=self.buys + value, buying=self.buying + lots)
        return self._replace(sells=self.sells + value, selling=self.selling + lots)


def rate_at(contract: ContractTerms, stake: Stake, chosen_rate: int) -> int:
    """Return the initial rate that holds for a worst side: the contract's, or a higher chosen."""
    least = contract.initial_rate_at(stake.worst, stake.worst_lots)
    return max(contract.grown(least, stake.open_interest), chosen_rate)


def margin_of(contract: ContractTerms, stake: Stake, chosen_rate: int) -> int:
    """Return the initial margin of a position and its open orders, and what these cost in fees."""
    initial = part_of(stake.worst, rate_at(contract, stake, chosen_rate), Rounding.CEILING)
    # The fee to close what the worse side comes to; of two that are equal the higher one.
    fee_to_close = max(
        contract.close_fee_of(
            contract.initial_close_fee,
            side,
            entry=stake.worst,
            mark=stake.worst,
            initial=initial,
        )
        for side in stake.worst_sides
    )
    fees = part_of(stake.buys + stake.sells, contract.highest_taker_rate, Rounding.CEILING)
    return initial + fee_to_close + fees


def next_funding_of(contract: ContractTerms, lots: int, rate: int) -> int:
    """Return the part of its value that a position would pay by a rate of funding, rounded up.

    The rate is in 10^-18, the part in billionths; 0 where no margin holds it.
    """
    if not contract.funding_in_maintenance:
        return 0
    part = divide(-rate if lots < 0 else rate, BILLION, Rounding.CEILING)
    return max(0, min(part, BILLION))


def maintenance_of(
    contract: ContractTerms,
    lots: int,
    entry_value: int,
    *,
    mark: int | None,
    chosen_rate: int,
    funding_rate: int,
) -> int:
    """Return what a position must be worth at least to be kept: a part of its value.

    That is the value at the mark or at entry, as the contract has it; less the deduction of its
    tier, and with the next funding and the fee to close where the contract holds them.
    """
    entry = at_mark = abs(entry_value)
    if has_value_at(contract, mark):
        assert mark is not None
        at_mark = size_of(contract, abs(lots), mark) if lots else 0
    value = entry if contract.value_at_entry else at_mark
    rate = contract.maintenance_rate_at(value, abs(lots))
    rate += next_funding_of(contract, lots, funding_rate)
    kept = part_of(value, rate, Rounding.CEILING) - contract.rates_at(value).deduction
    own_rate = rate_at(contract, Stake(entry_value, lots), chosen_rate)
    return kept + contract.close_fee_of(
        contract.close_fee,
        -1 if lots < 0 else 1,
        entry=entry,
        mark=at_mark,
        initial=part_of(entry, own_rate, Rounding.CEILING),
    )


def has_value_at(contract: ContractTerms, mark: int | None) -> bool:
    """Return whether lots have a value at a mark price: it was told, and for INVERSE above 0."""
    return mark is not None and (contract.kind != ContractKind.INVERSE or mark >= 1)


def rate_of_leverage(hundredths: int) -> int:
    """Return the initial rate of a leverage, rounded up."""
    return divide(100 * BILLION, hundredths, Rounding.CEILING)
