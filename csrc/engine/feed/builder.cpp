#include "engine/feed/builder.hpp"

#include <algorithm>
#include <bit>
#include <tuple>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/types/limits.hpp"

namespace engine {

namespace {

constexpr unsigned slot_of(FeedChannel channel) {
    return static_cast<unsigned>(std::countr_zero(static_cast<FeedChannels>(channel)));
}

constexpr bool is_hidden(const ExecutionReport& report) {
    return has(report.order_flags, OrderFlag::HIDDEN);
}

constexpr FeedFlags trade_flags(const ExecutionReport& report) {
    const bool in_auction = has(report.flags, ReportFlag::AUCTION);
    return in_auction ? static_cast<FeedFlags>(FeedFlag::AUCTION) : FeedFlags{0};
}

constexpr bool is_pegged(const ExecutionReport& report) {
    return report.order_type == OrderType::PEG_PRIMARY ||
           report.order_type == OrderType::PEG_MARKET ||
           report.order_type == OrderType::PEG_MIDPOINT;
}

// Whether a report says that it came of something else than a command.
constexpr bool is_marked(const ExecutionReport& report) {
    return has(report.flags, ReportFlag::SELF_TRADE) ||
           has(report.flags, ReportFlag::CASCADE_LIMIT) || has(report.flags, ReportFlag::LINKED) ||
           has(report.flags, ReportFlag::PRICE_BAND);
}
// Whether a reduce-only order was made smaller in its place, or canceled; one that comes in smaller
// is marked the same way, and has no place to keep.
constexpr bool is_trimmed(const ExecutionReport& report) {
    return has(report.flags, ReportFlag::REDUCE_ONLY) &&
           (report.exec_type == ExecType::CANCELED || has(report.flags, ReportFlag::KEPT_PRIORITY));
}

constexpr bool is_canceling(CommandKind kind) {
    return kind == CommandKind::CANCEL || kind == CommandKind::REDUCE ||
           kind == CommandKind::MASS_CANCEL;
}

}  // namespace

void FeedBuilder::add_instrument(std::uint32_t instrument, Visibility visibility) {
    ENGINE_ASSERT(instrument < INSTRUMENTS_MAX);
    ENGINE_ASSERT(!has_instrument(instrument));
    if (instrument >= market_of_.size()) market_of_.resize(instrument + 1, NONE);
    market_of_[instrument] = static_cast<std::uint32_t>(markets_.size());
    markets_.emplace_back();
    markets_.back().instrument = instrument;
    markets_.back().is_dark = visibility == Visibility::DARK;
    picture_.add_market();
}

std::size_t FeedBuilder::find_gap(const ExecutionReport* reports, std::size_t count) const {
    for (std::size_t i = 0; i < count; i++) {
        if (reports[i].sequence_number != next_report_ + i) return i;
    }
    return count;
}

void FeedBuilder::read(const ExecutionReport* reports, std::size_t count, FeedBuffer& out) {
    ENGINE_ASSERT(!is_reading_ && entering_.empty());
    const bool is_large = picture_.order_count() > MANY_ORDERS;
    for (std::size_t i = 0; i < count; i++) {
        if (is_large) look_ahead(reports, count, i);
        const ExecutionReport& report = reports[i];
        if (begins_command(report)) end_command(out);
        note(report);
        follow(report, out);
    }
    end_command(out);
    next_report_ += count;
}

// Asks for what the reports to come will need, one pointer further at each stage. What it finds
// changes nothing; reports of instruments that were not added are taken for those of another.
ENGINE_INLINE void FeedBuilder::look_ahead(const ExecutionReport* reports, std::size_t count,
                                           std::size_t now) {
    const auto with = [&](std::size_t stages, auto ask) {
        const std::size_t at = now + stages * AHEAD;
        if (at >= count || !has_instrument(reports[at].instrument)) return;
        ask(reports[at], side_number_of(reports[at]), at % HINTS);
    };
    const auto comes_to_rest = [](const ExecutionReport& report) {
        return report.exec_type == ExecType::NEW || report.exec_type == ExecType::REPLACED;
    };
    with(5, [&](const ExecutionReport& report, std::uint32_t side, std::size_t) {
        picture_.prefetch(report.order_id, side);
        const auto* const market = reinterpret_cast<const char*>(&markets_[side / 2]);
        ENGINE_PREFETCH(market);
        ENGINE_PREFETCH(market + 64);
        ENGINE_PREFETCH(market + 128);
    });
    with(4, [&](const ExecutionReport& report, std::uint32_t side, std::size_t) {
        picture_.prefetch_order(report.order_id, side);
    });
    with(3, [&](const ExecutionReport& report, std::uint32_t side, std::size_t) {
        picture_.prefetch_neighbours(report.order_id, side);
    });
    with(2, [&](const ExecutionReport& report, std::uint32_t side, std::size_t hint) {
        hints_[hint] = comes_to_rest(report) ? picture_.prefetch_level(side, report.price) : NIL;
    });
    with(1, [&](const ExecutionReport&, std::uint32_t, std::size_t hint) {
        picture_.prefetch_tail(hints_[hint]);
    });
}

std::uint64_t FeedBuilder::sequence_number(std::uint32_t instrument, FeedChannel channel) const {
    return markets_[market_of_[instrument]].numbers[slot_of(channel)];
}

// Each command makes one report that says that it was accepted, carried out or refused. Before it
// there is only what a later time made expire, and what came of that, and then the time is another
// one than that of the command before.
ENGINE_INLINE bool FeedBuilder::begins_command(const ExecutionReport& report) const {
    if (!is_reading_) return false;
    if (report.kind != kind_ || report.command_id != command_id_ ||
        report.timestamp != timestamp_) {
        return true;
    }
    if (!has_begun_ || !is_own(report)) return false;
    return is_done_ || kind_ != CommandKind::MASS_CANCEL;
}

// An order that was set off may be canceled on its way in, without a mark.
ENGINE_INLINE bool FeedBuilder::is_own(const ExecutionReport& report) const {
    switch (report.exec_type) {
        case ExecType::NEW:
        case ExecType::REJECTED:
            return true;
        case ExecType::DONE:
        case ExecType::REPLACED:
            return !is_marked(report) && !is_trimmed(report);
        case ExecType::CANCELED:
            return is_canceling(report.kind) && !is_marked(report) && !is_trimmed(report) &&
                   std::find(set_off_.begin(), set_off_.end(), report.order_id) == set_off_.end();
        default:
            return false;
    }
}

ENGINE_INLINE void FeedBuilder::note(const ExecutionReport& report) {
    is_reading_ = true;
    kind_ = report.kind;
    command_id_ = report.command_id;
    timestamp_ = report.timestamp;
    report_ = report.sequence_number;
    if (!has_begun_ && is_own(report)) {
        has_begun_ = true;
        place_all();
    }
    is_done_ = is_done_ || (report.exec_type == ExecType::DONE && is_own(report));
    if (report.exec_type == ExecType::TRIGGERED || report.exec_type == ExecType::RESTATED) {
        if (has(report.flags, ReportFlag::WAITING)) return;
        const auto found = std::find(set_off_.begin(), set_off_.end(), report.order_id);
        if (found == set_off_.end()) set_off_.push_back(report.order_id);
    } else if (report.exec_type == ExecType::TRADE && report.liquidity == Liquidity::TAKER) {
        const auto found = std::find(set_off_.begin(), set_off_.end(), report.order_id);
        set_off_.erase(set_off_.begin(), found);
    }
}

void FeedBuilder::follow(const ExecutionReport& report, FeedBuffer& out) {
    if (ENGINE_UNLIKELY(!has_instrument(report.instrument))) return;
    if (markets_[market_of_[report.instrument]].is_dark) {
        if (report.exec_type == ExecType::TRADE) on_trade(report, out);
        return;
    }
    if (has(report.flags, ReportFlag::WAITING) && report.exec_type != ExecType::TRADE) {
        return on_gone(report, out);
    }
    switch (report.exec_type) {
        case ExecType::NEW:
        case ExecType::TRIGGERED:
            return on_entry(report);
        case ExecType::TRADE:
            return on_trade(report, out);
        case ExecType::CANCELED:
        case ExecType::EXPIRED:
            return on_gone(report, out);
        case ExecType::REPLACED:
            return on_replaced(report, out);
        case ExecType::RESTATED:
            return on_restated(report, out);
        case ExecType::REJECTED:
        case ExecType::DONE:
        case ExecType::LIQUIDATED:
        case ExecType::DELEVERAGED:
        case ExecType::SOCIALIZED:
        case ExecType::WARNED:
            return;
    }
    ENGINE_ASSERT(!"a report of a known type");
}

// -- what reports say

ENGINE_INLINE Index FeedBuilder::find(std::uint64_t order_id) const {
    if (entered_ < entering_.size()) {
        const Index next = entering_[entered_];
        const ShownOrder& order = picture_.order(next);
        if (order.order_id == order_id && order.standing == Standing::ENTERING) return next;
    }
    return picture_.find(order_id);
}

void FeedBuilder::on_entry(const ExecutionReport& report) {
    ENGINE_ASSERT(report.side == Side::BUY || report.side == Side::SELL);
    ENGINE_ASSERT(picture_.find(report.order_id) == NIL);
    const Index number = picture_.enter(report.order_id, side_number_of(report), report.price);
    picture_.order(number).quantity = shown_of(report);
    picture_.order(number).peak = shown_of(report);
    picture_.order(number).is_hidden = is_hidden(report);
    entering_.push_back(number);
}

void FeedBuilder::on_trade(const ExecutionReport& report, FeedBuffer& out) {
    Market& market = markets_[market_of_[report.instrument]];
    if (report.liquidity == Liquidity::MAKER) {
        market.trade_id = report.trade_id;
        market.trade_price = report.last_price;
        market.trade_quantity = report.last_quantity;
        const Side side = market.is_dark ? Side{} : opposite(report.side);
        FeedMessage* const trade = say(market, FeedChannel::TRADES, FeedKind::TRADE, side, out);
        if (trade != nullptr) {
            trade->flags = trade_flags(report);
            trade->trade_id = report.trade_id;
            trade->price = report.last_price;
            trade->last_quantity = report.last_quantity;
        }
        if (market.is_dark) return;
        if (!has(report.flags, ReportFlag::AUCTION)) place_before(report);
    }
    if (market.is_dark) return;
    const Index number = find(report.order_id);
    if (number == NIL) {  // it is hidden, or in a call without a limit
        ENGINE_ASSERT(is_hidden(report) || has(report.flags, ReportFlag::AUCTION));
        return;
    }
    ShownOrder& order = picture_.order(number);
    if (order.standing == Standing::RESTING) return fill(number, report, out);
    order.quantity = std::min(order.quantity, report.leaves_quantity);
    if (report.leaves_quantity == 0) retire(number);
}

// An order ended, or says that it is not in the book.
void FeedBuilder::on_gone(const ExecutionReport& report, FeedBuffer& out) {
    const Index number = find(report.order_id);
    if (number == NIL) return;  // it was hidden, or waited
    if (picture_.order(number).standing == Standing::RESTING) take_out(number, out);
    retire(number);
}

void FeedBuilder::on_replaced(const ExecutionReport& report, FeedBuffer& out) {
    const Index number = find(report.order_id);
    const bool keeps_place = has(report.flags, ReportFlag::KEPT_PRIORITY);
    if (number != NIL && keeps_place && picture_.order(number).standing == Standing::RESTING) {
        return shrink(number, shown_of(report), out);
    }
    if (number != NIL || !keeps_place) enter_again(number, report, out);
}

void FeedBuilder::on_restated(const ExecutionReport& report, FeedBuffer& out) {
    Index number = find(report.order_id);
    if (number != NIL && picture_.order(number).standing == Standing::RESTING &&
        picture_.order(number).quantity == 0) {
        // An iceberg of which nothing was left to see: it shows its next part, behind the others.
        ENGINE_ASSERT(picture_.order(number).price == report.price);
        picture_.take_out(number);
        picture_.order(number).quantity = shown_of(report);
        picture_.order(number).peak = shown_of(report);
        return append(number);
    }
    if (is_pegged(report)) {  // it moves when nothing is on its way in
        place_all();
        number = find(report.order_id);
    }
    enter_again(number, report, out);
}

// Lets an order be on its way in as it is now, from wherever it is.
void FeedBuilder::enter_again(Index number, const ExecutionReport& report, FeedBuffer& out) {
    if (number == NIL) return on_entry(report);
    ShownOrder& order = picture_.order(number);
    if (order.standing == Standing::RESTING) {
        take_out(number, out);
        entering_.push_back(number);
    }
    order.price = report.price;
    order.quantity = shown_of(report);
    order.peak = order.quantity;
}

// -- what it does to the picture

void FeedBuilder::fill(Index number, const ExecutionReport& report, FeedBuffer& out) {
    ShownOrder& order = picture_.order(number);
    const bool in_auction = has(report.flags, ReportFlag::AUCTION);
    picture_.show(number, in_auction ? std::min(order.peak, report.leaves_quantity)
                                     : order.quantity - report.last_quantity);
    if (is_told(order)) {
        FeedMessage* const message = tell_order(FeedKind::EXECUTE, order, out);
        if (message != nullptr) {
            message->flags = trade_flags(report);
            message->trade_id = report.trade_id;
            message->last_quantity = report.last_quantity;
        }
        if (order.quantity == 0) order.place = UNTOLD;
    }
    if (report.leaves_quantity != 0) return;
    ENGINE_ASSERT(order.quantity == 0);
    picture_.take_out(number);
    retire(number);
}

void FeedBuilder::shrink(Index number, std::int64_t quantity, FeedBuffer& out) {
    const ShownOrder& order = picture_.order(number);
    if (quantity == order.quantity) return;  // only of what is not shown
    picture_.show(number, quantity);
    if (is_told(order)) tell_order(FeedKind::CHANGE, order, out);
}

void FeedBuilder::take_out(Index number, FeedBuffer& out) {
    ShownOrder& order = picture_.order(number);
    const bool was_told = is_told(order);
    const std::int64_t quantity = order.quantity;
    picture_.take_out(number);
    order.quantity = 0;
    if (was_told) tell_order(FeedKind::DELETE, order, out);
    order.quantity = quantity;
    order.place = TOLD;
}

// Lets an order be gone. Its number is not given away before the command ends: it may be named
// among those that enter or are added.
void FeedBuilder::retire(Index number) {
    picture_.forget_id(number);
    gone_.push_back(number);
}

// Lets those rest that entered before the order that is now seen to take. One that is not on its
// way in rests already and meets what it could not before; then no other one is on its way. So it
// is when the maker, which rests, entered after it.
ENGINE_INLINE void FeedBuilder::place_before(const ExecutionReport& maker) {
    if (entered_ == entering_.size()) return;
    const Index taker = find(maker.contra_order_id);
    while (entered_ < entering_.size() && entering_[entered_] != taker) {
        place(entering_[entered_++]);
    }
    if (entered_ == entering_.size()) return;
    const Index number = find(maker.order_id);
    if (number == NIL || picture_.order(number).standing != Standing::ENTERING) return;
    place_all();
}

ENGINE_INLINE void FeedBuilder::place_all() {
    while (entered_ < entering_.size()) place(entering_[entered_++]);
}

void FeedBuilder::place(Index number) {
    const ShownOrder& order = picture_.order(number);
    if (order.standing == Standing::GONE) return;
    ENGINE_ASSERT(order.standing == Standing::ENTERING);
    if (order.is_hidden) return retire(number);
    append(number);
}

void FeedBuilder::append(Index number) {
    picture_.append(number);
    picture_.order(number).place = static_cast<std::uint32_t>(added_.size());
    added_.push_back(number);
}

// -- the end of a command

void FeedBuilder::end_command(FeedBuffer& out) {
    place_all();
    if (!added_.empty()) tell_added(out);
    if (!picture_.touched().empty()) tell_levels(out);
    for (const std::uint32_t number : touched_) {
        Market& market = markets_[number];
        for (std::size_t& message : market.messages) {
            if (message == 0) continue;
            out[message - 1].flags |= static_cast<FeedFlags>(FeedFlag::LAST);
            message = 0;
        }
        market.is_touched = false;
    }
    for (const Index number : gone_) picture_.give(number);
    touched_.clear();
    entering_.clear();
    entered_ = 0;
    added_.clear();
    gone_.clear();
    set_off_.clear();
    is_reading_ = false;
    has_begun_ = false;
    is_done_ = false;
}

void FeedBuilder::tell_added(FeedBuffer& out) {
    for (std::uint32_t place = 0; place < added_.size(); place++) {
        ShownOrder& order = picture_.order(added_[place]);
        // It may be gone by now, or have moved to a later place.
        if (order.standing != Standing::RESTING || order.place != place) continue;
        order.place = TOLD;
        tell_order(FeedKind::ADD, order, out);
    }
}

// By instrument, what is gone before what is there, bids before asks, from the best price on.
void FeedBuilder::sort_touched() {
    std::vector<Index>& touched = picture_.touched();
    if (touched.size() < 2) return;
    const auto key = [&](Index number) {
        const ShownLevel& level = picture_.level(number);
        const Side side = Picture::side_of(level.side_number);
        return std::tuple(level.side_number / 2, level.order_count != 0, level.side_number,
                          ~merit(side, level.price));
    };
    if (touched.size() == 2) {
        if (key(touched[1]) < key(touched[0])) std::swap(touched[0], touched[1]);
        return;
    }
    std::sort(touched.begin(), touched.end(), [&](Index a, Index b) { return key(a) < key(b); });
}

void FeedBuilder::tell_levels(FeedBuffer& out) {
    sort_touched();
    for (const Index number : picture_.touched()) {
        ShownLevel& level = picture_.level(number);
        level.is_touched = false;
        Market& market = markets_[level.side_number / 2];
        touch(market);
        if (level.quantity != level.told_quantity || level.order_count != level.told_count) {
            FeedMessage* const message = say(market, FeedChannel::LEVELS, FeedKind::LEVEL,
                                             Picture::side_of(level.side_number), out);
            if (message != nullptr) {
                message->price = level.price;
                message->quantity = level.quantity;
                message->order_count = level.order_count;
            }
            level.told_quantity = level.quantity;
            level.told_count = level.order_count;
        }
        mark_stale(market, level);
        if (level.order_count == 0) picture_.drop_level(number);
    }
    picture_.touched().clear();
    if (!has(channels_, FeedChannel::TOP)) return;
    if (touched_.size() > 1) std::sort(touched_.begin(), touched_.end());
    for (const std::uint32_t number : touched_) tell_tops(markets_[number], out);
}

// A change behind the best price, as it was told, leaves that as it is.
ENGINE_INLINE void FeedBuilder::mark_stale(Market& market, const ShownLevel& level) {
    const std::uint32_t side = level.side_number % 2;
    const Top& told = market.told[side];
    const Side of = Picture::side_of(side);
    if (told.order_count == 0 || merit(of, level.price) >= merit(of, told.price)) {
        market.is_stale[side] = true;
    }
}

FeedBuilder::Top FeedBuilder::top_of(std::uint32_t side_number) const {
    const Index best = picture_.side(side_number).best();
    if (best == NIL) return {};
    const ShownLevel& level = picture_.level(best);
    return {level.price, level.quantity, level.order_count};
}

// A side that became worse is told first, so that the two never cross in between.
void FeedBuilder::tell_tops(Market& market, FeedBuffer& out) {
    if (!market.is_stale[0] && !market.is_stale[1]) return;
    const auto first = 2 * market_of_[market.instrument];
    Top now[2] = {market.told[0], market.told[1]};
    for (std::uint32_t side = 0; side < 2; side++) {
        if (std::exchange(market.is_stale[side], false)) now[side] = top_of(first + side);
    }
    const auto is_worse = [&](unsigned side) {
        if (now[side].order_count == 0) return true;
        const Side of = Picture::side_of(side);
        return market.told[side].order_count != 0 &&
               merit(of, now[side].price) < merit(of, market.told[side].price);
    };
    const unsigned begin = !is_worse(0) && is_worse(1) ? 1 : 0;
    for (unsigned i = 0; i < 2; i++) {
        const unsigned side = begin ^ i;
        if (now[side] == market.told[side]) continue;
        FeedMessage* const message =
            say(market, FeedChannel::TOP, FeedKind::TOP, Picture::side_of(side), out);
        ENGINE_ASSERT(message != nullptr);
        message->price = now[side].price;
        message->quantity = now[side].quantity;
        message->order_count = now[side].order_count;
        market.told[side] = now[side];
    }
}

// -- messages

FeedMessage* FeedBuilder::tell_order(FeedKind kind, const ShownOrder& order, FeedBuffer& out) {
    FeedMessage* const message = say(markets_[order.side_number / 2], FeedChannel::ORDERS, kind,
                                     Picture::side_of(order.side_number), out);
    if (message == nullptr) return nullptr;
    message->order_id = order.order_id;
    message->price = order.price;
    message->quantity = order.quantity;
    return message;
}

ENGINE_INLINE void FeedBuilder::touch(Market& market) {
    if (market.is_touched) return;
    market.is_touched = true;
    touched_.push_back(static_cast<std::uint32_t>(&market - markets_.data()));
}

// The message stands in the buffer from here on, and is written there field by field: read back as
// a whole so soon, it would wait for its stores.
ENGINE_INLINE FeedMessage* FeedBuilder::say(Market& market, FeedChannel channel, FeedKind kind,
                                            Side side, FeedBuffer& out) {
    if (!has(channels_, channel)) return nullptr;
    const unsigned slot = slot_of(channel);
    const bool is_concealed = market.is_dark || report_numbers_ == ReportNumbers::CONCEALED;
    market.timestamp = timestamp_;
    market.report = is_concealed ? 0 : report_;
    market.numbers[slot] += 1;
    FeedMessage& message = out.push();
    message = FeedMessage{};
    message.sequence_number = market.numbers[slot];
    message.timestamp = timestamp_;
    message.report_sequence_number = market.report;
    message.instrument = market.instrument;
    message.kind = kind;
    message.side = side;
    message.channel = static_cast<FeedChannels>(channel);
    market.messages[slot] = out.size();
    touch(market);
    return &message;
}

void FeedBuilder::write_snapshot(std::uint32_t instrument, FeedChannel channel, std::size_t levels,
                                 FeedBuffer& out) const {
    ENGINE_ASSERT(has_instrument(instrument));
    const std::uint32_t number = market_of_[instrument];
    const Market& market = markets_[number];
    FeedMessage message{};
    message.sequence_number = market.numbers[slot_of(channel)];
    message.timestamp = market.timestamp;
    message.report_sequence_number = market.report;
    message.instrument = instrument;
    message.channel = static_cast<FeedChannels>(channel);
    message.flags = static_cast<FeedFlags>(FeedFlag::OF_SNAPSHOT);
    FeedMessage opening = message;
    opening.kind = FeedKind::SNAPSHOT;
    opening.trade_id = market.trade_id;
    opening.price = market.trade_price;
    opening.last_quantity = market.trade_quantity;
    const std::size_t at = out.size();
    out.push() = opening;
    if (channel == FeedChannel::TOP) levels = std::min<std::size_t>(levels, 1);
    if (channel == FeedChannel::TRADES) levels = 0;
    for (std::uint32_t side_number = 2 * number; side_number < 2 * number + 2; side_number++) {
        message.side = Picture::side_of(side_number);
        picture_.side(side_number).walk(levels, [&](Index found) {
            const ShownLevel& level = picture_.level(found);
            message.price = level.price;
            if (channel != FeedChannel::ORDERS) {
                message.kind = channel == FeedChannel::TOP ? FeedKind::TOP : FeedKind::LEVEL;
                message.quantity = level.quantity;
                message.order_count = level.order_count;
                out.push() = message;
                return;
            }
            message.kind = FeedKind::ADD;
            for (Index each = level.first; each != NIL; each = picture_.order(each).next) {
                message.order_id = picture_.order(each).order_id;
                message.quantity = picture_.order(each).quantity;
                out.push() = message;
            }
        });
    }
    out[at].order_count = static_cast<std::uint32_t>(out.size() - at - 1);
    out[out.size() - 1].flags |= static_cast<FeedFlags>(FeedFlag::LAST);
}

}  // namespace engine
