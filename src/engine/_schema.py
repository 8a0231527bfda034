# Written by tools/render_schema.py from csrc/engine/types/*.def. Do not edit.
"""The enumerations and record layouts of the library, the same in C++ and Python."""

from __future__ import annotations

from enum import IntEnum, IntFlag
from typing import Final

import numpy as np


class CommandKind(IntEnum):
    """What a command asks for."""

    SUBMIT = 1
    """Enter a new order (FIX 35=D)."""
    CANCEL = 2
    """Take a resting order out (FIX 35=F)."""
    REPLACE = 3
    """Give a resting order a new price and leaves quantity (FIX 35=G)."""
    REDUCE = 4
    """Take a quantity off a resting order, which keeps its place in the queue."""
    MASS_CANCEL = 10
    """Take out every order that the selector's bits describe (FIX 35=q)."""
    SET_PRICE = 20
    """Tell the engine a price from outside, by trigger source."""
    SET_PHASE = 22
    """Bring an instrument into the phase that the selector names; calls end with their auction."""
    UNCROSS = 23
    """Hold the auction of a call, and let the call go on."""
    SET_POSITION = 24
    """Tell the engine the position of an account in an instrument, which its trades move from then on."""
    SET_ACCOUNT = 30
    """Make an account, or change its group, tier and permissions."""
    DEPOSIT = 31
    """Add to the balance of an account."""
    WITHDRAW = 32
    """Take from the balance of an account."""
    TRANSFER = 33
    """Move a part of the balance of an account to another account."""
    SET_LEVERAGE = 34
    """Choose the leverage of an account in an instrument."""
    SET_LIMIT = 35
    """Set a limit of an account, the one that the selector names."""
    SET_DEFAULT_LIMIT = 36
    """Set a limit of every account that has none of its own."""
    SWITCH = 37
    """Turn trading off or on, for what the selector's bits describe; off, its orders are canceled."""
    SET_RATE = 38
    """Set a rate limit of a tier of accounts, the one that the selector names."""
    SET_POSITION_MODE = 40
    """Let an account have one position in an instrument, or a long and a short one."""
    SET_MARGIN_MODE = 41
    """Let the positions of an account in an instrument share its margin with all others, or have their own."""
    ADD_MARGIN = 42
    """Add to the margin of an isolated position, or take back what was added."""
    FUND = 50
    """Let the positions in an instrument pay each other what its funding rate comes to."""
    LIQUIDATE = 51
    """Close the positions that are worth less than they must be kept with."""
    ADVANCE_TIME = 21
    """Bring nothing but a timestamp: what expires by then does."""


class Side(IntEnum):
    """Which side of the market (FIX 54). Prices times side order from best to worst."""

    BUY = 1
    """Buy (FIX 54=1)."""
    SELL = -1
    """Sell (FIX 54=2)."""


class OrderType(IntEnum):
    """How the price is bound (FIX 40)."""

    LIMIT = 0
    """At the price or better; the rest waits in the book (FIX 40=2)."""
    MARKET = 1
    """At any price; what does not fill is canceled (FIX 40=1)."""
    MARKET_TO_LIMIT = 2
    """At the best price there is; the rest waits at that price (FIX 40=K)."""
    STOP = 3
    """MARKET once the market has moved to the trigger price: up for a buyer (FIX 40=3)."""
    STOP_LIMIT = 4
    """LIMIT once the market has moved to the trigger price (FIX 40=4)."""
    MARKET_IF_TOUCHED = 5
    """MARKET once the market has come to the trigger price: down for a buyer (FIX 40=J)."""
    LIMIT_IF_TOUCHED = 6
    """LIMIT once the market has come to the trigger price."""
    TRAILING_STOP = 7
    """STOP whose trigger price follows the market at a distance (FIX 40=P, 1100=4)."""
    TRAILING_STOP_LIMIT = 8
    """STOP_LIMIT whose trigger follows the market; the price is the limit's distance from it."""
    PEG_PRIMARY = 9
    """At the best price of its own side, and its offset; follows it (FIX 40=P, 1094=5)."""
    PEG_MARKET = 10
    """At the best price of the other side, and its offset; follows it (FIX 40=P, 1094=4)."""
    PEG_MIDPOINT = 11
    """In the middle of both, rounded down to a tick, and its offset; follows it (FIX 40=P, 1094=2)."""


class TimeInForce(IntEnum):
    """How long an order lives (FIX 59)."""

    GTC = 0
    """Good till canceled (FIX 59=1)."""
    IOC = 1
    """Immediate or cancel: fills what it can at once, the rest is canceled (FIX 59=3)."""
    FOK = 2
    """Fill or kill: fills whole at once or is rejected (FIX 59=4)."""
    GTD = 3
    """Good till date: expires when the engine's time reaches its expiry (FIX 59=6)."""
    DAY = 4
    """Expires when the instrument closes (FIX 59=0)."""
    AT_THE_OPEN = 5
    """For the auction of the opening call; what is left expires with it (FIX 59=2)."""
    AT_THE_CLOSE = 6
    """For the auction of the closing call; waits for that call to begin (FIX 59=7)."""
    GOOD_FOR_AUCTION = 7
    """For the next auction of whatever call; waits for a call to begin (FIX 59=B)."""


class OrderFlag(IntFlag):
    """Instructions of an order, as bits (FIX 18)."""

    POST_ONLY = 1
    """Never takes: rejected when it would trade on entry (FIX 18=6)."""
    SLIDE = 2
    """With POST_ONLY: instead of a reject, the price moves to one tick short of a trade."""
    HIDDEN = 4
    """Never shown; behind what is shown at its price (FIX 1138=0)."""
    ALL_OR_NONE = 8
    """Trades whole or not at all, and may wait for that (FIX 18=G)."""
    MINIMUM_EACH = 16
    """The minimum quantity holds for every fill, not for the sum at entry."""
    PROTECTED = 32
    """A market or pegged order with a worst price, its bound; a market order may rest there."""
    BUDGET = 64
    """A market order that spends at most its bound: ticks times lots."""
    TRAIL_RATE = 128
    """The offset of a trailing order is in millionths of the price, not in ticks."""
    ONE_CANCELS_OTHER = 256
    """Joins the linked order: once one trades, is triggered or ends, the others are canceled (FIX 1385=1)."""
    ONE_TRIGGERS_OTHER = 512
    """Waits for the linked order to end, and enters with as much as that one traded (FIX 1385=2)."""
    REDUCE_ONLY = 1024
    """Makes the account's position smaller and nothing else: never opens one, never turns one round (FIX 18=E)."""


class TriggerSource(IntEnum):
    """Which price a conditional order watches (FIX 1107)."""

    LAST = 0
    """The price of the last trade (FIX 1107=2)."""
    MARK = 1
    """The mark price, by SET_PRICE."""
    INDEX = 2
    """The index price, by SET_PRICE."""
    REFERENCE = 3
    """The reference price of auctions, by SET_PRICE. No order watches it."""
    BID = 4
    """The best bid elsewhere, by SET_PRICE: pegged orders of a dark instrument follow it."""
    OFFER = 5
    """The best offer elsewhere, by SET_PRICE: pegged orders of a dark instrument follow it."""


class SelfTradeMode(IntEnum):
    """What happens instead of a trade with oneself; the incoming order decides (FIX 7928)."""

    NONE = 0
    """The trade happens."""
    CANCEL_NEWEST = 1
    """What is left of the incoming order is canceled."""
    CANCEL_OLDEST = 2
    """The resting order is canceled, and the incoming one goes on."""
    CANCEL_BOTH = 3
    """Both are canceled."""
    DECREMENT_AND_CANCEL = 4
    """Both lose the smaller quantity; what has none left is canceled."""
    TRANSFER = 5
    """The same; where both orders have it, the quantity and its value change hands between their accounts."""


class CancelScope(IntFlag):
    """What a MASS_CANCEL is limited to, as bits; none of them: everything."""

    BY_ACCOUNT = 1
    """Orders of its account."""
    BY_INSTRUMENT = 2
    """Orders of its instrument."""
    BY_SIDE = 4
    """Orders of its side."""
    BY_PRICE = 8
    """Orders with a limit from its price to its bound."""


class AccountFlag(IntFlag):
    """What an account may not do, as bits."""

    SUSPENDED = 1
    """Enter or replace orders."""
    CLOSE_ONLY = 2
    """Enter or replace orders that are not reduce-only."""
    NO_WITHDRAWALS = 4
    """Withdraw, or transfer to another account."""


class Limit(IntEnum):
    """What a SET_LIMIT limits; zero is none of them."""

    ORDER_QUANTITY = 1
    """Lots of an order in an instrument."""
    ORDER_VALUE = 2
    """Value of an order in an instrument, smallest units."""
    OPEN_ORDERS = 3
    """Live orders."""
    PRICE_DISTANCE = 4
    """How far a limit may lie from the market of an instrument, millionths."""
    DUPLICATE_WINDOW = 5
    """Within which the last order may not come again, nanoseconds."""
    POSITION = 6
    """Lots of a position in a derivative, with what is open."""
    NET_EXPOSURE = 7
    """Long less short over the derivatives of a currency, smallest units."""
    GROSS_EXPOSURE = 8
    """Long and short over the derivatives of a currency, smallest units."""
    DAILY_LOSS = 9
    """Loss of a day in a currency, smallest units."""
    DRAWDOWN = 10
    """Loss since the best result in a currency, smallest units."""


class RateLimit(IntEnum):
    """What a SET_RATE sets for the accounts of a tier; zero is none of them."""

    ORDERS_PER_TEN_SECONDS = 1
    """New and replaced orders, in windows of 10 s."""
    ORDERS_PER_MINUTE = 2
    """New and replaced orders, in windows of 60 s."""
    ORDERS_PER_DAY = 3
    """New and replaced orders, in windows of 86,400 s."""
    CANCELS_PER_MINUTE = 4
    """Orders canceled and reduced, and mass cancels by account, in windows of 60 s."""
    FACTOR = 5
    """By how many millionths the limits of the tier are multiplied."""


class SwitchScope(IntFlag):
    """What a SWITCH is for, as bits; none of them: the venue."""

    BY_ACCOUNT = 1
    """Its account."""
    BY_INSTRUMENT = 2
    """Its instrument."""
    BY_GROUP = 4
    """The accounts of its group."""
    KEEP_ORDERS = 8
    """Turned off, the orders stay."""


class PositionMode(IntEnum):
    """How many positions an account has in a derivative."""

    ONE_WAY = 0
    """One, which turns round."""
    HEDGE = 1
    """A long and a short one; reduce-only orders close, all others open."""


class MarginMode(IntEnum):
    """Whose losses the margin of a position may pay for."""

    CROSS = 0
    """Those of all positions of the account in the currency."""
    ISOLATED = 1
    """Its own."""


class OrderState(IntEnum):
    """Where a live order is."""

    RESTING = 0
    """In the book."""
    UNTRIGGERED = 1
    """Waits for its trigger price."""
    UNACTIVATED = 2
    """A trailing order that waits for its activation price."""
    UNPRICED = 3
    """A trailing order that waits for the first price of its source."""
    AT_MARKET = 4
    """In a call, without a limit: it takes part in the auction before all that have one."""
    UNCALLED = 5
    """Waits for the call that it is for."""
    UNRELEASED = 6
    """Waits for the linked order to end."""
    UNPEGGED = 8
    """A pegged order that has no price to follow, or had no step left to go to it."""
    ENTERING = 7
    """On its way into the book, within a command."""


class Phase(IntEnum):
    """What an instrument is doing (FIX 625)."""

    CONTINUOUS = 0
    """Orders trade as they come (FIX 625=3)."""
    PRE_OPEN = 1
    """Orders are collected, before the opening call (FIX 625=1)."""
    OPENING_CALL = 2
    """Orders are collected for the opening auction (FIX 625=2)."""
    VOLATILITY_CALL = 3
    """Orders are collected for an auction in the middle of the day (FIX 625=6)."""
    CLOSING_CALL = 4
    """Orders are collected for the closing auction (FIX 625=4)."""
    HALT = 5
    """Orders may be taken out, and nothing else (FIX 625=10)."""
    CLOSED = 6
    """Orders may be taken out; those for the day are gone (FIX 625=5)."""


class ExecType(IntEnum):
    """What an execution report says happened (FIX 150)."""

    NEW = 1
    """The order was accepted (FIX 150=0)."""
    TRADE = 2
    """One fill of the order (FIX 150=F)."""
    CANCELED = 3
    """What was open is out of the market (FIX 150=4)."""
    REPLACED = 4
    """Price or leaves quantity changed (FIX 150=5)."""
    REJECTED = 5
    """The command was refused and changed nothing (FIX 150=8)."""
    EXPIRED = 6
    """Its time is over: what was open is out of the market (FIX 150=C)."""
    TRIGGERED = 7
    """A conditional order enters the market as what it became (FIX 150=L)."""
    RESTATED = 8
    """The engine changed the order's price, type or what it shows (FIX 150=D)."""
    DONE = 9
    """A command that names no order was carried out."""
    LIQUIDATED = 10
    """Lots of a position were closed that had too little, by the order it names or by none."""
    DELEVERAGED = 11
    """Lots of a position were closed for one that had nothing left: the report is of no order."""
    SOCIALIZED = 12
    """All positions of the instrument bore what was lost and not there: the report is of no order."""
    WARNED = 13
    """A position, or those of a currency, come near to what they must be kept with."""


class OrderStatus(IntEnum):
    """Where the order stands after the event (FIX 39)."""

    NEW = 1
    """Open, nothing filled (FIX 39=0)."""
    PARTIALLY_FILLED = 2
    """Open, something filled (FIX 39=1)."""
    FILLED = 3
    """Nothing left (FIX 39=2)."""
    CANCELED = 4
    """Out of the market with something left (FIX 39=4)."""
    REJECTED = 5
    """Never entered, or the order named is not known (FIX 39=8)."""
    EXPIRED = 6
    """Out of the market because its time is over (FIX 39=C)."""
    NONE = 7
    """The report is of no order."""


class Liquidity(IntEnum):
    """Which part an order had in a trade (FIX 851)."""

    NONE = 0
    """The report is not of a trade."""
    MAKER = 1
    """The order rested (FIX 851=1)."""
    TAKER = 2
    """The order came in (FIX 851=2)."""


class ReportFlag(IntFlag):
    """Facts about the event, as bits."""

    KEPT_PRIORITY = 1
    """A REPLACED order kept its place in the queue; without it, it went to the tail."""
    WAITING = 2
    """The order is not in the book: it waits for its trigger or its call, or is in a call without a limit."""
    SELF_TRADE = 4
    """Canceled or made smaller instead of trading with its own side; a transfer where it names the other order."""
    CASCADE_LIMIT = 8
    """Canceled because one command had set off too much."""
    LINKED = 32
    """Canceled because of what happened to a linked order."""
    PRICE_BAND = 64
    """Canceled at the edge of the price band; of a DONE, the phase that an order began there."""
    REDUCE_ONLY = 128
    """Made smaller, or canceled, because the position is not as large."""
    AUCTION = 16
    """A trade of an auction: nobody took; the seller is named as the maker."""


class RejectReason(IntEnum):
    """Why a command was refused (FIX 103, 102). Precedence is a table of its own."""

    NONE = 0
    """Not refused."""
    MALFORMED = 1
    """A field that this kind of command does not take, or a reserved one, was not zero."""
    UNKNOWN_INSTRUMENT = 10
    """No instrument has this number."""
    UNKNOWN_ACCOUNT = 11
    """No account has this number, or the engine keeps no accounts."""
    UNKNOWN_ORDER = 12
    """No live order of this instrument has this id."""
    DUPLICATE_ORDER_ID = 13
    """A live order already has this id."""
    UNKNOWN_LINKED_ORDER = 14
    """The linked order is the order itself, or none that lives in this instrument."""
    UNKNOWN_CURRENCY = 15
    """No currency has this number."""
    NO_ISOLATED_POSITION = 16
    """The account has no position of this side here, or none with a margin of its own."""
    NO_FUNDING = 17
    """The contract of the instrument has no funding."""
    PRICE_UNKNOWN = 18
    """No mark price was told that this needs, or no index price."""
    NOT_WITH_ACCOUNTS = 19
    """SET_POSITION, where the accounts hold the positions."""
    NOT_THE_OWNER = 20
    """The order is another account's."""
    TRADING_DISABLED = 24
    """Trading is switched off for the venue, the instrument, the account or its group."""
    NOT_PERMITTED = 25
    """The account may not do this: suspended, for closing only, or without withdrawals."""
    MODE_IS_FIXED = 26
    """The account has a position or a live order here, or the instrument is a spot one."""
    NOT_IN_THIS_PHASE = 30
    """The instrument's phase does not take such a command or order."""
    DISPLAY_IN_THE_DARK = 38
    """A quantity to display, in a dark instrument, which shows nothing."""
    POST_ONLY_IN_THE_DARK = 39
    """Post-only, in a dark instrument: its refusal or its new price would show what rests."""
    INCOMPATIBLE_INSTRUCTIONS = 40
    """Post-only, which never takes, with what never rests: IOC, FOK or a market order."""
    SLIDE_WITHOUT_POST_ONLY = 41
    """SLIDE says how a post-only order yields, and this one is none."""
    DISPLAY_NEVER_RESTS = 42
    """Hidden or with a display quantity, and never resting, so never shown."""
    HIDDEN_WITH_DISPLAY = 43
    """Hidden, and with a quantity to display."""
    ALL_OR_NONE_WITH_DISPLAY = 44
    """All-or-none, which trades whole, with a part to display."""
    ALL_OR_NONE_WITH_MINIMUM = 45
    """All-or-none or fill-or-kill, whose minimum is all, with a minimum quantity."""
    POST_ONLY_WITH_MINIMUM = 46
    """Post-only, which never trades at entry, with a minimum quantity at entry."""
    MINIMUM_EACH_WITHOUT_MINIMUM = 47
    """MINIMUM_EACH says what a minimum quantity holds for, and there is none."""
    BOUND_WITH_LIMIT = 48
    """PROTECTED or BUDGET, which bound an order without a limit, on one that has one; BUDGET on a peg."""
    PROTECTED_WITH_BUDGET = 49
    """PROTECTED and BUDGET, which both use the bound."""
    PRICE_TOO_LOW = 50
    """The price is below the instrument's minimum."""
    PRICE_TOO_HIGH = 51
    """The price is above the instrument's maximum."""
    QUANTITY_TOO_SMALL = 52
    """The quantity is not positive, or below the instrument's minimum."""
    QUANTITY_TOO_LARGE = 53
    """The quantity is above the instrument's maximum."""
    QUANTITY_OVERFLOW = 54
    """The open quantity of the side, or of the order over its life, would pass 2^63 - 1."""
    TRIGGER_PRICE_OUT_OF_RANGE = 55
    """The trigger price is outside the instrument's bounds."""
    DISPLAY_QUANTITY_OUT_OF_RANGE = 56
    """The display quantity is not from 1 to the quantity, or below a ten-thousandth of it."""
    MINIMUM_QUANTITY_OUT_OF_RANGE = 57
    """The minimum quantity is not from 1 to the quantity."""
    OFFSET_OUT_OF_RANGE = 58
    """The offset is not positive, or as a rate not below one."""
    BOUND_OUT_OF_RANGE = 59
    """The worst price is outside the instrument's bounds, or the budget not positive."""
    EXPIRY_PASSED = 60
    """The expiry is not after the engine's time."""
    TRAIL_RATE_WITHOUT_TRAIL = 61
    """TRAIL_RATE says what an offset is in, and the order does not trail."""
    BUDGET_WITH_ALL_OR_NONE = 62
    """BUDGET, which ends where the money does, with a quantity that must fill."""
    GROUP_WITHOUT_MODE = 63
    """A self-trade group without a self-trade mode."""
    NOT_OF_THIS_ORDER = 64
    """A REPLACE gives a price or a trigger price to an order that has none to change."""
    NOT_FOR_AUCTIONS = 68
    """For an auction, with what none can keep: post-only, a budget, a minimum, all-or-none."""
    PEG_NEVER_RESTS = 67
    """A pegged order, which follows the market, that is gone at once or for an auction."""
    REDUCE_ONLY_NEVER_RESTS = 69
    """Reduce-only, where such orders never rest, and the order might."""
    LINKED_NEVER_STAYS = 66
    """One-cancels-other, for an order that neither rests nor waits."""
    MINIMUM_EACH_WITH_DISPLAY = 65
    """A minimum for every fill, on an order that shows a part at a time."""
    AMOUNT_OUT_OF_RANGE = 71
    """An amount below 1, or of 0, more than a currency can have, a tier that there is not, or a ratio above 1."""
    LEVERAGE_OUT_OF_RANGE = 72
    """Leverage below 1, above what the instrument allows, or of a spot instrument."""
    FUNDING_RATE_OUT_OF_RANGE = 78
    """A funding rate outside the bounds of the contract."""
    LIMIT_OUT_OF_RANGE = 74
    """A limit below -1, or a rate limit above 10,000,000."""
    VALUE_OVERFLOW = 73
    """The value of the quantity at the limit passes 2^63 - 1."""
    VALUE_TOO_SMALL = 92
    """Worth less at its limit, or at the mark price, than an order of the instrument must be."""
    VALUE_TOO_LARGE = 93
    """Worth more at its limit than an order of the instrument may be."""
    UNBOUNDED_COST = 94
    """An order without a limit in a call: nothing says what it could cost."""
    INSUFFICIENT_FUNDS = 95
    """The account has not free what this needs (FIX 103=3)."""
    PRICE_TOO_FAR = 76
    """The limit is farther from the market than the account's orders may be."""
    DUPLICATE_ORDER = 77
    """The same order as the account's last one, too soon after it."""
    OPEN_ORDERS_LIMIT = 79
    """The account has as many open orders as it may have."""
    ORDER_QUANTITY_LIMIT = 80
    """More than an order of the account may have."""
    ORDER_VALUE_LIMIT = 81
    """Worth more than an order of the account may be."""
    RATE_LIMITED = 82
    """The account has asked for as much as its tier may in this time."""
    POSITION_LIMIT = 83
    """The position, with all that is open, could pass the account's limit."""
    NET_EXPOSURE_LIMIT = 84
    """The net exposure, with all that is open, could pass the account's limit."""
    GROSS_EXPOSURE_LIMIT = 86
    """The gross exposure, with all that is open, could pass the account's limit."""
    DAILY_LOSS_LIMIT = 87
    """The account has lost as much today as it may."""
    DRAWDOWN_LIMIT = 88
    """The account is as far below its best result as it may be."""
    TOO_MANY_ORDERS = 70
    """The engine's limit of resting orders is reached and this order might rest."""
    PRICE_OUTSIDE_BAND = 75
    """The limit lies beyond the price band: a buyer's above, a seller's below."""
    REDUCE_ONLY_WOULD_INCREASE = 85
    """A reduce-only order with no position to reduce, or none left, or larger than the market's rule lets it be."""
    POST_ONLY_WOULD_TRADE = 100
    """A post-only order would have traded."""
    FOK_CANNOT_FILL = 101
    """A fill-or-kill order could not be filled whole."""
    MINIMUM_CANNOT_FILL = 102
    """The minimum quantity could not be filled at once."""


class ReplacePriority(IntEnum):
    """When a replaced order keeps its place in the queue."""

    KEEP_ON_DECREASE = 0
    """A smaller quantity at the same price keeps it; everything else loses it."""
    ALWAYS_LOSE = 1
    """Every replace goes to the tail."""


class TriggerOrder(IntEnum):
    """In which order conditional orders enter that one event triggers."""

    BY_PRICE_REACHED = 0
    """As the price reaches them: nearest trigger price first, then by time."""
    BY_TIME = 1
    """By time of entry."""


class AuctionRule(IntEnum):
    """How an auction chooses among the prices at which most lots trade."""

    CLOSEST = 0
    """Least surplus, then market pressure, then closest to the reference of all that remain."""
    REVERSAL = 1
    """As CLOSEST; where pressure changes sides, only the two prices where it does remain."""
    MIDPOINT = 2
    """In the middle of the lowest and the highest, rounded down to a tick."""
    LOWEST = 3
    """Least surplus, then the lowest, whoever presses and whatever the reference is."""


class AuctionPrices(IntEnum):
    """Which prices an auction may choose."""

    EVERY_TICK = 0
    """Every tick from the lowest limit or reference to the highest."""
    LIMITS = 1
    """The limits of the orders and the reference price."""


class Allocation(IntEnum):
    """How an incoming quantity is shared among the orders at one price."""

    PRICE_TIME = 0
    """The order that came first has all that it can take, then the next."""
    PRO_RATA = 1
    """The top order first, then each by its share of the level, what rounding leaves by time."""


class BandAction(IntEnum):
    """What happens where an order would trade outside the price bands."""

    REJECT = 0
    """A limit beyond them is refused; what could trade only there is canceled."""
    VOLATILITY_CALL = 1
    """The instrument goes into a volatility call, with what is left of the order."""


class ReduceOnlyRule(IntEnum):
    """What becomes of reduce-only orders that are more than the position."""

    SHRINK = 0
    """The newest lose quantity until all together are no more than the position."""
    CANCEL = 1
    """Each order that is larger than the position is canceled."""
    IMMEDIATE = 2
    """They never rest, and are taken no larger than the position."""


class Visibility(IntEnum):
    """Whether a market shows what rests in it."""

    LIT = 0
    """All but what is hidden is shown."""
    DARK = 1
    """Nothing that rests is shown: every order is hidden."""


class ContractKind(IntEnum):
    """What the trades of an instrument are worth."""

    SPOT = 0
    """The base currency changes hands for the quote currency: quantity times price."""
    LINEAR = 1
    """A derivative whose value is quantity times price, in the settlement currency."""
    INVERSE = 2
    """A derivative whose value is quantity divided by price, in the settlement currency."""


class Rounding(IntEnum):
    """Which whole number stands for one between two."""

    DOWN = 0
    """The one nearer to zero."""
    UP = 1
    """The one farther from zero."""
    FLOOR = 2
    """The lower one."""
    CEILING = 3
    """The higher one."""
    HALF_UP = 4
    """The nearest; halfway, the one farther from zero."""
    HALF_EVEN = 5
    """The nearest; halfway, the even one."""


class FundingAccrual(IntEnum):
    """How a funding rate comes to be paid."""

    NONE = 0
    """There is no funding."""
    INDEX = 1
    """By a cumulative index: each position pays what that comes to, and keeps the remainder."""
    DISCRETE = 2
    """Each time by itself, rounded for each position."""


class FundingSource(IntEnum):
    """Where the rate of a FUND comes from."""

    COMPUTED = 0
    """From the mark and index price, by the terms of the contract."""
    TOLD = 1
    """From the command."""
    EVERY = 2
    """Computed, for every instrument of which that can be said."""


class LiquidationStep(IntEnum):
    """How much of a position a LIQUIDATE closes at once."""

    ALL = 0
    """All of it."""
    TIER_DOWN = 1
    """As much as brings it into a lower margin tier; from the lowest ones all."""
    SHORTAGE = 2
    """As much as sets the missing margin free, fees paid."""
    FRACTION = 3
    """A part of it, or at least so much; of a small one all."""


class LiquidationSale(IntEnum):
    """Whether what is closed goes into the market first."""

    NONE = 0
    """It does not."""
    BANKRUPTCY = 1
    """At its bankruptcy price or better: what is made beyond that is the fund's."""
    MARKET = 2
    """At any price that the market takes, for a fee: the account keeps the rest."""
    FILLABLE = 3
    """As near to the mark as what is missing says: what does not sell, the account keeps."""


class Deficit(IntEnum):
    """Who bears what a position has lost beyond its margin."""

    FUND = 0
    """The account that takes over, which may come to owe it."""
    DELEVERAGE = 1
    """Beyond what that account has, those who gain most: their positions are closed."""
    SOCIALIZE = 2
    """Beyond what that account has, all positions of the instrument, by their lots."""


class DeleverageRank(IntEnum):
    """Whose position is closed first for one that has nothing left."""

    LEVERAGE = 0
    """By the gain for its entry value, times leverage; of a loss, divided by it."""
    RATIO = 1
    """By the gain for its collateral, times the margin ratio."""


class FeeCurrency(IntEnum):
    """In which currency a trade's parties pay their fees."""

    QUOTE = 0
    """In the quote currency, of derivatives in that which settles."""
    RECEIVED = 1
    """Each in what it receives: the buyer in the base currency, the seller in the quote."""


class TierMode(IntEnum):
    """How a tier of a margin schedule counts."""

    MARGINAL = 0
    """Each part of the value at the rate of its own tier, as with taxes."""
    WHOLE = 1
    """The whole value at the rate of the tier that it is in."""
    SLOPE = 2
    """The whole value at a rate that grows with the size."""


class CloseFee(IntEnum):
    """Which fee to close a position its margin holds beside the rate."""

    NONE = 0
    """None."""
    MARK = 1
    """That of the value at the mark price."""
    BANKRUPTCY = 2
    """That of the value at which the initial margin is lost."""
    ENTRY = 3
    """That of the value at entry."""
    COST_PLUS_INITIAL = 4
    """That of the value at entry and the initial margin together."""


class OrderPrice(IntEnum):
    """At which price the margin of an order that comes in is asked for."""

    ORDER = 0
    """At its limit; without one at those of the trades that it would do."""
    MAX_LAST_MARK = 1
    """The same, but a seller without a limit at no less than the last price and a part of it, and the mark price."""
    EXECUTION = 2
    """At those of the trades that it would do; what is left at its limit."""


class MarginNetting(IntEnum):
    """What quantity the margin of open orders is asked for."""

    WORST_SIDE = 0
    """The largest position that the orders of one side could lead to."""
    EXACT = 1
    """Of each order what it would add to the position beyond closing it."""
    SUM = 2
    """All orders, whatever the position is."""


class RateKind(IntEnum):
    """What a user does that is limited in time."""

    ORDER = 0
    """A new order, or one that is replaced."""
    CANCEL = 1
    """A cancel."""
    REST = 2
    """A request to the gateway."""
    WS_MESSAGE = 3
    """A message over a WebSocket."""
    TRADE = 4
    """A trade that is asked for."""


class CountKind(IntEnum):
    """What a user holds that is limited in number."""

    CONNECTION = 0
    """An open WebSocket."""
    SUBSCRIPTION = 1
    """A subscription to a channel."""
    OPEN_ORDER = 2
    """A live order."""
    OPEN_POSITION = 3
    """A position that is not flat."""


class FeedChannel(IntFlag):
    """The parts of a market-data feed, as bits; each is numbered by itself."""

    TOP = 1
    """The best price of each side (L1)."""
    LEVELS = 2
    """What is shown at each price (L2)."""
    ORDERS = 4
    """What is shown order by order (L3)."""
    TRADES = 8
    """Trades."""


class FeedKind(IntEnum):
    """What a message of a market-data feed says (FIX 269, 279)."""

    SNAPSHOT = 1
    """All that is shown follows; what was known before is void (FIX 35=W)."""
    TOP = 2
    """The best price of a side; at quantity 0 the side shows nothing."""
    LEVEL = 3
    """What is shown at a price; at quantity 0 the price is gone."""
    ADD = 4
    """An order is shown, at the tail of its price (FIX 279=0)."""
    CHANGE = 5
    """An order shows less, in its place (FIX 279=1)."""
    EXECUTE = 6
    """Lots that an order showed have traded; at quantity 0 it is gone."""
    DELETE = 7
    """An order is no longer shown (FIX 279=2)."""
    TRADE = 8
    """A trade, whether what traded was shown or not (FIX 269=2)."""


class FeedFlag(IntFlag):
    """Facts about a message of a market-data feed, as bits."""

    LAST = 1
    """The last one of its command in its channel and instrument: what is shown is whole."""
    OF_SNAPSHOT = 2
    """Part of a snapshot: it has the number of the last message that this covers."""
    AUCTION = 4
    """Of a trade of an auction, which fills orders whole, shown or not."""


SUBMIT: Final = CommandKind.SUBMIT
CANCEL: Final = CommandKind.CANCEL
REPLACE: Final = CommandKind.REPLACE
REDUCE: Final = CommandKind.REDUCE
MASS_CANCEL: Final = CommandKind.MASS_CANCEL
SET_PRICE: Final = CommandKind.SET_PRICE
SET_PHASE: Final = CommandKind.SET_PHASE
UNCROSS: Final = CommandKind.UNCROSS
SET_POSITION: Final = CommandKind.SET_POSITION
SET_ACCOUNT: Final = CommandKind.SET_ACCOUNT
DEPOSIT: Final = CommandKind.DEPOSIT
WITHDRAW: Final = CommandKind.WITHDRAW
TRANSFER: Final = CommandKind.TRANSFER
SET_LEVERAGE: Final = CommandKind.SET_LEVERAGE
SET_LIMIT: Final = CommandKind.SET_LIMIT
SET_DEFAULT_LIMIT: Final = CommandKind.SET_DEFAULT_LIMIT
SWITCH: Final = CommandKind.SWITCH
SET_RATE: Final = CommandKind.SET_RATE
SET_POSITION_MODE: Final = CommandKind.SET_POSITION_MODE
SET_MARGIN_MODE: Final = CommandKind.SET_MARGIN_MODE
ADD_MARGIN: Final = CommandKind.ADD_MARGIN
FUND: Final = CommandKind.FUND
LIQUIDATE: Final = CommandKind.LIQUIDATE
ADVANCE_TIME: Final = CommandKind.ADVANCE_TIME
BUY: Final = Side.BUY
SELL: Final = Side.SELL
LIMIT: Final = OrderType.LIMIT
MARKET: Final = OrderType.MARKET
MARKET_TO_LIMIT: Final = OrderType.MARKET_TO_LIMIT
STOP: Final = OrderType.STOP
STOP_LIMIT: Final = OrderType.STOP_LIMIT
MARKET_IF_TOUCHED: Final = OrderType.MARKET_IF_TOUCHED
LIMIT_IF_TOUCHED: Final = OrderType.LIMIT_IF_TOUCHED
TRAILING_STOP: Final = OrderType.TRAILING_STOP
TRAILING_STOP_LIMIT: Final = OrderType.TRAILING_STOP_LIMIT
PEG_PRIMARY: Final = OrderType.PEG_PRIMARY
PEG_MARKET: Final = OrderType.PEG_MARKET
PEG_MIDPOINT: Final = OrderType.PEG_MIDPOINT
GTC: Final = TimeInForce.GTC
IOC: Final = TimeInForce.IOC
FOK: Final = TimeInForce.FOK
GTD: Final = TimeInForce.GTD
DAY: Final = TimeInForce.DAY
AT_THE_OPEN: Final = TimeInForce.AT_THE_OPEN
AT_THE_CLOSE: Final = TimeInForce.AT_THE_CLOSE
GOOD_FOR_AUCTION: Final = TimeInForce.GOOD_FOR_AUCTION
POST_ONLY: Final = OrderFlag.POST_ONLY
SLIDE: Final = OrderFlag.SLIDE
HIDDEN: Final = OrderFlag.HIDDEN
ALL_OR_NONE: Final = OrderFlag.ALL_OR_NONE
MINIMUM_EACH: Final = OrderFlag.MINIMUM_EACH
PROTECTED: Final = OrderFlag.PROTECTED
BUDGET: Final = OrderFlag.BUDGET
TRAIL_RATE: Final = OrderFlag.TRAIL_RATE
ONE_CANCELS_OTHER: Final = OrderFlag.ONE_CANCELS_OTHER
ONE_TRIGGERS_OTHER: Final = OrderFlag.ONE_TRIGGERS_OTHER
REDUCE_ONLY: Final = OrderFlag.REDUCE_ONLY

COMMAND_DTYPE: Final = np.dtype(
    [
        ("kind", "u1"),
        ("side", "i1"),
        ("order_type", "u1"),
        ("time_in_force", "u1"),
        ("flags", "<u4"),
        ("instrument", "<u4"),
        ("account", "<u4"),
        ("order_id", "<u8"),
        ("price", "<i8"),
        ("quantity", "<i8"),
        ("timestamp", "<u8"),
        ("command_id", "<u8"),
        ("client_order_id", "<u8"),
        ("trigger_price", "<i8"),
        ("display_quantity", "<i8"),
        ("minimum_quantity", "<i8"),
        ("expiry", "<u8"),
        ("offset", "<i8"),
        ("bound", "<i8"),
        ("linked_order_id", "<u8"),
        ("self_trade_group", "<u4"),
        ("self_trade_mode", "u1"),
        ("trigger_source", "u1"),
        ("selector", "<u2"),
    ]
)
"""Command: 128 bytes a record."""

REPORT_DTYPE: Final = np.dtype(
    [
        ("exec_type", "u1"),
        ("order_status", "u1"),
        ("reject_reason", "<u2"),
        ("side", "i1"),
        ("kind", "u1"),
        ("liquidity", "u1"),
        ("flags", "u1"),
        ("instrument", "<u4"),
        ("account", "<u4"),
        ("sequence_number", "<u8"),
        ("timestamp", "<u8"),
        ("order_id", "<u8"),
        ("price", "<i8"),
        ("leaves_quantity", "<i8"),
        ("filled_quantity", "<i8"),
        ("last_quantity", "<i8"),
        ("last_price", "<i8"),
        ("trade_id", "<u8"),
        ("contra_order_id", "<u8"),
        ("client_order_id", "<u8"),
        ("command_id", "<u8"),
        ("order_type", "u1"),
        ("time_in_force", "u1"),
        ("self_trade_mode", "u1"),
        ("reserved_8", "u1"),
        ("order_flags", "<u4"),
        ("fee", "<i8"),
    ]
)
"""ExecutionReport: 128 bytes a record."""

TRADE_DTYPE: Final = np.dtype(
    [
        ("trade_id", "<u8"),
        ("maker_order_id", "<u8"),
        ("taker_order_id", "<u8"),
        ("price", "<i8"),
        ("quantity", "<i8"),
        ("timestamp", "<u8"),
        ("instrument", "<u4"),
        ("maker_account", "<u4"),
        ("taker_account", "<u4"),
        ("side", "i1"),
        ("reserved_8", "u1"),
        ("reserved_16", "<u2"),
    ]
)
"""Trade: 64 bytes a record."""

ORDER_DTYPE: Final = np.dtype(
    [
        ("order_id", "<u8"),
        ("client_order_id", "<u8"),
        ("price", "<i8"),
        ("leaves_quantity", "<i8"),
        ("filled_quantity", "<i8"),
        ("timestamp", "<u8"),
        ("instrument", "<u4"),
        ("account", "<u4"),
        ("side", "i1"),
        ("order_type", "u1"),
        ("time_in_force", "u1"),
        ("self_trade_mode", "u1"),
        ("flags", "<u4"),
    ]
)
"""Order: 64 bytes a record."""

DETAIL_DTYPE: Final = np.dtype(
    [
        ("order_id", "<u8"),
        ("arrival", "<u8"),
        ("displayed_quantity", "<i8"),
        ("display_quantity", "<i8"),
        ("minimum_quantity", "<i8"),
        ("trigger_price", "<i8"),
        ("extreme_price", "<i8"),
        ("offset", "<i8"),
        ("bound", "<i8"),
        ("expiry", "<u8"),
        ("linked_order_id", "<u8"),
        ("link_group", "<u8"),
        ("instrument", "<u4"),
        ("self_trade_group", "<u4"),
        ("self_trade_mode", "u1"),
        ("trigger_source", "u1"),
        ("state", "u1"),
        ("is_rising", "u1"),
        ("reserved_32", "<u4"),
    ]
)
"""OrderDetail: 112 bytes a record."""

LEVEL_DTYPE: Final = np.dtype(
    [
        ("price", "<i8"),
        ("quantity", "<i8"),
        ("order_count", "<i8"),
    ]
)
"""Level: 24 bytes a record."""

TRANSFER_DTYPE: Final = np.dtype(
    [
        ("account", "<u4"),
        ("currency", "<u4"),
        ("amount", "<i8"),
    ]
)
"""Transfer: 16 bytes a record."""

FEED_DTYPE: Final = np.dtype(
    [
        ("sequence_number", "<u8"),
        ("timestamp", "<u8"),
        ("report_sequence_number", "<u8"),
        ("order_id", "<u8"),
        ("trade_id", "<u8"),
        ("price", "<i8"),
        ("quantity", "<i8"),
        ("last_quantity", "<i8"),
        ("instrument", "<u4"),
        ("order_count", "<u4"),
        ("kind", "u1"),
        ("side", "i1"),
        ("channel", "u1"),
        ("flags", "u1"),
        ("reserved_32", "<u4"),
    ]
)
"""FeedMessage: 80 bytes a record."""

RATE_ANSWER_DTYPE: Final = np.dtype(
    [
        ("retry_after", "<u8"),
        ("reset_time", "<u8"),
        ("remaining", "<u4"),
        ("allowed", "<u4"),
    ]
)
"""RateAnswer: 24 bytes a record."""

FIELD_DOCS: Final[dict[str, dict[str, str]]] = {
    "COMMAND_DTYPE": {
        "kind": "What is asked for.",
        "side": "SUBMIT, and MASS_CANCEL by side: the side. ADD_MARGIN: of a long position BUY, of a short one SELL. Other kinds do not read it.",
        "order_type": "SUBMIT: how the price is bound.",
        "time_in_force": "SUBMIT: how long the order lives.",
        "flags": "SUBMIT: bits of OrderFlag.",
        "instrument": "The number that add_instrument gave; 0 for a bare book. DEPOSIT, WITHDRAW, TRANSFER: the currency's.",
        "account": "Whose command it is. Account 0 is an account like any other. LIQUIDATE: the one that takes over.",
        "order_id": "SUBMIT: the id chosen, 0 to have one assigned. Other kinds: the live order.",
        "price": "Ticks. SUBMIT and REPLACE; 0 for a market order. SET_PRICE: the price. MASS_CANCEL: the lowest. FUND: the rate that is told, 10^-18.",
        "quantity": "Lots. SUBMIT: the order's. REPLACE: the new leaves quantity. REDUCE: what is taken off. SET_POSITION: the position, below 0 when short. DEPOSIT, WITHDRAW, TRANSFER: the amount. SET_ACCOUNT: the tier. SET_LEVERAGE: hundredths. ADD_MARGIN: the amount, below 0 to take it back. SET_LIMIT, SET_RATE: the limit. SWITCH: 1 for off, 0 for on. LIQUIDATE: the margin ratio from which to warn, billionths; 0 for none.",
        "timestamp": "Nanoseconds. The engine's time becomes the largest seen.",
        "command_id": "The caller's number for the command, copied into its reports.",
        "client_order_id": "SUBMIT: the caller's name for the order (FIX 11), kept with it.",
        "trigger_price": "Ticks. Conditional orders: the trigger; trailing ones: the activation, 0 for at once. REPLACE: the new one.",
        "display_quantity": "Lots. SUBMIT: how much an iceberg shows at a time; 0 for all of it.",
        "minimum_quantity": "Lots. SUBMIT: the least that must fill at entry, or with MINIMUM_EACH at once; 0 for none.",
        "expiry": "Nanoseconds. SUBMIT: when a GTD order ends.",
        "offset": "SUBMIT: how far a trailing order stays behind, ticks or, with TRAIL_RATE, millionths; ticks that are added to what a pegged order follows.",
        "bound": "SUBMIT: the worst price (PROTECTED, ticks) or the most to spend (BUDGET, ticks times lots). MASS_CANCEL: the highest price.",
        "linked_order_id": "SUBMIT: the order that it is linked with. TRANSFER: the receiving account.",
        "self_trade_group": "SUBMIT: orders of one group do not trade with each other; 0: those of one account. SET_ACCOUNT, SWITCH by group: the group. SET_RATE: the tier.",
        "self_trade_mode": "SUBMIT: what happens instead of a trade with oneself.",
        "trigger_source": "SUBMIT and SET_PRICE: which price.",
        "selector": "MASS_CANCEL: bits of CancelScope. SET_PHASE: the phase. SET_ACCOUNT: bits of AccountFlag. SET_LIMIT, SET_RATE: which one. SWITCH: bits of SwitchScope. SET_POSITION_MODE, SET_MARGIN_MODE: the mode. FUND: where the rate comes from.",
    },
    "REPORT_DTYPE": {
        "exec_type": "What happened.",
        "order_status": "Where the order stands after it.",
        "reject_reason": "Why it was refused, for REJECTED.",
        "side": "The order's side; 0 when the order is not known.",
        "kind": "The kind of the command that caused the event.",
        "liquidity": "MAKER or TAKER, for TRADE.",
        "flags": "Bits of ReportFlag.",
        "instrument": "The instrument's number. WARNED without a position: the currency's.",
        "account": "The order's account.",
        "sequence_number": "Counts the engine's reports from 1, without a gap.",
        "timestamp": "The engine's time, nanoseconds.",
        "order_id": "The order. LIQUIDATED: the one that was sent for it, 0 where the position was taken over or others bore it.",
        "price": "The order's limit, ticks; 0 for a market order.",
        "leaves_quantity": "What is open after the event, lots.",
        "filled_quantity": "What the order has traded over its life, lots.",
        "last_quantity": "TRADE: this fill, lots. CANCELED, EXPIRED: what was open. NEW, REPLACED, RESTATED: what an iceberg shows. DONE: orders taken out, the phase, lots traded, the position, instruments funded, or parts of positions closed. LIQUIDATED, DELEVERAGED: lots. WARNED: the position, 0 of those of a currency. REJECTED: the limit, for reasons that have numbers.",
        "last_price": "TRADE: the price of this fill, ticks. While WAITING: the trigger price. Of a transfer: the price that its lots moved at. DONE: the price set, or of the auction, or the funding rate, 10^-18. LIQUIDATED, DELEVERAGED, SOCIALIZED, WARNED: the mark price. REJECTED: what was held against the limit.",
        "trade_id": "TRADE: the same in both parties' reports; counts from 1.",
        "contra_order_id": "TRADE, and with SELF_TRADE of a transfer: the other party's order.",
        "client_order_id": "The caller's name for the order.",
        "command_id": "The caller's number for the command that caused the event.",
        "order_type": "The order's type.",
        "time_in_force": "The order's time in force.",
        "self_trade_mode": "What the order does instead of a trade with itself.",
        "reserved_8": "Zero.",
        "order_flags": "The order's flags, bits of OrderFlag.",
        "fee": "TRADE: what the order's account pays for it, smallest units; below 0 a rebate; 0 without accounts. LIQUIDATED: what the fund had with them, below 0 what it paid, or others did. DELEVERAGED, SOCIALIZED: what they paid for another. WARNED: the margin ratio, billionths.",
    },
    "TRADE_DTYPE": {
        "trade_id": "Counts the engine's trades from 1.",
        "maker_order_id": "The order that rested.",
        "taker_order_id": "The order that came in.",
        "price": "Ticks.",
        "quantity": "Lots.",
        "timestamp": "The engine's time, nanoseconds.",
        "instrument": "The instrument's number.",
        "maker_account": "Account of the maker.",
        "taker_account": "Account of the taker.",
        "side": "The taker's side.",
        "reserved_8": "Zero.",
        "reserved_16": "Zero.",
    },
    "ORDER_DTYPE": {
        "order_id": "The order.",
        "client_order_id": "The caller's name for it.",
        "price": "Ticks.",
        "leaves_quantity": "What is open, lots.",
        "filled_quantity": "What has traded over its life, lots.",
        "timestamp": "The engine's time when it took its place in the queue, nanoseconds.",
        "instrument": "The instrument's number.",
        "account": "Whose order it is.",
        "side": "Buy or sell.",
        "order_type": "Its type.",
        "time_in_force": "Its time in force.",
        "self_trade_mode": "What it does instead of a trade with itself.",
        "flags": "Bits of OrderFlag.",
    },
    "DETAIL_DTYPE": {
        "order_id": "The order.",
        "arrival": "When it took its place, as a number that grows from one such order to the next.",
        "displayed_quantity": "What is shown now, lots.",
        "display_quantity": "What an iceberg shows at a time, lots; 0 for all.",
        "minimum_quantity": "The least that a fill must have, lots; 0 for none.",
        "trigger_price": "What it waits for, ticks; 0 when it does not wait.",
        "extreme_price": "The best price that a trailing order has seen, ticks.",
        "offset": "How far it trails, ticks or millionths.",
        "bound": "Its worst price or budget.",
        "expiry": "When it ends, nanoseconds; 0 for never.",
        "linked_order_id": "The order that it was linked with.",
        "link_group": "The number of the orders that cancel each other; 0 for none.",
        "instrument": "The instrument's number.",
        "self_trade_group": "Its self-trade group; 0 for none.",
        "self_trade_mode": "What it does instead of a trade with itself.",
        "trigger_source": "Which price it watches.",
        "state": "Where it is.",
        "is_rising": "Whether it waits for a price to rise to its trigger.",
        "reserved_32": "Zero.",
    },
    "LEVEL_DTYPE": {
        "price": "Ticks.",
        "quantity": "Open lots at this price.",
        "order_count": "Orders at this price.",
    },
    "TRANSFER_DTYPE": {
        "account": "Whose.",
        "currency": "The currency's number.",
        "amount": "In its smallest unit; below 0 the account pays.",
    },
    "FEED_DTYPE": {
        "sequence_number": "Counts the messages of its instrument and channel from 1, without a gap.",
        "timestamp": "The engine's time, nanoseconds.",
        "report_sequence_number": "The report that it came from; 0 where that would tell too much.",
        "order_id": "ADD, CHANGE, EXECUTE, DELETE: the order.",
        "trade_id": "TRADE, EXECUTE: the trade. SNAPSHOT: the last one, or 0.",
        "price": "Ticks, of the level or the order. TRADE: of the trade. SNAPSHOT: of the last trade.",
        "quantity": "What is shown after it, lots; 0 for TRADE and SNAPSHOT.",
        "last_quantity": "TRADE, EXECUTE: what traded, lots. SNAPSHOT: what the last trade traded.",
        "instrument": "The instrument's number.",
        "order_count": "TOP, LEVEL: orders shown at the price. SNAPSHOT: messages that belong to it and follow.",
        "kind": "What it says.",
        "side": "The side of the level or the order. TRADE: the taker's, 0 in a dark instrument. SNAPSHOT: 0.",
        "channel": "Its channel, one bit of FeedChannel.",
        "flags": "Bits of FeedFlag.",
        "reserved_32": "Zero.",
    },
    "RATE_ANSWER_DTYPE": {
        "retry_after": "Nanoseconds until the same call would be allowed: 0 when it was, 2^64 - 1 when no wait helps.",
        "reset_time": "Nanoseconds. When every limit of the kind is whole again if nothing more is taken.",
        "remaining": "How many more calls of the kind would be allowed now; 2^32 - 1 without a limit.",
        "allowed": "1 when it was allowed, 0 when it was refused.",
    },
}
"""What each field of each record holds."""

__all__ = [
    "ADD_MARGIN",
    "ADVANCE_TIME",
    "ALL_OR_NONE",
    "AT_THE_CLOSE",
    "AT_THE_OPEN",
    "BUDGET",
    "BUY",
    "CANCEL",
    "COMMAND_DTYPE",
    "DAY",
    "DEPOSIT",
    "DETAIL_DTYPE",
    "FEED_DTYPE",
    "FIELD_DOCS",
    "FOK",
    "FUND",
    "GOOD_FOR_AUCTION",
    "GTC",
    "GTD",
    "HIDDEN",
    "IOC",
    "LEVEL_DTYPE",
    "LIMIT",
    "LIMIT_IF_TOUCHED",
    "LIQUIDATE",
    "MARKET",
    "MARKET_IF_TOUCHED",
    "MARKET_TO_LIMIT",
    "MASS_CANCEL",
    "MINIMUM_EACH",
    "ONE_CANCELS_OTHER",
    "ONE_TRIGGERS_OTHER",
    "ORDER_DTYPE",
    "PEG_MARKET",
    "PEG_MIDPOINT",
    "PEG_PRIMARY",
    "POST_ONLY",
    "PROTECTED",
    "RATE_ANSWER_DTYPE",
    "REDUCE",
    "REDUCE_ONLY",
    "REPLACE",
    "REPORT_DTYPE",
    "SELL",
    "SET_ACCOUNT",
    "SET_DEFAULT_LIMIT",
    "SET_LEVERAGE",
    "SET_LIMIT",
    "SET_MARGIN_MODE",
    "SET_PHASE",
    "SET_POSITION",
    "SET_POSITION_MODE",
    "SET_PRICE",
    "SET_RATE",
    "SLIDE",
    "STOP",
    "STOP_LIMIT",
    "SUBMIT",
    "SWITCH",
    "TRADE_DTYPE",
    "TRAILING_STOP",
    "TRAILING_STOP_LIMIT",
    "TRAIL_RATE",
    "TRANSFER",
    "TRANSFER_DTYPE",
    "UNCROSS",
    "WITHDRAW",
    "AccountFlag",
    "Allocation",
    "AuctionPrices",
    "AuctionRule",
    "BandAction",
    "CancelScope",
    "CloseFee",
    "CommandKind",
    "ContractKind",
    "CountKind",
    "Deficit",
    "DeleverageRank",
    "ExecType",
    "FeeCurrency",
    "FeedChannel",
    "FeedFlag",
    "FeedKind",
    "FundingAccrual",
    "FundingSource",
    "Limit",
    "LiquidationSale",
    "LiquidationStep",
    "Liquidity",
    "MarginMode",
    "MarginNetting",
    "OrderFlag",
    "OrderPrice",
    "OrderState",
    "OrderStatus",
    "OrderType",
    "Phase",
    "PositionMode",
    "RateKind",
    "RateLimit",
    "ReduceOnlyRule",
    "RejectReason",
    "ReplacePriority",
    "ReportFlag",
    "Rounding",
    "SelfTradeMode",
    "Side",
    "SwitchScope",
    "TierMode",
    "TimeInForce",
    "TriggerOrder",
    "TriggerSource",
    "Visibility",
]
