#include "engine/engine/liquidator.hpp"

#include <algorithm>
#include <vector>

#include "engine/formulas/liquidation_steps.hpp"
#include "engine/types/planted.hpp"

namespace engine {

namespace {

constexpr ReportFlags NO_FLAGS = 0;

}  // namespace

template <class Out>
Liquidator<Out>::Liquidator(General<Out>& general, const Command& command)
    : general_(general),
      command_(command),
      accounts_(general.engine_.accounts_),
      pools_(accounts_),
      fund_(accounts_.find(command.account)) {}

// Closes what has to be: by account, isolated positions, then the others by currency. Who has lost
// something when it begins is looked at; who loses by it comes the next time.
template <class Out>
void Liquidator<Out>::run() {
    for (const AccountIndex account : accounts_.losers(fund_)) {
        for (const MarginPool& pool : pools_.of_account(account)) {
            if (pools_.is_lost(pool)) end(pool);
        }
    }
    for (const auto& [instrument, missing] : missing_) socialize(instrument, missing);
    if (command_.quantity != 0) warn();
    general_.report_.done(command_, count_, 0);
}

// Cancels the orders that the pool stands for, and closes position by position, as long as it is
// lost: the margin of orders may have been what was missing.
template <class Out>
void Liquidator<Out>::end(const MarginPool& pool) {
    cancel_orders(pool, Orders::CANCELED_FIRST);
    for (const Index party : pools_.positions(pool)) {
        if (pools_.is_lost(pool)) close(pool, party);
    }
}

template <class Out>
void Liquidator<Out>::cancel_orders(const MarginPool& pool, Orders which) {
    cancel_orders(pool.account, [&](std::uint32_t instrument) {
        const Contract& contract = accounts_.contract(instrument);
        if (contract.liquidation.keeps_orders != (which == Orders::KEPT)) return false;
        if (pool.isolated != NIL) return accounts_.party(pool.isolated).instrument == instrument;
        return contract.settle == pool.currency ||
               (contract.kind == ContractKind::SPOT && contract.base == pool.currency);
    });
}

// By instrument and then by id.
template <class Out>
template <class Chosen>
void Liquidator<Out>::cancel_orders(AccountIndex account, const Chosen& is_chosen) {
    const Account& its = accounts_.account(account);
    if (its.live_orders == 0) return;
    if (!has_found_orders_) find_orders();
    for (const Live& live : orders_[its.number]) {
        const Index order = general_.books().find(live.order_id);
        if (order == NIL || !is_chosen(live.instrument)) continue;
        const Command about = General<Out>::about(command_, live.instrument);
        general_.cancel({about, general_.books().side_of_order(order)}, order, NO_FLAGS);
    }
}

template <class Out>
void Liquidator<Out>::find_orders() {
    std::vector<Index> orders;
    for (std::uint32_t i = 0; i < general_.engine_.instrument_count(); i++) {
        orders.clear();
        general_.engine_.all_orders(i, &orders);
        for (const Index number : orders) {
            const RestingOrder& order = general_.books().order(number);
            orders_[order.account].push_back({i, order.order_id});
        }
    }
    for (auto& [account, its] : orders_) std::sort(its.begin(), its.end());
    has_found_orders_ = true;
}

// Closes as much of a position as a step does: in the market, and what is left there.
template <class Out>
void Liquidator<Out>::close(const MarginPool& pool, Index party) {
    const Contract& contract = contract_of(party);
    const Wide equity = pools_.equity(pool);
    const Wide maintenance = pools_.maintenance(pool);
    std::int64_t lots = size_of_lots(party);
    std::int64_t sold = 0;
    const Wide least = part_of(maintenance, contract.liquidation.backstop, Rounding::FLOOR);
    // A fillable price is one of what has nothing left, too.
    const bool is_fillable = contract.liquidation.sale == LiquidationSale::FILLABLE;
    const bool is_sold = equity >= least || (is_fillable && contract.liquidation.backstop == 0);
    if (contract.liquidation.sale == LiquidationSale::NONE || is_sold) {
        const Wide worth = pools_.value_of_lots(party, lots);
        const std::uint64_t now = general_.report_.counters().time;
        const std::int64_t held = lots;
        const bool is_soon = accounts_.was_parted(party, now);
        const Wide margin_value = accounts_.margin_value(accounts_.party(party), worth);
        lots = lots_to_close(contract, held, worth, margin_value, maintenance - equity, is_soon);
        if (lots < held) accounts_.note_part(party, now);
        sold = sell(pool, party, lots);
    }
    if (sold < lots && !stays(pool, party)) hand_over(pool, party, lots - sold);
}

// Whether what the market did not take is left to the account, until the next LIQUIDATE.
template <class Out>
bool Liquidator<Out>::stays(const MarginPool& pool, Index party) const {
    const LiquidationTerms& terms = contract_of(party).liquidation;
    if (terms.sale != LiquidationSale::FILLABLE) return false;
    const Wide equity = pools_.equity(pool);
    return equity >= 0 &&
           equity >= part_of(pools_.maintenance(pool), terms.backstop, Rounding::FLOOR);
}

// -- in the market

// Sends an order that closes lots, and settles what it did; how many it closed.
template <class Out>
std::int64_t Liquidator<Out>::sell(const MarginPool& pool, Index party, std::int64_t lots) {
    const LiquidationTerms& terms = contract_of(party).liquidation;
    const std::uint32_t instrument = accounts_.party(party).instrument;
    if (terms.sale == LiquidationSale::NONE) return 0;
    general_.engine_.open_special(instrument);
    if (general_.market_of(2 * instrument).phase != Phase::CONTINUOUS) return 0;
    const std::int64_t before = lots_of(party);
    const Wide equity = pools_.equity(pool);
    const Wide value = pools_.value(pool);
    const Wide wealth = pools_.wealth(pool);
    const bool has_limit = terms.sale != LiquidationSale::MARKET;
    std::int64_t limit = 0;
    if (has_limit && !planted(Bug::SALE_BELOW_BANKRUPTCY)) {
        if (!find_limit(pool, party, lots, &limit)) return 0;
    }
    const std::uint64_t order_id = send(party, lots, has_limit ? &limit : nullptr);
    const std::int64_t closed = before - lots_of(party);
    if (closed == 0) return 0;
    const std::int64_t sold = closed < 0 ? -closed : closed;
    const Wide worth = pools_.value_of_lots(party, sold);
    const Wide left = share_of(equity, worth, value) + pools_.wealth(pool) - wealth;
    settle(pool, party, {order_id, closed, worth, left});
    return sold;
}

// The last price of a sale of lots, bankruptcy or fillable; false where no price of the instrument
// is as good.
template <class Out>
bool Liquidator<Out>::find_limit(const MarginPool& pool, Index party, std::int64_t lots,
                                 std::int64_t* limit) const {
    const Position& position = accounts_.party(party);
    const bool is_buyer = position.lots < 0;
    const InstrumentTerms& terms = general_.market_of(2 * position.instrument).terms;
    Wide price = 0;
    const bool is_fillable = contract_of(party).liquidation.sale == LiquidationSale::FILLABLE;
    if (!(is_fillable ? find_fillable(pool, party, lots, &price)
                      : find_bankrupt(party, lots, share(pool, party, lots), &price))) {
        return false;
    }
    if (is_buyer ? price < terms.min_price : price > terms.max_price) return false;
    *limit = static_cast<std::int64_t>(is_buyer ? std::min(price, wide(terms.max_price))
                                                : std::max(price, wide(terms.min_price)));
    return true;
}

// The fillable price of lots; where others would be deleveraged, also one at which the fund has
// what it may have to pay.
template <class Out>
bool Liquidator<Out>::find_fillable(const MarginPool& pool, Index party, std::int64_t lots,
                                    Wide* price) const {
    const Position& position = accounts_.party(party);
    const Contract& contract = contract_of(party);
    const bool is_buyer = position.lots < 0;
    const Wide needed = pools_.maintenance(pool);
    const Wide room = planted(Bug::FILLABLE_AT_THE_MARK)
                          ? 0
                          : fillable_room(contract.liquidation, accounts_.maintenance(position),
                                          needed - pools_.equity(pool), needed);
    const Wide its = proportion(room, lots, size_of_lots(party), Rounding::FLOOR);
    const std::int64_t mark = accounts_.mark(position.instrument);
    if (!bankruptcy_tick(contract, is_buyer, lots, mark, its, 0, price)) return false;
    if (contract.liquidation.deficit != Deficit::DELEVERAGE) return true;
    Wide other = 0;
    const Wide most = share(pool, party, lots) + std::max(Wide{0}, money(pool.currency));
    if (!find_bankrupt(party, lots, most, &other)) return false;
    *price = is_buyer ? std::min(*price, other) : std::max(*price, other);
    return true;
}

// The price at which lots lose so much, their fee as a taker paid; false where there is none.
template <class Out>
bool Liquidator<Out>::find_bankrupt(Index party, std::int64_t lots, Wide share, Wide* price) const {
    const Position& position = accounts_.party(party);
    const Contract& contract = contract_of(party);
    const std::uint8_t tier = accounts_.account(position.account).tier;
    const std::int64_t rate = std::max(std::int64_t{0}, fee_rates(contract, tier).taker);
    const std::int64_t mark = accounts_.mark(position.instrument);
    return bankruptcy_tick(contract, position.lots < 0, lots, mark, share, rate, price);
}

// Sends an order that closes what it can at once, by no limit of orders; its id.
template <class Out>
std::uint64_t Liquidator<Out>::send(Index party, std::int64_t lots, const std::int64_t* limit) {
    const Position& position = accounts_.party(party);
    const Command its = General<Out>::about(command_, position.instrument);
    Command order{};
    order.kind = CommandKind::SUBMIT;
    order.side = position.lots > 0 ? Side::SELL : Side::BUY;
    order.order_type = limit == nullptr ? OrderType::MARKET : OrderType::LIMIT;
    order.time_in_force = TimeInForce::IOC;
    order.flags = static_cast<OrderFlags>(OrderFlag::REDUCE_ONLY);
    if (contract_of(party).liquidation.keeps_orders) {
        order.self_trade_mode = SelfTradeMode::CANCEL_OLDEST;
    }
    order.instrument = position.instrument;
    order.account = position.number;
    order.price = limit == nullptr ? 0 : *limit;
    order.quantity = lots;
    const std::uint64_t id = general_.take_order_id();
    general_.books().reserve(2);
    general_.stir(order.instrument);
    Entrant entrant = entrant_of(order, id, general_.report_.counters().time);
    entrant.details.arrival = general_.next_arrival();
    general_.take_place({its, entrant.side}, entrant, ExecType::NEW);
    return id;
}

// Gives the fund what it gets of a sale, or lets it pay what was lost beyond all.
template <class Out>
void Liquidator<Out>::settle(const MarginPool& pool, Index party, const Sale& sale) {
    const LiquidationTerms& terms = contract_of(party).liquidation;
    Wide amount = 0;
    if (terms.sale != LiquidationSale::MARKET) {
        amount = std::min(sale.left, most_of(party, sale.worth));
    } else {
        // A position that shares its margin is paid for by all of that.
        const bool shares = pool.isolated == NIL;
        const Wide left = shares ? pools_.equity(pool) : sale.left;
        amount = std::min(left, part_of(sale.worth, terms.fee_rate, Rounding::CEILING));
        if (left < 0 && shares && !pools_.positions(pool).empty()) amount = 0;
    }
    give(pool, party, amount);
    tell(party, sale.lots, amount, sale.order_id);
}

// What the fund takes at most with lots of a value.
template <class Out>
Wide Liquidator<Out>::most_of(Index party, Wide worth) const {
    return part_of(worth, contract_of(party).liquidation.most_rate, Rounding::FLOOR);
}

// Pays an amount to the fund, or from it; what it has not, all are to bear, or it owes.
template <class Out>
void Liquidator<Out>::give(const MarginPool& pool, Index party, Wide amount) {
    if (amount < 0 && contract_of(party).liquidation.deficit == Deficit::SOCIALIZE) {
        const Wide missing = -amount - std::max(Wide{0}, money(pool.currency));
        if (missing > 0) missing_[accounts_.party(party).instrument] += missing;
    }
    accounts_.transfer(pool.account, fund_, pool.currency, amount);
}

// -- outside it

// Lets others have lots at their bankruptcy price, all in all: those who gain, or the fund. No
// order stays that would open again what the account has nothing left for.
template <class Out>
void Liquidator<Out>::hand_over(const MarginPool& pool, Index party, std::int64_t lots) {
    cancel_orders(pool, Orders::KEPT);
    if (contract_of(party).liquidation.deficit == Deficit::DELEVERAGE) {
        const Wide part = share(pool, party, lots);
        if (part < 0 && money(pool.currency) + part < 0) lots -= deleverage(pool, party, lots);
    }
    if (lots != 0 && has_room(party, lots)) take_over(pool, party, lots);
}

// The part of the equity that goes with lots.
template <class Out>
Wide Liquidator<Out>::share(const MarginPool& pool, Index party, std::int64_t lots) const {
    return share_of(pools_.equity(pool), pools_.value_of_lots(party, lots), pools_.value(pool));
}

// Lets the fund have lots at the mark price, and their part of the equity.
template <class Out>
void Liquidator<Out>::take_over(const MarginPool& pool, Index party, std::int64_t lots) {
    const Wide part = share(pool, party, lots);
    const Wide wealth = pools_.wealth(pool);
    const Wide most = most_of(party, pools_.value_of_lots(party, lots));
    const std::int64_t moved = lots_of(party) > 0 ? lots : -lots;
    const Index to = receiver(party);
    move(party, -moved);
    move(to, moved);
    const Wide left = std::min(part + pools_.wealth(pool) - wealth, most);
    const Wide amount = planted(Bug::LOSER_KEEPS_THE_REST) ? 0 : left;
    give(pool, party, amount);
    tell(party, moved, amount, 0);
    trim(accounts_.party(party).instrument, command_.account);
}

// Whether 64 bits hold what the fund comes to have, with all orders of that side.
template <class Out>
bool Liquidator<Out>::has_room(Index party, std::int64_t lots) {
    const bool is_long = lots_of(party) > 0;
    const Wide has = accounts_.party(receiver(party)).lots;
    const SideNumber side = 2 * accounts_.party(party).instrument + (is_long ? 0 : 1);
    return (is_long ? has : -has) + lots + general_.books().side(side).quantity <= INT64_HIGHEST;
}

// The position of the fund that lots come to.
template <class Out>
Index Liquidator<Out>::receiver(Index party) {
    const std::uint32_t instrument = accounts_.party(party).instrument;
    const bool is_long = lots_of(party) > 0;
    return accounts_.of_two(accounts_.party_of(command_.account, instrument), is_long, false);
}

template <class Out>
void Liquidator<Out>::move(Index party, std::int64_t lots) {
    accounts_.move_at_mark(party, lots, general_.report_.counters().time);
}

template <class Out>
void Liquidator<Out>::trim(std::uint32_t instrument, std::uint32_t account) {
    if (general_.special().market(instrument) == nullptr) return;
    general_.trim(General<Out>::about(command_, instrument), account);
}

// -- who bears what no fund has

// Closes lots against those who gain most, who pay what is missing; how many. Whoever has less than
// it would pay is passed over.
template <class Out>
std::int64_t Liquidator<Out>::deleverage(const MarginPool& pool, Index party, std::int64_t lots) {
    const std::uint32_t instrument = accounts_.party(party).instrument;
    const bool is_long = lots_of(party) > 0;
    const std::int64_t side = is_long ? -1 : 1;  // of those who give
    std::deque<Index>& others = queue(instrument, !is_long);
    const Wide wealth = pools_.wealth(pool);
    const Wide missing = -share(pool, party, lots);
    Wide owed = missing;
    std::int64_t left = lots;
    while (!others.empty() && left != 0) {
        const Index other = others.front();
        const std::int64_t has = std::max(std::int64_t{0}, side * lots_of(other));
        const std::int64_t closed = std::min(left, has);
        const Wide cost = -share_of(-owed, closed, left);
        if (closed == 0 || can_give(other, closed) < cost) {
            others.pop_front();
            continue;
        }
        const AccountIndex giver = accounts_.party(other).account;
        cancel_orders(giver, [&](std::uint32_t its) { return its == instrument; });
        move(party, side * closed);
        move(other, -side * closed);
        accounts_.transfer(giver, pool.account, pool.currency, cost);
        say({ExecType::DELEVERAGED, other, side * closed, cost, 0});
        trim(instrument, accounts_.account(giver).number);
        owed -= cost;
        left -= closed;
    }
    if (left == lots) return 0;
    const Wide rounding = pools_.wealth(pool) - wealth - (missing - owed);
    accounts_.transfer(pool.account, fund_, pool.currency, rounding);
    tell(party, -side * (lots - left), owed - missing, 0);
    return lots - left;
}

// What stands for lots that are to be closed: of an isolated position their part.
template <class Out>
Wide Liquidator<Out>::can_give(Index party, std::int64_t lots) const {
    const MarginPool pool = pools_.of_position(party);
    const Wide equity = pools_.equity(pool);
    return pool.isolated == NIL ? equity : share_of(equity, lots, size_of_lots(party));
}

// Who is to give of a direction, the first one first; the fund never does.
template <class Out>
std::deque<Index>& Liquidator<Out>::queue(std::uint32_t instrument, bool is_long) {
    const auto [found, is_new] = queues_.try_emplace({instrument, is_long});
    if (!is_new) return found->second;
    std::vector<std::pair<Wide, Index>> ranked;
    for (const Index party : accounts_.parties_in(instrument)) {
        const MarginPool pool = pools_.of_position(party);
        const bool is_its = is_long ? lots_of(party) > 0 : lots_of(party) < 0;
        if (!is_its || pool.account == fund_ || pools_.equity(pool) <= 0) continue;
        ranked.emplace_back(rank(party, pool), party);
    }
    std::stable_sort(ranked.begin(), ranked.end(),
                     [](const auto& one, const auto& other) { return one.first > other.first; });
    if (planted(Bug::LAST_IN_RANK_GIVES_FIRST)) std::reverse(ranked.begin(), ranked.end());
    for (const auto& [its_rank, party] : ranked) found->second.push_back(party);
    return found->second;
}

template <class Out>
Wide Liquidator<Out>::rank(Index party, const MarginPool& pool) const {
    const Position& position = accounts_.party(party);
    return deleverage_rank(
        contract_of(party),
        {accounts_.unrealized(position), position.entry_value, pools_.collateral(pool),
         pools_.value(pool), pools_.maintenance(pool), pools_.equity(pool)});
}

// Lets all positions of an instrument but the fund's bear what that did not have: each by its lots,
// an isolated one out of its margin, in the order of accounts.
template <class Out>
void Liquidator<Out>::socialize(std::uint32_t instrument, Wide missing) {
    std::vector<Index> bearers = accounts_.parties_in(instrument);
    std::erase_if(bearers, [this](Index party) {
        return lots_of(party) == 0 || accounts_.party(party).account == fund_;
    });
    if (bearers.empty()) return;
    Wide total = 0;
    for (const Index party : bearers) total += size_of_lots(party);
    Wide borne = 0;
    Wide so_far = 0;
    for (const Index party : bearers) {
        so_far += size_of_lots(party);
        const Wide part = share_of(missing, so_far, total) - borne;
        borne += part;
        accounts_.bear(party, fund_, part);
    }
    general_.report_.of_position(General<Out>::about(command_, instrument),
                                 {.type = ExecType::SOCIALIZED,
                                  .account = command_.account,
                                  .price = accounts_.mark(instrument),
                                  .amount = engine::cut(borne)});
}

// -- before it comes to that

// Reports the pools of whose equity the maintenance margin is at least so many billionths.
template <class Out>
void Liquidator<Out>::warn() {
    for (const AccountIndex account : accounts_.near_losing(command_.quantity)) {
        for (const MarginPool& pool : pools_.of_account(account)) warn(pool);
    }
}

template <class Out>
void Liquidator<Out>::warn(const MarginPool& pool) {
    if (!pools_.is_watched(pool) || pools_.is_lost(pool)) return;
    const Wide equity = pools_.equity(pool);
    const Wide maintenance = pools_.maintenance(pool);
    if (maintenance * BILLION < equity * command_.quantity) return;
    const std::int64_t reached = ratio_within(maintenance, equity, BILLION);
    if (pool.isolated != NIL) {
        return say({ExecType::WARNED, pool.isolated, lots_of(pool.isolated), reached, 0});
    }
    general_.report_.of_position(General<Out>::about(command_, pool.currency),
                                 {.type = ExecType::WARNED,
                                  .account = accounts_.account(pool.account).number,
                                  .amount = reached});
}

// -- reports

template <class Out>
void Liquidator<Out>::say(const Said& said) {
    const Position& position = accounts_.party(said.party);
    general_.report_.of_position(General<Out>::about(command_, position.instrument),
                                 {.type = said.type,
                                  .account = position.number,
                                  .lots = said.lots,
                                  .price = accounts_.mark(position.instrument),
                                  .amount = engine::cut(said.amount),
                                  .order_id = said.order_id});
}

// Lots of a position were closed, below 0 when it was short.
template <class Out>
void Liquidator<Out>::tell(Index party, std::int64_t lots, Wide amount, std::uint64_t order_id) {
    say({ExecType::LIQUIDATED, party, lots, amount, order_id});
    count_ += 1;
}

template class Liquidator<ReportBuffer>;
template class Liquidator<TradeBuffer>;

}  // namespace engine
