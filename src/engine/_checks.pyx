# cython: language_level=3, binding=True, boundscheck=False, wraparound=False
# cython: autotestdict=False
"""What cannot be read: values that no enumeration has, refused with the place of the first."""

from engine._native cimport (
    FUND,
    SET_ACCOUNT,
    SET_DEFAULT_LIMIT,
    SET_LIMIT,
    SET_MARGIN_MODE,
    SET_PHASE,
    SET_POSITION_MODE,
    SET_PRICE,
    SET_RATE,
    SWITCH,
    BadCommand,
    CommandBatch,
    CommandKind,
)

from engine import _schema
from engine._members import ORDER_SOURCES as _ORDER_SOURCES
from engine._shown import shown
from engine.errors import CommandError

cdef dict ENUMS = {
    "kind": _schema.CommandKind,
    "side": _schema.Side,
    "order_type": _schema.OrderType,
    "time_in_force": _schema.TimeInForce,
    "self_trade_mode": _schema.SelfTradeMode,
    "trigger_source": _schema.TriggerSource,
}


cdef int refuse_batch(const CommandBatch& batch, bint is_single) except -1:
    """Refuse values that no enumeration has."""
    if batch.is_readable():
        return 0
    cdef BadCommand bad = batch.bad
    field = (<bytes>bad.field).decode()
    place = field if is_single else f"commands[{bad.index}].{field}"
    if field == "selector":
        refuse_selector(batch.commands[bad.index].kind, bad.value, place)
    if field == "flags":
        refuse_bits(_schema.OrderFlag, bad.value, place)
    if field == "trigger_source" and batch.commands[bad.index].kind != SET_PRICE:
        refuse_member(_ORDER_SOURCES, bad.value, place)
    refuse_member(ENUMS[field], bad.value, place)


cdef int refuse_selector(CommandKind kind, object value, str place) except -1:
    if kind == SET_PHASE:
        refuse_member(_schema.Phase, value, place)
    if kind == SET_LIMIT or kind == SET_DEFAULT_LIMIT:
        refuse_member(_schema.Limit, value, place)
    if kind == SET_POSITION_MODE:
        refuse_member(_schema.PositionMode, value, place)
    if kind == SET_MARGIN_MODE:
        refuse_member(_schema.MarginMode, value, place)
    if kind == SET_RATE:
        refuse_member(_schema.RateLimit, value, place)
    if kind == FUND:
        refuse_member(_schema.FundingSource, value, place)
    if kind == SET_ACCOUNT:
        refuse_bits(_schema.AccountFlag, value, place)
    if kind == SWITCH:
        refuse_bits(_schema.SwitchScope, value, place)
    refuse_bits(_schema.CancelScope, value, place)


cdef int refuse_bits(object flags, object value, str place) except -1:
    known = int(sum(flags))
    raise CommandError(f"{place} was {value}, with bits outside {known} ({flags.__name__})")


cdef int refuse_member(object members, object value, str place) except -1:
    names = ", ".join(f"{member.name}={int(member)}" for member in members)
    raise CommandError(f"{place} was {shown(value)}, not one of {names}")


cdef object member_with(object enum, object value, str place):
    """The member with this value; the integer face takes no names, no truths and no floats."""
    if type(value) is enum:
        return value
    try:
        # A truth of NumPy is equal to an integer, and no index.
        if not isinstance(value, bool) and hasattr(value, "__index__"):
            return enum(value)
    except ValueError:
        pass  # told below, as everything else is
    refuse_member(enum, value, place)
