#include "engine/engine/general_check.hpp"

#include <cstring>

#include "engine/engine/account_check.hpp"
#include "engine/engine/engine.hpp"
#include "engine/matching/phases.hpp"
#include "engine/matching/price_band.hpp"
#include "engine/matching/reduce_only.hpp"
#include "engine/types/limits.hpp"
#include "engine/types/planted.hpp"

namespace engine {

namespace {

class Check {
  public:
    explicit Check(const Situation& situation)
        : at_(situation),
          command_(situation.command),
          flags_(situation.command.flags),
          type_(situation.command.order_type) {}

    RejectReason submit() {
        if (is_malformed_order()) return RejectReason::MALFORMED;
        count(RateKind::ORDER);
        if (at_.terms == nullptr) return RejectReason::UNKNOWN_INSTRUMENT;
        if (is_unknown(command_.account)) return RejectReason::UNKNOWN_ACCOUNT;
        if (at_.is_taken) return RejectReason::DUPLICATE_ORDER_ID;
        if (links_wrongly()) return RejectReason::UNKNOWN_LINKED_ORDER;
        if (is_disabled()) return RejectReason::TRADING_DISABLED;
        if (!may_order(flags_)) return RejectReason::NOT_PERMITTED;
        if (!takes(at_.phase, command_)) return RejectReason::NOT_IN_THIS_PHASE;
        RejectReason reason = contradiction();
        if (reason == RejectReason::NONE && is_unbounded()) reason = RejectReason::UNBOUNDED_COST;
        if (reason == RejectReason::NONE) reason = numbers(has_limit(type_));
        if (reason == RejectReason::NONE) reason = shape();
        const std::int64_t* const limit = limit_of(type_, flags_, command_.bound);
        if (reason == RejectReason::NONE) reason = size(limit, flags_);
        if (reason == RejectReason::NONE) reason = rate();
        if (reason == RejectReason::NONE) reason = room();
        if (reason != RejectReason::NONE) return reason;
        Entrant order = entrant_of(command_, command_.order_id, at_.time);
        const bool is_outside = waits();
        if (!is_outside && is_beyond_band(order)) return RejectReason::PRICE_OUTSIDE_BAND;
        if (is_too_far(order.side, limit)) return RejectReason::PRICE_TOO_FAR;
        if (has_limits() && at_.engine.comes_again(command_, at_.time)) {
            return RejectReason::DUPLICATE_ORDER;
        }
        return is_outside ? RejectReason::NONE : market(order, true);
    }

    RejectReason cancel() {
        const bool is_malformed =
            takes_more(command_, {}) || command_.price != 0 || command_.quantity != 0;
        const RejectReason reason = named(is_malformed, RateKind::CANCEL);
        return reason != RejectReason::NONE ? reason : rate();
    }

    RejectReason reduce() {
        const bool is_malformed = takes_more(command_, {}) || command_.price != 0;
        const RejectReason reason = named(is_malformed, RateKind::CANCEL);
        if (reason != RejectReason::NONE) return reason;
        return command_.quantity < 1 ? RejectReason::QUANTITY_TOO_SMALL : rate();
    }

    RejectReason replace() {
        Taken taken{};
        taken.trigger_price = true;
        RejectReason reason = named(takes_more(command_, taken), RateKind::ORDER);
        if (reason != RejectReason::NONE) return reason;
        const RestingOrder& order = at_.books.order(at_.named);
        if (is_disabled()) return RejectReason::TRADING_DISABLED;
        if (!may_order(flags_of(order.terms))) return RejectReason::NOT_PERMITTED;
        if (!takes(at_.phase, command_)) return RejectReason::NOT_IN_THIS_PHASE;
        const Details details = details_of(at_.named);
        const OrderType type = order_type_of(order.terms);
        const bool is_movable = details.state == OrderState::UNTRIGGERED && !is_trailing(type);
        if ((command_.price != 0 && !has_price(type)) ||
            (command_.trigger_price != 0 && !is_movable)) {
            return RejectReason::NOT_OF_THIS_ORDER;
        }
        reason = numbers(has_limit(type));
        if (reason != RejectReason::NONE) return reason;
        if (command_.trigger_price != 0 && !at_.terms->takes_price(command_.trigger_price)) {
            return RejectReason::TRIGGER_PRICE_OUT_OF_RANGE;
        }
        if (details.display_quantity != 0 && shows_too_little(details.display_quantity)) {
            return RejectReason::DISPLAY_QUANTITY_OUT_OF_RANGE;
        }
        const std::int64_t* const limit = limit_of(type, flags_of(order.terms), details.bound);
        reason = size(limit, flags_of(order.terms));
        if (reason == RejectReason::NONE) reason = rate();
        if (reason != RejectReason::NONE) return reason;
        const SideNumber side = at_.books.side_of_order(at_.named);
        const std::int64_t leaves = order.leaves + details.reserve;
        if (sum_overflows(at_.books.side(side).quantity - leaves, command_.quantity) ||
            sum_overflows(order.filled, command_.quantity) ||
            position_overflows(order.account, side, flags_of(order.terms), leaves)) {
            return RejectReason::QUANTITY_OVERFLOW;
        }
        // An order that keeps its place comes to meet nobody.
        RestingOrder whole = order;
        whole.leaves = leaves;
        const bool moves = !keeps_priority(command_, whole, details, *at_.terms);
        const bool is_outside = !is_in_market(details.state);
        Entrant entrant{order, details, side, at_.named, false};
        entrant.order.price = command_.price;
        entrant.order.leaves = command_.quantity;
        if (!is_outside && moves && is_beyond_band(entrant)) {
            return RejectReason::PRICE_OUTSIDE_BAND;
        }
        if (moves && is_too_far(side, limit)) return RejectReason::PRICE_TOO_FAR;
        return is_outside ? RejectReason::NONE : market(entrant, moves);
    }

    RejectReason mass_cancel() {
        Taken taken{};
        taken.bound = taken.selector = true;
        const CancelScopes scope = command_.selector;
        const bool has_range = has(scope, CancelScope::BY_PRICE);
        const bool has_side = command_.side == Side::BUY || command_.side == Side::SELL;
        const bool is_named = has(scope, CancelScope::BY_INSTRUMENT);
        if (takes_more(command_, taken) || command_.order_id != 0 || command_.quantity != 0 ||
            (has(scope, CancelScope::BY_SIDE) && !has_side) ||
            (!has_range && (command_.price != 0 || command_.bound != 0)) ||
            (!is_named && command_.instrument != 0)) {
            return RejectReason::MALFORMED;
        }
        // All orders of an instrument, or of the venue, are the operator's.
        const bool is_one = has(scope, CancelScope::BY_ACCOUNT);
        if (is_one) count(RateKind::CANCEL);
        if (is_named && at_.terms == nullptr) return RejectReason::UNKNOWN_INSTRUMENT;
        return is_one && is_unknown(command_.account) ? RejectReason::UNKNOWN_ACCOUNT : rate();
    }

    RejectReason set_price() const {
        Taken taken{};
        taken.trigger_source = true;
        if (takes_more(command_, taken) || command_.order_id != 0 || command_.quantity != 0 ||
            command_.side != Side{}) {
            return RejectReason::MALFORMED;
        }
        return at_.terms == nullptr ? RejectReason::UNKNOWN_INSTRUMENT : RejectReason::NONE;
    }

    RejectReason set_phase() const {
        Taken taken{};
        taken.selector = true;
        return of_instrument(taken);
    }

    RejectReason uncross() const {
        const RejectReason reason = of_instrument({});
        if (reason != RejectReason::NONE || is_collecting(at_.phase)) return reason;
        return RejectReason::NOT_IN_THIS_PHASE;
    }

    RejectReason set_position() const {
        if (takes_more(command_, {}) || command_.order_id != 0 || command_.price != 0 ||
            command_.side != Side{}) {
            return RejectReason::MALFORMED;
        }
        if (at_.terms == nullptr) return RejectReason::UNKNOWN_INSTRUMENT;
        if (accounts().is_kept()) return RejectReason::NOT_WITH_ACCOUNTS;
        const std::int64_t position = command_.quantity;
        if (position == INT64_LOWEST) return RejectReason::QUANTITY_TOO_LARGE;
        // A long position grows by what is bought, a short one by what is sold.
        const SideNumber side = 2 * command_.instrument + (position < 0);
        const std::int64_t size = position < 0 ? -position : position;
        const bool overflows =
            sum_overflows(at_.engine.open_quantity({command_.account, false}, side), size);
        return overflows ? RejectReason::QUANTITY_OVERFLOW : RejectReason::NONE;
    }

    RejectReason advance_time() const {
        const bool is_malformed = takes_more(command_, {}) || command_.order_id != 0 ||
                                  command_.quantity != 0 || command_.side != Side{} ||
                                  command_.price != 0 || command_.instrument != 0;
        return is_malformed ? RejectReason::MALFORMED : RejectReason::NONE;
    }

  private:
    // Whether a field is set that such an order does not have.
    bool is_malformed_order() const {
        const bool waits = is_conditional(type_);
        const bool has_bound = asks(OrderFlag::PROTECTED) || asks(OrderFlag::BUDGET);
        const bool is_linked =
            asks(OrderFlag::ONE_CANCELS_OTHER) || asks(OrderFlag::ONE_TRIGGERS_OTHER);
        return (command_.linked_order_id != 0 && !is_linked) || command_.selector != 0 ||
               command_.trigger_source > TriggerSource::INDEX ||
               (command_.price != 0 && !has_price(type_)) ||
               (command_.trigger_price != 0 && !waits) ||
               (command_.trigger_source != TriggerSource::LAST && !waits) ||
               (command_.offset != 0 && !is_trailing(type_) && !is_pegged(type_)) ||
               (command_.bound != 0 && !has_bound) ||
               (command_.expiry != 0 && command_.time_in_force != TimeInForce::GTD);
    }

    // A link with oneself, or one-cancels-other with an order that is not there.
    bool links_wrongly() const {
        const bool waits = asks(OrderFlag::ONE_TRIGGERS_OTHER);
        if (!waits && !asks(OrderFlag::ONE_CANCELS_OTHER)) return false;
        const std::uint64_t linked = command_.linked_order_id;
        return linked == 0 || linked == command_.order_id || (!waits && !at_.is_linked);
    }

    // The live order that a command names.
    RejectReason named(bool is_malformed, RateKind kind) {
        if (is_malformed) return RejectReason::MALFORMED;
        count(kind);
        if (at_.terms == nullptr) return RejectReason::UNKNOWN_INSTRUMENT;
        if (is_unknown(command_.account)) return RejectReason::UNKNOWN_ACCOUNT;
        if (at_.named == NIL) return RejectReason::UNKNOWN_ORDER;
        const bool is_owner =
            !accounts().is_kept() || at_.books.order(at_.named).account == command_.account;
        return is_owner ? RejectReason::NONE : RejectReason::NOT_THE_OWNER;
    }

    // Takes a command from the rate of its account, whatever becomes of it.
    void count(RateKind kind) {
        is_one_too_many_ = at_.counted == Counted::IS_ONE_TOO_MANY;
        if (at_.rates == nullptr || at_.counted != Counted::NOT_YET) return;
        const AccountIndex account = accounts().find(command_.account);
        if (account == NO_ACCOUNT) return;
        is_one_too_many_ = !at_.rates->take(account, kind, at_.time);
    }
    RejectReason rate() const {
        return is_one_too_many_ ? RejectReason::RATE_LIMITED : RejectReason::NONE;
    }

    const Accounts& accounts() const {
        return at_.engine.accounts();
    }
    bool is_missing(std::uint64_t account) const {
        return accounts().find(account) == NO_ACCOUNT;
    }
    // Without accounts an account is a label, which everybody has.
    bool is_unknown(std::uint32_t account) const {
        return accounts().is_kept() && is_missing(account);
    }
    // Whether the account may enter or replace an order with such flags.
    bool may_order(OrderFlags flags) const {
        if (!accounts().is_kept()) return true;
        const AccountIndex account = accounts().find(command_.account);
        const AccountFlags denied = accounts().account(account).flags;
        return !has(denied, AccountFlag::SUSPENDED) &&
               (!has(denied, AccountFlag::CLOSE_ONLY) || has(flags, OrderFlag::REDUCE_ONLY));
    }

    // Whether the order would be in a call without anything that bounds what it costs.
    bool is_unbounded() const {
        if (!accounts().is_kept() || !is_at_market(type_, flags_)) return false;
        if (asks(OrderFlag::ONE_TRIGGERS_OTHER)) return false;
        const bool is_called = is_collecting(at_.phase) || is_for_auction(command_.time_in_force);
        const bool sells_spot = command_.side == Side::SELL &&
                                accounts().contract(command_.instrument).kind == ContractKind::SPOT;
        return is_called && !sells_spot;
    }

    bool has_limits() const {
        return accounts().limits().is_any();
    }
    // Whether trading is switched off for the command's account here.
    bool is_disabled() const {
        return accounts().limits().is_any_off() &&
               !at_.engine.is_enabled(command_.account, command_.instrument);
    }

    // The limit that the command gives an order, or the bound of the order; null for neither.
    const std::int64_t* limit_of(OrderType type, OrderFlags flags,
                                 const std::int64_t& bound) const {
        if (has_limit(type)) return &command_.price;
        return has(flags, OrderFlag::PROTECTED) && !is_pegged(type) ? &bound : nullptr;
    }

    // Whether the value of the command's quantity has more than 63 bits at a limit, is out of the
    // instrument's bounds, or more than the account may have.
    RejectReason size(const std::int64_t* limit, OrderFlags flags) const {
        if (!accounts().is_kept()) return RejectReason::NONE;
        const std::int64_t lots = command_.quantity;
        if (limit != nullptr && !fits(accounts().order_value(command_.instrument, lots, *limit))) {
            return RejectReason::VALUE_OVERFLOW;
        }
        const RejectReason reason =
            at_.engine.value_reason(command_.instrument, lots, limit, flags);
        if (reason != RejectReason::NONE) return reason;
        return has_limits()
                   ? at_.engine.size_reason(command_.account, command_.instrument, lots, limit)
                   : RejectReason::NONE;
    }

    bool is_too_far(SideNumber side, const std::int64_t* limit) const {
        return limit != nullptr && has_limits() &&
               at_.engine.is_too_far(command_.account, side, *limit);
    }

    // A command about an instrument, and no more.
    RejectReason of_instrument(const Taken& taken) const {
        if (takes_more(command_, taken) || command_.order_id != 0 || command_.quantity != 0 ||
            command_.price != 0 || command_.side != Side{}) {
            return RejectReason::MALFORMED;
        }
        return at_.terms == nullptr ? RejectReason::UNKNOWN_INSTRUMENT : RejectReason::NONE;
    }

    // Instructions that exclude each other.
    RejectReason contradiction() const {
        const bool rests = may_rest(type_, command_.time_in_force, flags_);
        const bool hides = asks(OrderFlag::HIDDEN);
        const bool is_iceberg = command_.display_quantity != 0;
        const bool all_or_none = asks(OrderFlag::ALL_OR_NONE);
        const bool is_whole = all_or_none || command_.time_in_force == TimeInForce::FOK;
        const bool has_minimum = command_.minimum_quantity != 0;
        const bool is_bound = asks(OrderFlag::PROTECTED) || asks(OrderFlag::BUDGET);
        if (asks(OrderFlag::POST_ONLY) && !(rests && has_price(type_))) {
            return RejectReason::INCOMPATIBLE_INSTRUCTIONS;
        }
        if (asks(OrderFlag::SLIDE) && !asks(OrderFlag::POST_ONLY)) {
            return RejectReason::SLIDE_WITHOUT_POST_ONLY;
        }
        if (asks(OrderFlag::POST_ONLY) && at_.is_dark) return RejectReason::POST_ONLY_IN_THE_DARK;
        if ((hides || is_iceberg) && !rests) return RejectReason::DISPLAY_NEVER_RESTS;
        if (is_iceberg && at_.is_dark) return RejectReason::DISPLAY_IN_THE_DARK;
        if (hides && is_iceberg) return RejectReason::HIDDEN_WITH_DISPLAY;
        if (all_or_none && is_iceberg) return RejectReason::ALL_OR_NONE_WITH_DISPLAY;
        if (is_whole && has_minimum) return RejectReason::ALL_OR_NONE_WITH_MINIMUM;
        if (asks(OrderFlag::POST_ONLY) && has_minimum && !asks(OrderFlag::MINIMUM_EACH)) {
            return RejectReason::POST_ONLY_WITH_MINIMUM;
        }
        if (asks(OrderFlag::MINIMUM_EACH) && !has_minimum) {
            return RejectReason::MINIMUM_EACH_WITHOUT_MINIMUM;
        }
        if (asks(OrderFlag::MINIMUM_EACH) && is_iceberg) {
            return RejectReason::MINIMUM_EACH_WITH_DISPLAY;
        }
        if (is_bound && !takes_bound()) return RejectReason::BOUND_WITH_LIMIT;
        if (asks(OrderFlag::PROTECTED) && asks(OrderFlag::BUDGET)) {
            return RejectReason::PROTECTED_WITH_BUDGET;
        }
        if (asks(OrderFlag::BUDGET) && is_whole) return RejectReason::BUDGET_WITH_ALL_OR_NONE;
        if (asks(OrderFlag::TRAIL_RATE) && !is_trailing(type_)) {
            return RejectReason::TRAIL_RATE_WITHOUT_TRAIL;
        }
        if (command_.self_trade_group != 0 && command_.self_trade_mode == SelfTradeMode::NONE) {
            return RejectReason::GROUP_WITHOUT_MODE;
        }
        if (is_pegged(type_) && (!rests || is_for_auction(command_.time_in_force))) {
            return RejectReason::PEG_NEVER_RESTS;
        }
        const bool is_taken = takes_part(command_.time_in_force, flags_, command_.minimum_quantity);
        if (is_for_auction(command_.time_in_force) && (is_choosy(flags_) || !is_taken)) {
            return RejectReason::NOT_FOR_AUCTIONS;
        }
        if (asks(OrderFlag::ONE_CANCELS_OTHER) && !stays()) return RejectReason::LINKED_NEVER_STAYS;
        if (asks(OrderFlag::REDUCE_ONLY) && rests_against_the_rule()) {
            return RejectReason::REDUCE_ONLY_NEVER_RESTS;
        }
        return RejectReason::NONE;
    }

    RejectReason numbers(bool is_limited) const {
        return number_reason(*at_.terms, command_, is_limited);
    }

    RejectReason shape() const {
        const InstrumentTerms& terms = *at_.terms;
        const bool has_trigger =
            is_conditional(type_) && (command_.trigger_price != 0 || !is_trailing(type_));
        if (has_trigger && !terms.takes_price(command_.trigger_price)) {
            return RejectReason::TRIGGER_PRICE_OUT_OF_RANGE;
        }
        const std::int64_t display = command_.display_quantity;
        if (display != 0 &&
            (display < 1 || display > command_.quantity || shows_too_little(display))) {
            return RejectReason::DISPLAY_QUANTITY_OUT_OF_RANGE;
        }
        const std::int64_t minimum = command_.minimum_quantity;
        if (minimum != 0 && (minimum < 1 || minimum > command_.quantity)) {
            return RejectReason::MINIMUM_QUANTITY_OUT_OF_RANGE;
        }
        if (is_trailing(type_) &&
            (command_.offset < 1 || (asks(OrderFlag::TRAIL_RATE) && command_.offset >= MILLION))) {
            return RejectReason::OFFSET_OUT_OF_RANGE;
        }
        if ((asks(OrderFlag::PROTECTED) && !terms.takes_price(command_.bound)) ||
            (asks(OrderFlag::BUDGET) && command_.bound < 1)) {
            return RejectReason::BOUND_OUT_OF_RANGE;
        }
        if (command_.time_in_force == TimeInForce::GTD && command_.expiry <= at_.time) {
            return RejectReason::EXPIRY_PASSED;
        }
        return RejectReason::NONE;
    }

    // Whether the order has no limit to be bound otherwise; a pegged one spends no budget.
    bool takes_bound() const {
        if (is_pegged(type_)) return !asks(OrderFlag::BUDGET);
        return released(type_) == OrderType::MARKET;
    }

    // Whether the order may rest or wait: in a call a market order stays until the auction. So it
    // does in the call that it may begin itself.
    bool stays() const {
        const bool is_market = !has_price(type_) && !is_pegged(type_);
        const bool may_begin_call = at_.engine.rules(command_.instrument).may_begin_call();
        return may_rest(type_, command_.time_in_force, flags_) || is_conditional(type_) ||
               asks(OrderFlag::ONE_TRIGGERS_OTHER) || is_for_auction(command_.time_in_force) ||
               (is_collecting(at_.phase) && is_market) ||
               (may_begin_call && is_market && is_kept_in_calls(command_.time_in_force, flags_));
    }

    // Whether the order waits outside for a price, a call or another order.
    bool waits() const {
        return is_conditional(type_) || is_pegged(type_) || asks(OrderFlag::ONE_TRIGGERS_OTHER) ||
               waits_for_call(at_.phase, command_.time_in_force);
    }

    // Whether a reduce-only order might stay where the market's rule lets none.
    bool rests_against_the_rule() const {
        const ReduceOnlyRule rule = at_.engine.rules(command_.instrument).reduce_only_rule;
        if (rule != ReduceOnlyRule::IMMEDIATE) return false;
        return may_rest(type_, command_.time_in_force, flags_) ||
               is_for_auction(command_.time_in_force) || (is_collecting(at_.phase) && !waits());
    }

    RejectReason room() const {
        const SideNumber side = side_number(command_.instrument, command_.side);
        if ((stays() && sum_overflows(at_.books.side(side).quantity, command_.quantity)) ||
            position_overflows(command_.account, side, flags_, 0)) {
            return RejectReason::QUANTITY_OVERFLOW;
        }
        if (!stays()) return RejectReason::NONE;
        if (at_.is_full) return RejectReason::TOO_MANY_ORDERS;
        return has_limits() && at_.engine.has_all_orders(command_.account)
                   ? RejectReason::OPEN_ORDERS_LIMIT
                   : RejectReason::NONE;
    }

    // Whether trades alone could bring a position past 64 bits that was supplied: it, all that is
    // open for it on the side less `replaced`, and the command's quantity. What the side has in all
    // is at hand, what is for the position is looked for only where that is too much.
    bool position_overflows(std::uint32_t account, SideNumber side, OrderFlags flags,
                            std::int64_t replaced) const {
        const Which its = at_.engine.which(account, side, flags);
        std::int64_t position = 0;
        if (!at_.engine.position_of(side / 2, its, &position)) return false;
        const bool buys = buys_on(side);
        const auto size = static_cast<std::uint64_t>(position < 0 ? -position : position);
        const auto most = static_cast<std::uint64_t>(INT64_HIGHEST);
        const std::uint64_t left = buys == (position < 0) ? most + size : most - size;
        const auto passes = [&](std::int64_t open) {
            return static_cast<std::uint64_t>(open - replaced) +
                       static_cast<std::uint64_t>(command_.quantity) >
                   left;
        };
        return passes(at_.books.side(side).quantity) && passes(at_.engine.open_quantity(its, side));
    }

    // What the market says of an order that comes into it now: what its account is exposed to, if
    // the order moves to a price, then the position, the losses and the funds of the account, last
    // the other side of its book.
    RejectReason market(Entrant& order, bool moves) {
        const std::int64_t asked = order.order.leaves;
        const std::int64_t lots =
            entitled(order, at_.books, at_.special, at_.special.market(order.side / 2));
        order.order.leaves = lots;
        // A pegged order is looked at when it has a price to follow.
        const bool counts = accounts().is_kept() && moves && !is_pegged(order.type());
        RejectReason reason = RejectReason::NONE;
        const Held held = counts && order.number != NIL ? at_.engine.held(order.number) : Held{};
        Need need{0, 0, held};
        if (counts && lots > 0) need = at_.engine.need_of(order, at_.phase, held, at_.special);
        if (counts && has_limits()) reason = at_.engine.exposure_reason(order, need);
        if (reason != RejectReason::NONE) return reason;
        const bool shrinks =
            at_.engine.rules(order.side / 2).reduce_only_rule == ReduceOnlyRule::SHRINK;
        if (lots < (shrinks ? 1 : asked)) return RejectReason::REDUCE_ONLY_WOULD_INCREASE;
        if (counts && has_limits()) reason = at_.engine.loss_reason(order, need, at_.time);
        if (counts && reason == RejectReason::NONE) {
            reason = at_.engine.funds_reason(order, at_.phase, need);
        }
        if (reason != RejectReason::NONE) return reason;
        return at_.phase == Phase::CONTINUOUS ? book(order) : RejectReason::NONE;
    }

    // A limit beyond the price band, where orders trade, unless that begins a call.
    bool is_beyond_band(const Entrant& order) const {
        const SpecialMarket* const market = at_.special.market(order.side / 2);
        if (at_.phase != Phase::CONTINUOUS) return false;
        if (market == nullptr || order.type() != OrderType::LIMIT ||
            market->rules.band_action != BandAction::REJECT) {
            return false;
        }
        const PriceBand band = band_of(*market);
        const bool buys = buys_on(order.side);
        return buys ? order.order.price > band.highest : order.order.price < band.lowest;
    }

    // What only the other side of the book can say.
    RejectReason book(const Entrant& order) {
        const bool is_post_only = order.has(OrderFlag::POST_ONLY);
        const bool rests =
            may_rest(order.type(), time_in_force_of(order.order.terms), order.flags());
        const bool is_whole = needs_all(order);
        const bool has_minimum = order.details.minimum_quantity != 0;
        if (!is_post_only && !(is_whole && !rests) && !has_minimum) return RejectReason::NONE;
        Plan& plan = at_.special.plan;
        make_plan(order, at_.books, at_.special, at_.special.market(order.side / 2), &plan);
        std::int64_t price;
        if (is_post_only && would_trade(order, plan) && !slides(order, plan, *at_.terms, &price)) {
            return RejectReason::POST_ONLY_WOULD_TRADE;
        }
        if (fills_enough(order, plan) || (is_whole && rests)) return RejectReason::NONE;
        return is_whole ? RejectReason::FOK_CANNOT_FILL : RejectReason::MINIMUM_CANNOT_FILL;
    }

    bool asks(OrderFlag flag) const {
        return has(flags_, flag);
    }
    // Whether the price is a limit; that of a trailing order is a distance.
    static bool has_limit(OrderType type) {
        return has_price(type) && !is_trailing(type);
    }
    bool shows_too_little(std::int64_t display) const {
        return display < (command_.quantity - 1) / DISPLAYS_MAX + 1;
    }
    Details details_of(Index number) const {
        return at_.special.details.has(number) ? at_.special.details[number] : Details{};
    }

    const Situation& at_;
    const Command& command_;
    OrderFlags flags_;
    OrderType type_;
    bool is_one_too_many_ = false;
};

}  // namespace

RejectReason number_reason(const InstrumentTerms& terms, const Command& command, bool is_priced) {
    if (is_priced && command.price < terms.min_price) return RejectReason::PRICE_TOO_LOW;
    if (is_priced && command.price > terms.max_price) return RejectReason::PRICE_TOO_HIGH;
    if (command.quantity < terms.min_quantity) return RejectReason::QUANTITY_TOO_SMALL;
    if (command.quantity > terms.max_quantity) return RejectReason::QUANTITY_TOO_LARGE;
    return RejectReason::NONE;
}

bool takes_more(const Command& command, const Taken& taken) {
    return command.order_type != OrderType::LIMIT || command.time_in_force != TimeInForce::GTC ||
           command.flags != 0 || command.client_order_id != 0 || command.display_quantity != 0 ||
           command.minimum_quantity != 0 || command.expiry != 0 || command.offset != 0 ||
           (command.linked_order_id != 0 && !taken.linked_order_id) ||
           (command.self_trade_group != 0 && !taken.group) ||
           command.self_trade_mode != SelfTradeMode::NONE ||
           (command.trigger_price != 0 && !taken.trigger_price) ||
           (command.trigger_source != TriggerSource::LAST && !taken.trigger_source) ||
           (command.bound != 0 && !taken.bound) || (command.selector != 0 && !taken.selector);
}

RejectReason general_reason(const Situation& situation) {
    Check check(situation);
    switch (situation.command.kind) {
        case CommandKind::SUBMIT:
            return check.submit();
        case CommandKind::CANCEL:
            return check.cancel();
        case CommandKind::REPLACE:
            return check.replace();
        case CommandKind::REDUCE:
            return check.reduce();
        case CommandKind::MASS_CANCEL:
            return check.mass_cancel();
        case CommandKind::SET_PRICE:
            return check.set_price();
        case CommandKind::SET_PHASE:
            return check.set_phase();
        case CommandKind::UNCROSS:
            return check.uncross();
        case CommandKind::SET_POSITION:
            return check.set_position();
        case CommandKind::ADVANCE_TIME:
            return check.advance_time();
        default:
            return account_reason(situation);
    }
}

bool is_special(const Command& command) {
    std::uint64_t half[8];
    std::memcpy(half, &command.trigger_price, sizeof(half));
    std::uint64_t joined = 0;
    half[7] &= ~SELF_TRADE_MODE_BITS;
    for (const std::uint64_t word : half) joined |= word;
    return joined != 0 || command.order_type > OrderType::MARKET ||
           special_bits(command.time_in_force) != 0 ||
           (command.flags & ~static_cast<OrderFlags>(OrderFlag::POST_ONLY)) != 0;
}

Command in_the_dark(const Command& command) {
    Command its = command;
    if (may_rest(command.order_type, command.time_in_force, command.flags)) {
        its.flags |= static_cast<OrderFlags>(OrderFlag::HIDDEN);
    }
    if (command.minimum_quantity != 0 && !planted(Bug::DARK_MINIMUM_AT_ENTRY)) {
        its.flags |= static_cast<OrderFlags>(OrderFlag::MINIMUM_EACH);
    }
    return its;
}

Entrant entrant_of(const Command& command, std::uint64_t id, std::uint64_t time) {
    Entrant entrant{};
    entrant.order.order_id = id;
    entrant.order.price = command.price;
    entrant.order.leaves = command.quantity;
    entrant.order.client_order_id = command.client_order_id;
    entrant.order.timestamp = time;
    entrant.order.terms = terms_of(command);
    entrant.order.account = command.account;
    entrant.order.level = NIL;
    entrant.side = side_number(command.instrument, command.side);
    Details& details = entrant.details;
    details.instrument = command.instrument;
    details.linked_order_id = command.linked_order_id;
    details.display_quantity = command.display_quantity;
    details.minimum_quantity = command.minimum_quantity;
    details.trigger_price = command.trigger_price;
    details.offset = command.offset;
    details.bound = command.bound;
    details.expiry = command.expiry;
    details.self_trade_group = command.self_trade_group;
    details.trigger_source = command.trigger_source;
    return entrant;
}

bool keeps_priority(const Command& command, const RestingOrder& order, const Details& details,
                    const InstrumentTerms& terms) {
    const bool is_same_price =
        is_pegged(order_type_of(order.terms)) || command.price == order.price;
    const bool is_same_trigger =
        command.trigger_price == 0 || command.trigger_price == details.trigger_price;
    return terms.replace_priority == ReplacePriority::KEEP_ON_DECREASE && is_same_price &&
           command.quantity < order.leaves && is_same_trigger;
}

bool slides(const Entrant& order, const Plan& plan, const InstrumentTerms& terms,
            std::int64_t* price) {
    if (!order.has(OrderFlag::SLIDE)) return false;
    const bool buys = buys_on(order.side);
    const std::int64_t end = buys ? INT64_LOWEST : INT64_HIGHEST;
    if (plan.first_price == end) return false;
    *price = plan.first_price + (buys ? -1 : 1);
    return terms.takes_price(*price);
}

}  // namespace engine
