"""What a venue charges for trades: rates of makers and takers, by volume, and their rounding."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any, ClassVar

from engine import calc
from engine._members import member_of
from engine._schema import FeeCurrency, Liquidity, Rounding, Side
from engine.calc import Amount, Numbers
from engine.decimal_grid import DecimalLike, decimal_of
from engine.errors import SpecificationError
from engine.specification import Problems, Specification

__all__ = ["FeeSchedule", "FeeTier"]


@dataclass(frozen=True, kw_only=True, init=False)
class FeeTier(Specification):
    """The rates from a volume on.

    Parameters
    ----------
    volume : decimal
        What an account has traded in 30 days, or as the venue counts it; the tier begins there.
    maker, taker : decimal
        Parts of the value; below 0 a rebate.

    Raises
    ------
    SpecificationError
        One error that lists everything that is wrong.
    """

    volume: Decimal
    maker: Decimal
    taker: Decimal

    def __init__(self, *, volume: DecimalLike, maker: DecimalLike, taker: DecimalLike) -> None:
        problems = Problems()
        values = {
            "volume": problems.decimal("volume", volume, least=0),
            "maker": problems.decimal("maker", maker, least=-1, most=1),
            "taker": problems.decimal("taker", taker, least=-1, most=1),
        }
        if problems:
            raise SpecificationError(f"fee tier: {'; '.join(problems)}")
        for name, value in values.items():
            object.__setattr__(self, name, value)

    @classmethod
    def _defaults(cls) -> dict[str, Any]:
        return {}


@dataclass(frozen=True, kw_only=True, init=False)
class FeeSchedule(Specification):
    """The fees of an instrument.

    Frozen, equal by its fields. Numbers are a str, a Decimal, an int, or a float that stands for
    its shortest text.

    Parameters
    ----------
    maker, taker : decimal
        Parts of the value of a trade, -1 to 1; below 0 a rebate.
    buyer, seller : decimal
        What the side pays on top of it.
    discount : decimal
        The part of the fee that is not charged when it is paid in the venue's own asset.
    step : decimal, optional
        The smallest unit of a fee; without one fees are exact.
    rounding : Rounding, str or int
        Which multiple of it.
    tiers : iterable of FeeTier
        Rates from a volume on, in rising order.
    currency : FeeCurrency, str or int
        In which fees are paid: "quote", which is what settles a derivative, or "received", of spot:
        the buyer's in the base currency, of the quantity. `fee` is of the value, whatever it says.

    Raises
    ------
    SpecificationError
        One error that lists everything that is wrong.

    Examples
    --------
    >>> fees = FeeSchedule(maker="-0.0001", taker="0.0006", step="0.0001")
    >>> fees.fee("0.030", "1162.15", liquidity="taker")
    Decimal('0.0210')
    >>> print(fees.to_toml())
    maker = "-0.0001"
    taker = "0.0006"
    step = "0.0001"
    <BLANKLINE>
    >>> FeeSchedule.from_toml(fees.to_toml()) == fees
    True
    >>> FeeSchedule(maker="2", taker="free", step=0)
    Traceback (most recent call last):
        ...
    engine.errors.SpecificationError: fee schedule: maker was 2, must be 1 or less;\
 taker was 'free', not a number; step was 0, must be above 0
    """

    SECTION: ClassVar = "fees"
    ROWS: ClassVar = {"tiers": FeeTier}

    maker: Decimal
    taker: Decimal
    buyer: Decimal
    seller: Decimal
    discount: Decimal
    step: Decimal | None
    rounding: Rounding
    tiers: tuple[FeeTier, ...]
    currency: FeeCurrency

    def __init__(
        self,
        *,
        maker: DecimalLike,
        taker: DecimalLike,
        buyer: DecimalLike = 0,
        seller: DecimalLike = 0,
        discount: DecimalLike = 0,
        step: DecimalLike | None = None,
        rounding: Rounding | str | int = Rounding.UP,
        tiers: Iterable[FeeTier] = (),
        currency: FeeCurrency | str | int = FeeCurrency.QUOTE,
    ) -> None:
        problems = Problems()
        rates = {"maker": maker, "taker": taker, "buyer": buyer, "seller": seller}
        rows = problems.rows("tiers", tiers, FeeTier) or ()
        values = {
            **{
                name: problems.decimal(name, rate, least=-1, most=1) for name, rate in rates.items()
            },
            "discount": problems.decimal("discount", discount, least=0, most=1),
            "step": problems.optional(problems.step, "step", step),
            "rounding": problems.member(Rounding, rounding, "rounding"),
            "tiers": rows,
            "currency": problems.member(FeeCurrency, currency, "currency"),
        }
        _check_tiers(rows, problems)
        if problems:
            raise SpecificationError(f"fee schedule: {'; '.join(problems)}")
        for name, value in values.items():
            object.__setattr__(self, name, value)

    @classmethod
    def _defaults(cls) -> dict[str, Any]:
        zero = Decimal(0)
        return {
            "buyer": zero,
            "seller": zero,
            "discount": zero,
            "step": None,
            "rounding": Rounding.UP,
            "tiers": (),
            "currency": FeeCurrency.QUOTE,
        }

    def rate(
        self, liquidity: Liquidity | str | int, *, volume: DecimalLike = 0, side: object = None
    ) -> Decimal:
        """Return the rate of a trade.

        Parameters
        ----------
        liquidity : Liquidity, str or int
            "maker" or "taker".
        volume : decimal
            What the account has traded.
        side : Side, str or int, optional
            Whose own rate counts too.

        Examples
        --------
        >>> fees = FeeSchedule(maker="0.0002", taker="0.0005", seller="0.0001",
        ...                    tiers=[FeeTier(volume=1000000, maker="0.0001", taker="0.0004")])
        >>> fees.rate("maker"), fees.rate("taker", volume=1000000, side="sell")
        (Decimal('0.0002'), Decimal('0.0005'))
        """
        traded = decimal_of("volume", volume)
        reached = [tier for tier in self.tiers if tier.volume <= traded]
        rates = reached[-1] if reached else self
        is_maker = member_of(Liquidity, liquidity, "liquidity") == Liquidity.MAKER
        found = rates.maker if is_maker else rates.taker
        if side is None:
            return found
        is_buyer = member_of(Side, side, "side") == Side.BUY
        return found + (self.buyer if is_buyer else self.seller)

    def fee(
        self,
        quantity: Numbers,
        price: Numbers,
        *,
        liquidity: Liquidity | str | int,
        volume: DecimalLike = 0,
        side: object = None,
        multiplier: Numbers = 1,
        contract: str | int = "linear",
    ) -> Amount:
        """Return the fee of a trade, as `engine.calc.trade_fee` does, with rate and rounding.

        Parameters
        ----------
        quantity, price, multiplier, contract
            As of `engine.calc.trade_fee`.
        liquidity, volume, side
            As of `rate`.
        """
        return calc.trade_fee(
            quantity,
            price,
            self.rate(liquidity, volume=volume, side=side),
            multiplier=multiplier,
            contract=contract,
            step=self.step,
            rounding=self.rounding,
        )


def _check_tiers(rows: tuple[FeeTier, ...], problems: Problems) -> None:
    for place, (before, row) in enumerate(pairwise(rows), start=1):
        if row.volume <= before.volume:
            problems.append(
                f"tiers[{place}].volume was {row.volume:f}, must be above {before.volume:f}"
            )
