// What the general way refuses, and what it reports of orders.
#include "engine/engine/general.hpp"

namespace engine {

namespace {

constexpr ReportFlags NO_FLAGS = 0;
constexpr ReportFlags WAITING = static_cast<ReportFlags>(ReportFlag::WAITING);
constexpr bool is_waiting(OrderState state) {
    return state != OrderState::RESTING && state != OrderState::ENTERING;
}

}  // namespace

// A command beside all that decides whether it is refused.
template <class Out>
Situation General<Out>::situation_of(const Command& command, Counted counted) {
    const bool is_known = command.instrument < engine_.instrument_count();
    const SpecialMarket* const market = special().market(command.instrument);
    const Index found = books().find(command.order_id);
    const bool is_here = found != NIL && books().side_of_order(found) / 2 == command.instrument;
    const Index linked = command.linked_order_id == 0 ? NIL : books().find(command.linked_order_id);
    const bool is_linked = linked != NIL && books().side_of_order(linked) / 2 == command.instrument;
    return {
        .command = command,
        .books = books(),
        .special = special(),
        .terms = is_known ? &engine_.terms_of(command.instrument) : nullptr,
        .phase = market == nullptr ? Phase::CONTINUOUS : market->phase,
        .named = is_here ? found : NIL,
        .is_linked = is_linked,
        .is_dark = market != nullptr && market->is_dark(),
        .is_taken = found != NIL,
        .is_full = books().order_count() >= engine_.orders_max_,
        .time = report_.counters().time,
        .rates = engine_.rates_.is_any() ? &engine_.rates_ : nullptr,
        .counted = counted,
        .engine = engine_,
    };
}

// Refuses a command: with where the order stands that it names, unless that is another account's,
// which is not shown.
template <class Out>
void General<Out>::refuse(const Command& command, RejectReason reason, Index named,
                          const RejectNumbers& numbers) {
    const bool knows = command.kind != CommandKind::SUBMIT && named != NIL &&
                       reason != RejectReason::MALFORMED && reason != RejectReason::NOT_THE_OWNER &&
                       reason != RejectReason::UNKNOWN_ACCOUNT;
    if (!knows) return report_.refused(command, reason, numbers);
    const Cause cause{command, books().side_of_order(named)};
    const RestingOrder order = told(named);
    if (!has_numbers(reason)) {
        return state(cause, ExecType::REJECTED, order, details_of(named), NO_FLAGS, reason);
    }
    const ReportFlags flags = is_waiting(details_of(named).state) ? WAITING : NO_FLAGS;
    report_.say({ExecType::REJECTED, status_of(order.leaves, order.filled), flags, reason,
                 order.leaves, numbers.limit, numbers.found},
                order, cause);
}

template <class Out>
void General<Out>::cancel(const Cause& cause, Index number, ReportFlags flags, RejectReason reason,
                          const Contra& contra) {
    const Cause its{cause.command, books().side_of_order(number)};
    const RestingOrder order = told(number);
    gone(its, ExecType::CANCELED, OrderStatus::CANCELED, order, details_of(number), flags, reason,
         contra);
    detach(number);
    end(number, order, its.side);
}

template <class Out>
void General<Out>::gone(const Cause& cause, ExecType type, OrderStatus status,
                        const RestingOrder& order, const Details& details, ReportFlags flags,
                        RejectReason reason, const Contra& contra) {
    const bool waits = is_waiting(details.state);
    report_.say(
        {type, status, static_cast<ReportFlags>(flags | (waits ? WAITING : NO_FLAGS)), reason, 0,
         order.leaves, waits ? details.trigger_price : contra.price, contra.order_id},
        order, cause);
}

template <class Out>
void General<Out>::replaced(const Cause& cause, const RestingOrder& order, const Details& details,
                            ReportFlags flags, const Contra& contra) {
    state(cause, ExecType::REPLACED, order, details, flags, RejectReason::NONE, contra);
}

template <class Out>
void General<Out>::state(const Cause& cause, ExecType type, const RestingOrder& order,
                         const Details& details, ReportFlags flags, RejectReason reason,
                         const Contra& contra) {
    const bool waits = is_waiting(details.state);
    const bool shows = details.display_quantity != 0 && type != ExecType::REJECTED;
    std::int64_t shown = 0;
    if (shows) {
        // An iceberg in its place shows what it has not in reserve; elsewhere, what it would.
        const std::int64_t would = shown_of(details, flags_of(order.terms), order.leaves);
        shown = details.reserve != 0 ? order.leaves - details.reserve : would;
    }
    report_.say(
        {type, status_of(order.leaves, order.filled),
         static_cast<ReportFlags>(flags | (waits ? WAITING : NO_FLAGS)), reason, order.leaves,
         shown, waits ? details.trigger_price : contra.price, contra.order_id},
        order, cause);
}

template class General<ReportBuffer>;
template class General<TradeBuffer>;

}  // namespace engine
