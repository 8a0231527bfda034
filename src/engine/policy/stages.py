"""What a strategy says, which stages look at it, and why one of them refuses."""

from __future__ import annotations

from enum import IntEnum
from typing import TypeAlias

__all__ = ["RiskReason", "RiskStage", "Signal", "SignalLike"]


class Signal(IntEnum):
    """What a strategy says of a market."""

    STRONG_SELL = -2
    """Sell, and sure of it."""
    SELL = -1
    """Sell."""
    HOLD = 0
    """Do nothing."""
    BUY = 1
    """Buy."""
    STRONG_BUY = 2
    """Buy, and sure of it."""


SignalLike: TypeAlias = Signal | str | int
"""A signal, its name in any case, or its number."""


class RiskStage(IntEnum):
    """The stages of a `RiskChain`, in their order."""

    TRADING_ENABLED = 1
    """Is trading enabled?"""
    SIGNAL = 2
    """Is it a signal to trade?"""
    CONFIDENCE = 3
    """Is the strategy sure enough?"""
    OPEN_POSITIONS = 4
    """Are there fewer positions than allowed?"""
    RISK_REWARD = 5
    """Is enough to be won for what may be lost?"""
    SIZE = 6
    """What is the quantity?"""
    MARGIN = 7
    """Is the margin that it needs free?"""
    DAILY_LOSS = 8
    """Is the loss of the day below its limit?"""
    ORDER = 9
    """The arguments of the order are made."""


class RiskReason(IntEnum):
    """Why a proposal was refused."""

    NONE = 0
    """It was accepted."""
    TRADING_DISABLED = 1
    """Trading is not enabled."""
    HOLD_SIGNAL = 2
    """The signal is to hold."""
    LOW_CONFIDENCE = 3
    """The confidence is below the least one for such a signal."""
    MAX_POSITIONS = 4
    """There are as many open positions as allowed, or more."""
    LOW_RISK_REWARD = 5
    """The risk-reward ratio is below the least one."""
    SIZE_TOO_SMALL = 6
    """The quantity is less than one lot."""
    INSUFFICIENT_MARGIN = 7
    """More margin is needed than is free."""
    DAILY_LOSS_LIMIT = 8
    """The day's loss has reached its limit."""
    DEADLINE = 9
    """The stage would have started after the deadline."""
