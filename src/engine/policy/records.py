"""What is proposed, by whom, and what it is held to: read exactly, once, when it is made."""

from __future__ import annotations

from dataclasses import dataclass, fields
from operator import index

from engine._members import says_names
from engine._shown import shown

from .._members import member_of, truth_of
from .._schema import Side
from ..calc.exact import number_of
from ..calc.sizing import CAP, LEAST, MOST, NEAREST_STOP
from ..decimal_grid import DecimalLike, decimal_of
from ..errors import PolicyError
from .stages import RiskStage, Signal, SignalLike

__all__ = ["Proposal", "RiskAccount", "RiskLimits", "Sizing"]


@says_names
@dataclass(frozen=True, slots=True, kw_only=True)
class Sizing:
    """How a quantity is found, as `engine.calc.position_size` does it.

    Parameters
    ----------
    risk_percent, default_quantity, cap, nearest_stop, least, most : decimal
        The arguments of that function.
    """

    risk_percent: DecimalLike
    default_quantity: DecimalLike
    cap: DecimalLike = CAP
    nearest_stop: DecimalLike = NEAREST_STOP
    least: DecimalLike = LEAST
    most: DecimalLike = MOST

    def __post_init__(self) -> None:
        _read_at_least_0(self, *(field.name for field in fields(self)))
        if decimal_of("least", self.least) > decimal_of("most", self.most):
            raise PolicyError(
                f"least was {shown(self.least)}, above most, which was {shown(self.most)}"
            )


@says_names
@dataclass(frozen=True, slots=True, kw_only=True)
class RiskLimits:
    """What the checks of a `RiskChain` hold a proposal to; the defaults are Bot Core's.

    Parameters
    ----------
    daily_loss_limit : decimal
        The loss of a day at which no more is traded.
    trading_enabled : bool
        Whether anything is traded at all.
    strong_confidence, plain_confidence : decimal
        The least confidence of a strong signal and of any other, from 0 to 1.
    max_positions : int
        With so many open positions no other is opened.
    min_risk_reward : decimal
        The least risk-reward ratio, where there is one.
    sizing : Sizing, optional
        How a quantity is found for proposals that state none.
    without : set of RiskStage
        Checks that are left out. SIZE and ORDER are no checks, and stay.

    Examples
    --------
    >>> limits = RiskLimits(daily_loss_limit=500, max_positions=3, without={RiskStage.CONFIDENCE})
    >>> limits.daily_loss_limit, limits.min_risk_reward
    (Decimal('500'), Decimal('1.5'))
    """

    daily_loss_limit: DecimalLike
    trading_enabled: bool = True
    strong_confidence: DecimalLike = "0.7"
    plain_confidence: DecimalLike = "0.8"
    max_positions: int = 10
    min_risk_reward: DecimalLike = "1.5"
    sizing: Sizing | None = None
    without: frozenset[RiskStage] | set[RiskStage] = frozenset()

    def __post_init__(self) -> None:
        _read_at_least_0(self, "daily_loss_limit", "min_risk_reward")
        _read_share(self, "strong_confidence", "plain_confidence")
        object.__setattr__(self, "max_positions", _count("max_positions", self.max_positions))
        object.__setattr__(
            self, "trading_enabled", truth_of(self.trading_enabled, "trading_enabled")
        )
        without = frozenset(member_of(RiskStage, stage, "without") for stage in self.without)
        object.__setattr__(self, "without", without)
        for stage in without & {RiskStage.SIZE, RiskStage.ORDER}:
            raise PolicyError(f"without was {stage.name}, which is no check")


@says_names
@dataclass(frozen=True, slots=True, kw_only=True)
class RiskAccount:
    """What the checks look at of the account that would trade.

    Parameters
    ----------
    balance : decimal
        In the quote currency, for position sizing.
    free_margin : decimal
        What may be bound for another position.
    open_positions : int
        How many it has.
    daily_loss : decimal
        What it lost today, as a number above 0; a profit is below 0.
    leverage : decimal
        The notional is so many times the margin that it needs, above 0.
    """

    balance: DecimalLike
    free_margin: DecimalLike
    open_positions: int = 0
    daily_loss: DecimalLike = 0
    leverage: DecimalLike = 1

    def __post_init__(self) -> None:
        _read(self, "balance", "free_margin", "daily_loss", "leverage")
        object.__setattr__(self, "open_positions", _count("open_positions", self.open_positions))
        if decimal_of("leverage", self.leverage) <= 0:
            raise PolicyError(f"leverage was {shown(self.leverage)}, must be above 0")


@says_names
@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What a strategy would trade.

    Parameters
    ----------
    symbol : str
        The instrument.
    signal : Signal, str or int
        A strong or a plain one to buy or to sell, or to hold.
    confidence : decimal
        How sure the strategy is, from 0 to 1.
    entry_price : decimal
        The limit of the order.
    stop_loss, take_profit : decimal, optional
        Where the position is to be closed; both are kept with it by `Engine.submit_bracket`. For a
        buyer the stop lies below the entry and the profit above, for a seller the other way round.
    risk_reward : decimal, optional
        The ratio, where the strategy states one; else it is that of the prices, and there is none
        where one of them is missing.
    quantity : decimal, optional
        Where the strategy states it; else it is found by `RiskLimits.sizing`.
    margin_needed : decimal, optional
        Where it is known; else it is quantity times entry price, by the leverage of the account.

    Raises
    ------
    PolicyError
        A number outside its range, or an exit on the wrong side of the entry.
    CommandError
        A signal that is none.
    GridError
        What is no finite number.

    Examples
    --------
    >>> Proposal(symbol="BTC-USD", signal="buy", confidence=0.9, entry_price=50000, stop_loss=50001)
    Traceback (most recent call last):
        ...
    engine.errors.PolicyError: stop_loss was 50001, must be below the entry at 50000 to BUY
    """

    symbol: str
    signal: SignalLike
    confidence: DecimalLike
    entry_price: DecimalLike
    stop_loss: DecimalLike | None = None
    take_profit: DecimalLike | None = None
    risk_reward: DecimalLike | None = None
    quantity: DecimalLike | None = None
    margin_needed: DecimalLike | None = None

    def __post_init__(self) -> None:
        signal = member_of(Signal, self.signal, "signal")
        object.__setattr__(self, "signal", signal)
        _read(self, "entry_price", *_given(self, "stop_loss", "take_profit"))
        _read_at_least_0(self, *_given(self, "risk_reward", "quantity", "margin_needed"))
        _read_share(self, "confidence")
        for name, direction in (("stop_loss", -1), ("take_profit", 1)):
            price, sign = getattr(self, name), direction * signal
            if price is not None and signal and sign * (price - self.entry_price) <= 0:
                where = "above" if sign > 0 else "below"
                raise PolicyError(
                    f"{name} was {shown(price)}, must be {where} the entry at {self.entry_price}"
                    f" to {Side(1 if signal > 0 else -1).name}"
                )


def _given(record: object, *names: str) -> list[str]:
    """Return those fields that are not None."""
    return [name for name in names if getattr(record, name) is not None]


def _read(record: object, *names: str) -> None:
    """Make numbers of a frozen record exact, once, when it is made."""
    for name in names:
        object.__setattr__(record, name, number_of(name, getattr(record, name)))


def _read_at_least_0(record: object, *names: str) -> None:
    _read(record, *names)
    for name in names:
        if getattr(record, name) < 0:
            raise PolicyError(f"{name} was {shown(getattr(record, name))}, must be 0 or more")


def _read_share(record: object, *names: str) -> None:
    _read(record, *names)
    for name in names:
        value = getattr(record, name)
        if not 0 <= value <= 1:
            raise PolicyError(f"{name} was {shown(value)}, must be from 0 to 1")


def _count(name: str, value: int) -> int:
    try:
        number = index(value)
    except TypeError:
        raise PolicyError(
            f"{name} was {shown(value)}, of {type(value).__name__}, not an int"
        ) from None
    if number < 0:
        raise PolicyError(f"{name} was {shown(number)}, must be 0 or more")
    return number
