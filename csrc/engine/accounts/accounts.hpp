// What accounts own, what their orders hold of it, their positions, and what trades pay.
//
// Purpose: all that docs/semantics/accounts.md says, in whole numbers. Knows no book and no order
// beyond "lots at a price on a side", and refuses nothing: the engine asks first. Sums have 128
// bits: no stream of commands can bring them to an end.
// In hedge mode an account has two positions, with a record each: an order is of the one that it is
// for, and no more has to be known of the mode.
// Plain orders and their trades change a position alone, which then moves: the sums of its wallet
// have no part of it until somebody looks at them, and it comes to rest.
// Invariants: what a position at rest requires, and what was added to that, is in the margin of its
// wallet, what it is exposed to in the sums there, and what it would gain in the unrealized profit.
// Complexity: O(1) an event, and once more for each position that has moved when a sum is looked
// at; unrealized profit, and margins that are of the mark, O(positions of the account) once one has
// moved.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "engine/accounts/limits.hpp"
#include "engine/accounts/orders.hpp"
#include "engine/accounts/watch.hpp"
#include "engine/base/array.hpp"
#include "engine/base/key_index.hpp"
#include "engine/base/packed.hpp"
#include "engine/formulas/accrual.hpp"
#include "engine/formulas/pnl.hpp"
#include "engine/types/contract.hpp"
#include "engine/types/positions.hpp"
#include "engine/types/records.hpp"

namespace engine {

// An account, and what limits look at of its orders.
struct alignas(64) Account {
    // All that a plain order looks at and changes.
    std::uint32_t number;
    std::uint32_t group;
    Index first_position;       // of the list of its positions, or NIL
    std::uint32_t limits_seen;  // when its limits were looked up
    AccountFlags flags;
    std::uint8_t tier;
    bool has_last;  // an order was accepted
    std::uint32_t live_orders;
    std::uint64_t last_time;  // of the last order that was accepted
    Asked last;
    // Where it has limits of its own, these.
    OrdersLimits limits;
    bool has_isolated;  // some position of it was isolated
};
static_assert(sizeof(Account) == 128);
static_assert(offsetof(Account, limits) == 64);

// Smallest units of one currency.
struct Balance {
    Wide amount;
    Wide held;                // by orders of spot instruments: a part of the amount
    Wide margin;              // required by positions and orders of derivatives
    mutable Wide unrealized;  // what cross positions would gain at the marks; see marks_seen
};

// How far plain orders and trades may go in a wallet before what it comes to must be looked at: of
// all that they could break, nothing is broken before.
struct Room {
    std::int64_t value;  // of orders, and of what trades add: less than this; 0 where it is unknown
    std::int64_t loss;   // so much may trades cost

    // REQUIRES: 0 <= added, lost < 2^62.
    ENGINE_INLINE void spend(std::int64_t added, std::int64_t lost) {
        value -= added;
        loss -= lost;
        if (ENGINE_UNLIKELY((value | loss) < 0)) value = loss = 0;
    }
};

// What an account has in a currency, and what its derivatives there have made of it.
struct alignas(64) Wallet {
    // All that a plain order looks at and changes, and a new position, and the result of trades.
    Room room;
    mutable std::uint64_t marks_seen;  // how many were told when the unrealized profit was found
    std::uint32_t limits_seen;         // when its limits were looked up
    Index first_moving;                // of the list of positions that move, or NIL
    Tally tally;                       // begins with the day and the rate
    mutable Wide isolated;  // what isolated positions would gain: no part of `unrealized`
    Balance balance;
};
static_assert(sizeof(Wallet) == 256);
static_assert(offsetof(Wallet, tally) == 32);

// What an account has, and has open, in one instrument; units of the settlement currency. Of a spot
// instrument only whose it is and what limits it.
struct alignas(64) Position {
    // All that a plain order looks at and changes.
    std::uint32_t instrument;
    std::uint32_t number;  // of the account
    AccountIndex account;
    std::uint32_t chosen_rate : 30;  // billionths, the least that the account wants; 0 for none
    std::uint32_t is_hedged : 1;     // it is the long one, or the short one, of two
    std::uint32_t is_isolated : 1;   // its margin is its own
    std::int64_t lots;               // below 0 when short
    std::int64_t open_lots[2];       // of the orders to buy, and of those to sell
    std::int64_t more_open[2];       // while it moves: by so much their values are more than below
    Index next_moving;               // NIL at rest
    std::uint32_t news_seen;         // what was news when it could be looked at at once, or 0
    // What trades change as well.
    Wide entry_value;  // what the lots were worth when they came
    Wide realized;     // paid into the balance when lots went, fees apart
    Wide fees;
    mutable Wide unrealized;  // at rest, as its wallet has it
    // At rest.
    Wide buys;  // values of the open orders, each at its limit
    Wide sells;
    Wide margin;                // that the contract requires: without what was added
    std::uint32_t limits_seen;  // when its limits were looked up
    Index own_limits;           // of those that are of one account, or NIL
    Index next;                 // of the same account
};
static_assert(sizeof(Position) == 192);

// The limits of an order that an account has of its own in an instrument.
struct OwnLimits {
    OrderLimits limits;
    std::uint32_t seen;  // when they were looked up
};

// What only positions have that are, or once were, hedged or isolated.
struct Apart {
    Wide added = 0;         // to the margin, less the funding that was paid; isolated
    Index other = NIL;      // of the two
    bool is_short = false;  // of the two
};

// What a position has paid of funding.
struct Paid {
    Wide index = 0;          // of the instrument, when it last paid
    Wide funding = 0;        // all in all; below 0 what it was paid
    std::uint32_t rest = 0;  // billionths of a unit that were too much
};

// What the funding of an instrument has come to.
struct Funded {
    Wide index = 0;  // what one long lot would have paid from the beginning, billionths of a unit
    std::int64_t rate = 0;   // the last one
    std::uint64_t time = 0;  // of the last time
    bool has_begun = false;
    Wide index_at_day = 0;  // when the day of the last time began
};

// A price that was told.
struct Told {
    bool was_told = false;
    bool is_known = false;  // and something has a value by it
    std::int64_t price = 0;
};

// When parts of positions were closed, by account and instrument.
using Parted = std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint64_t>;

// An accrual of an instrument.
struct Due {
    std::uint32_t instrument;
    Accrual accrual;
};

// What a position has room for of the rate that its account chose; all rates fit.
constexpr std::uint32_t RATE_MOST = (1U << 30) - 1;
static_assert(BILLION <= RATE_MOST);

// Leverage is told in hundredths; the rate of initial margin that it needs, in billionths.
constexpr std::int64_t LEVERAGE_MIN = 100;
constexpr std::int64_t rate_of_leverage(std::int64_t hundredths) {
    return static_cast<std::int64_t>(divide(100 * wide(BILLION), hundredths, Rounding::CEILING));
}

struct Holding;
struct Holdings;
struct Part;
struct Means;

class Accounts final : public Positions {
  public:
    Accounts();
    // Until this is called there are none, and nothing of this is used.
    void keep() {
        is_kept_ = true;
    }
    bool is_kept() const {
        return is_kept_;
    }

    // -- what there is
    std::uint32_t add_currency();
    std::uint32_t currency_count() const {
        return currency_count_;
    }
    void add_contract(const Contract& contract);
    const Contract& contract(std::uint32_t instrument) const {
        return contracts_[instrument];
    }
    // Makes an account, or changes it.
    void set(std::uint32_t number, std::uint32_t group, std::uint32_t tier, AccountFlags flags);
    AccountIndex find(std::uint64_t number) const;
    std::uint32_t count() const {
        return count_;
    }
    const Account& account(AccountIndex account) const {
        return accounts_[account];
    }
    const Balance& balance(AccountIndex account, std::uint32_t currency) const {
        see_marks(account, currency);
        return wallet(account, currency).balance;
    }
    // The only position, or the long one. Null while the account had nothing to do with the
    // instrument.
    const Position* position(AccountIndex account, std::uint32_t instrument) const;
    // The short one of two; null where there is one or none.
    const Position* short_position(AccountIndex account, std::uint32_t instrument) const;
    // A party to trades: what an account has in an instrument; NIL where there is no such account.
    ENGINE_INLINE Index party_of(std::uint32_t number, std::uint32_t instrument) {
        const Index party = find_party(number, instrument);
        return ENGINE_LIKELY(party != NIL) ? party : new_party(number, instrument);
    }
    // The same; `hint` may be the party.
    ENGINE_INLINE Index party_of(std::uint32_t number, std::uint32_t instrument, Index hint) {
        const bool is_it = hint != NIL && key_of(positions_[hint]) == key(number, instrument);
        return ENGINE_LIKELY(is_it) ? hint : party_of(number, instrument);
    }
    // Of two positions, either of which is named, the one that an order is for; or the only one.
    ENGINE_INLINE Index of_two(Index party, bool is_buyer, bool is_closing) const {
        if (ENGINE_LIKELY(!positions_[party].is_hedged)) return party;
        return one_of_two(party, is_buyer == is_closing);
    }
    // Of two positions the one that a look-up finds; or the only one.
    ENGINE_INLINE Index first_of_two(Index party) const {
        return ENGINE_LIKELY(!positions_[party].is_hedged) ? party : one_of_two(party, false);
    }
    const Position& party(Index party) const {
        return positions_[party];
    }
    Index index_of(const Position& position) const {
        return static_cast<Index>(&position - positions_.data());
    }
    // Asks for what a command of an account will touch, in this order, some time apart. The last
    // returns the account; where there is no position yet, a guess.
    ENGINE_INLINE std::uint64_t prefetch_key(std::uint32_t number, std::uint32_t instrument) const {
        return by_key_.prefetch(key(number, instrument));
    }
    ENGINE_INLINE Index peek_party(std::uint64_t hash) const {
        const Index party = by_key_.peek(hash);
        ENGINE_PREFETCH(&positions_[party]);
        return party;
    }
    AccountIndex prefetch_owner(Index party, std::uint32_t number) const;
    // And, where a wallet is to be looked at anew, for the newest of the account's positions.
    void prefetch_others(AccountIndex account, Index party) const;
    // And for what a trade will.
    void prefetch_trader(Index party) const;
    // And for what one at rest will: all of a position, then all of its wallet.
    void prefetch_position(Index party) const;
    void prefetch_wallet(Index party) const;
    // How many positions there are, and one.
    Index party_end() const {
        return position_count_;
    }
    ENGINE_INLINE Index find_party(std::uint32_t number, std::uint32_t instrument) const {
        const std::uint64_t wanted = key(number, instrument);
        return by_key_.find(wanted, [&](Index at) { return key_of(positions_[at]) == wanted; });
    }
    bool is_hedged(std::uint32_t number, std::uint32_t instrument) const override;
    // That of an order which opens.
    Index find_party(std::uint32_t number, std::uint32_t instrument, bool is_buyer) const {
        return of_two(find_party(number, instrument), is_buyer, false);
    }
    std::int64_t lots_of(const Which& which, std::uint32_t instrument) const override;
    // A position of lots on the side of a buyer or of a seller, NIL where there is none.
    Index directed(AccountIndex account, std::uint32_t instrument, bool is_long) const;
    const Tally& tally(AccountIndex account, std::uint32_t currency) const {
        see_marks(account, currency);
        return wallet(account, currency).tally;
    }
    // What a position at rest is exposed to with all that is open.
    static Exposure exposure(const Position& position) {
        return exposure(position, position.buys, position.sells);
    }
    // How much the result is below another, with what the positions would lose by now.
    Wide loss_from(Wide result, AccountIndex account, std::uint32_t currency) const;
    Wide day_loss(AccountIndex account, std::uint32_t currency, std::uint64_t time) const;
    Wide drawdown(AccountIndex account, std::uint32_t currency) const;
    const Limits& limits() const {
        return limits_;
    }
    void set_limit(const LimitSet& limit);
    void turn(SwitchScopes scope, std::uint32_t number, bool is_off) {
        limits_.turn(scope, number, is_off);
        note_news();
    }
    bool is_off(AccountIndex account, std::uint32_t instrument) const {
        const Account& its = accounts_[account];
        return limits_.is_off(its.number, its.group, instrument);
    }
    Wide house(std::uint32_t currency) const {
        return house_[currency];
    }
    // What positions have paid of funding, less what they were paid.
    Wide rounding(std::uint32_t currency) const;
    std::int64_t deposits(std::uint32_t currency) const {
        return deposits_[currency];
    }
    std::size_t memory_bytes() const;

    // -- its orders
    // An order was accepted, as its SUBMIT asked for it; one has begun to live, or ended.
    void note_asked(AccountIndex account, const Asked& asked, std::uint64_t time) {
        Account& its = accounts_[account];
        its.has_last = true;
        its.last = asked;
        its.last_time = time;
    }
    void note_begun(AccountIndex account) {
        accounts_[account].live_orders += 1;
    }
    void note_ended(AccountIndex account) {
        accounts_[account].live_orders -= 1;
    }

    // -- what it is worth
    void set_mark(std::uint32_t instrument, std::int64_t price);
    // The mark price, which lots may have no value at: whether one was told.
    bool knows_mark(std::uint32_t instrument, std::int64_t* price) const {
        *price = marks_[instrument].price;
        return marks_[instrument].was_told;
    }
    Wide unrealized(const Position& position) const;
    // What it would gain at a price. REQUIRES: lots have a value at it.
    Wide gain_at(const Position& position, std::int64_t price) const;
    // What was added to its margin.
    Wide added(const Position& position) const {
        return ENGINE_UNLIKELY(position.is_isolated) ? apart(position).added : 0;
    }
    // What it has paid of funding.
    const Paid& paid(const Position& position) const {
        static constexpr Paid NOTHING;
        return has_funding_ ? paid_[index_of(position)] : NOTHING;
    }
    // All of it, and the part that is of isolated positions.
    ENGINE_INLINE Wide unrealized(AccountIndex account, std::uint32_t currency) const {
        see_marks(account, currency);
        const Wallet& its = wallet(account, currency);
        return its.balance.unrealized + its.isolated;
    }
    Wide isolated(AccountIndex account, std::uint32_t currency) const {
        see_marks(account, currency);
        return wallet(account, currency).isolated;
    }
    // What may be spent or withdrawn: profits of open positions may not. Isolated ones count for
    // neither, but by their margin.
    Wide available(AccountIndex account, std::uint32_t currency) const;
    // What may be lost and required: profits of open positions count.
    ENGINE_INLINE Wide free(AccountIndex account, std::uint32_t currency) const {
        see_marks(account, currency);
        const Balance& its = wallet(account, currency).balance;
        return its.amount - its.held - its.margin + its.unrealized;
    }
    // -- funding
    void set_index(std::uint32_t instrument, std::int64_t price) {
        indexes_[instrument] = {true, price >= 1, price};
    }
    const Funded& funded(std::uint32_t instrument) const {
        return funded_[instrument];
    }
    // Why an instrument that has funding can not pay any at this time, by the rate that is told or
    // else by the one that its prices make; what it comes to where it can.
    RejectReason accrual(std::uint32_t instrument, const std::int64_t* told, std::uint64_t time,
                         Accrual* found) const;
    // Lets the positions of instruments pay each other.
    void fund(const std::vector<Due>& dues, std::uint64_t time);

    // -- liquidation
    // What a position must be worth at least to be kept, and what an isolated one has to lose
    // without what its orders require.
    Wide maintenance(const Position& position) const;
    // The same where its size is worth so much at the mark.
    Wide maintenance_at(const Position& position, Wide value) const;
    Wide assigned(const Position& position) const;
    // Of which value its maintenance margin is, when it is worth so much at the mark.
    Wide margin_value(const Position& position, Wide value) const {
        const bool is_of_entry = contracts_[position.instrument].value_at_entry;
        return is_of_entry ? size_of(position.entry_value) : value;
    }
    // Of all positions in a currency that are not isolated; and what stands for these.
    Wide maintenance(AccountIndex account, std::uint32_t currency) const;
    Wide isolated_margin(AccountIndex account, std::uint32_t currency) const;
    // Whether the equity of an isolated position, or of the others in a currency, is below that.
    // Those without a mark are not watched.
    bool is_lost(Index party) const;
    bool is_lost(AccountIndex account, std::uint32_t currency) const;
    // The accounts with something that is lost, by number; all but one. Looks at all positions that
    // are not isolated, and at isolated ones that may be lost.
    std::vector<AccountIndex> losers(AccountIndex but);
    // The accounts of which something may have a maintenance margin of so many billionths of its
    // equity, or more, by number. Those with positions that are not isolated all may.
    std::vector<AccountIndex> near_losing(std::int64_t level);
    // The positions of an account that are not 0, by instrument, the long one of two first.
    std::vector<Index> positions_of(AccountIndex account) const;
    bool is_shared(Index party, std::uint32_t currency) const {
        const Position& its = positions_[party];
        return its.is_isolated == 0 && contracts_[its.instrument].settle == currency;
    }
    std::int64_t mark(std::uint32_t instrument) const {
        return marks_[instrument].price;
    }
    bool has_mark(std::uint32_t instrument) const {
        return marks_[instrument].is_known;
    }
    // Those in an instrument, by account, the long one of two first.
    std::vector<Index> parties_in(std::uint32_t instrument) const;
    // A position trades lots at the mark, below 0 when they are sold, without an order and a fee.
    void move_at_mark(Index party, std::int64_t lots, std::uint64_t time);
    // Whether a part of what an account has in an instrument was closed within the cooldown of its
    // contract, and that one is closed now.
    bool was_parted(Index party, std::uint64_t time) const;
    void note_part(Index party, std::uint64_t time);
    const Parted& parted() const {
        return parted_;
    }
    // A position bears a part of what another account has lost: an isolated one out of its margin.
    void bear(Index party, AccountIndex other, Wide part);

    // -- what it is worth, to its orders
    // That of a position with all that is open, and the least that the contract allows there.
    std::int64_t initial_rate(const Position& position) const;
    std::int64_t least_rate(AccountIndex account, std::uint32_t instrument) const;

    // -- what orders hold
    // The value of an order to the margin: by its size, rounded up.
    Wide order_value(std::uint32_t instrument, std::int64_t lots, std::int64_t price) const {
        return size_of(worth(instrument, lots, price));
    }
    // The same, below 0 where the price is.
    Wide worth(std::uint32_t instrument, std::int64_t lots, std::int64_t price) const;
    // What lots would lose at the mark that come for such a value, where an order must find that.
    Wide open_loss(std::uint32_t instrument, bool is_buyer, std::int64_t lots, Wide worth) const;
    // Whether an account may have an order of lots with such a value in all, which would lose so
    // much at once, instead of one that holds for `instead_of`. Of two positions it is the one
    // that such an order opens.
    bool affords(AccountIndex account, std::uint32_t instrument, bool is_buyer, std::int64_t lots,
                 Wide value, Wide loss, const Held& instead_of) const;
    // What affords() compares, and affords_rate() below, where it says no.
    Shortfall shortfall(AccountIndex account, std::uint32_t instrument, bool is_buyer,
                        std::int64_t lots, Wide value, Wide loss, const Held& instead_of) const;
    Shortfall shortfall_of_rate(AccountIndex account, std::uint32_t instrument,
                                std::int64_t rate) const;
    Shortfall shortfall_of_margin(Index party, Wide amount) const;
    // The same question of a derivative, answered by exposures.
    Prospect prospect(AccountIndex account, std::uint32_t instrument, bool is_buyer,
                      std::int64_t lots, Wide value, const Held& instead_of) const;
    // An order held for the one, and holds for the other from now on.
    void hold(Index party, bool is_buyer, const Held& before, const Held& after);

    // -- plain orders, in admission.hpp. Each answer is sure where it is yes; where it is no, the
    // general way knows.
    // Whether the account may submit or replace orders here.
    bool may_order(Index party) const;
    // Whether it may submit one more, and this one.
    bool may_submit(Index party, const Asked& asked, bool stays, std::uint64_t time);
    // The value of an order with a limit, as order_value() has it, where it has 63 bits.
    bool value_of_order(std::uint32_t instrument, std::int64_t lots, std::int64_t price,
                        std::int64_t* value) const;
    // Whether the value is within the bounds of the contract: of an order without a limit its
    // quantity's at the market price, and only the lower one.
    bool is_worth_enough(const PlainOrder& order) const;
    // Whether quantity, value and price are within the limits of the account.
    bool is_within_limits(const PlainOrder& order);
    // Whether the account may have what the order comes to, or holds for it, or both.
    template <Admission HOW>
    bool admit(const PlainOrder& order, std::uint64_t time);
    // The same of an order with a limit, with may_order() and all that limits and bounds say of it,
    // without a closer look than most take: false has changed nothing, and these are to be asked.
    template <Admission HOW>
    bool admits_at_once(Index party, bool is_buyer, const Held& after, const Held& before);
    // The same of an order without a limit that would trade so many lots for such a value.
    bool admits_cost_at_once(Index party, bool is_buyer, std::int64_t quantity, std::int64_t lots,
                             std::int64_t value);
    // An order holds for other lots at its price, which is for admit() where this is false.
    bool holds_at_once(Index party, bool is_buyer, std::int64_t price, std::int64_t lots,
                       std::int64_t lots_before);
    // Pays as pay() does; the maker's order held for so many lots at its price.
    Fees pay_plain(Index maker, Index taker, const TradeSide& side, std::int64_t maker_held,
                   std::uint64_t time);

    // -- what is paid
    // Pays both parties of a trade: the maker first. `side` is the taker's. The maker's order held
    // for `maker_held` lots at the price of the trade, and now holds for those that are left.
    Fees pay(Index maker, Index taker, const TradeSide& side, bool is_auction, std::uint64_t time,
             std::int64_t maker_held = 0);
    // REQUIRES: what is taken is available, and all deposits fit in 64 bits.
    void deposit(AccountIndex account, std::uint32_t currency, std::int64_t amount);
    void transfer(AccountIndex from, AccountIndex to, std::uint32_t currency, Wide amount);
    // Modes. REQUIRES: another one is not fixed.
    void set_position_mode(AccountIndex account, std::uint32_t instrument, PositionMode mode);
    void set_margin_mode(AccountIndex account, std::uint32_t instrument, MarginMode mode);
    // Whether so much can be added to the margin of an isolated position, and adds it; below 0 it
    // is taken back.
    bool affords_margin(Index party, Wide amount) const;
    void add_margin(Index party, Wide amount);
    // Whether the account can have this rate of initial margin, and gives it to it.
    bool affords_rate(AccountIndex account, std::uint32_t instrument, std::int64_t rate) const;
    void set_rate(AccountIndex account, std::uint32_t instrument, std::int64_t rate);

    // That nothing was made or lost, that sums are the sums of their parts, and that what is held
    // is what these orders, which are all, hold.
    void check(const std::vector<OpenOrder>& orders) const;

    // -- an instrument that moves to other accounts of the same numbers, in holdings.cpp
    // What they have in it, when these are all its orders, without the money that goes with it.
    // O(positions), as the next ones.
    Holdings holdings(std::uint32_t instrument, const std::vector<OpenOrder>& orders) const;
    // By instrument, whether anybody has anything to say of it. O(positions).
    std::vector<bool> in_use() const;
    // How an account stands in a currency. O(positions of the account).
    Means means(AccountIndex account, std::uint32_t currency) const;
    // Gets ready for what comes. Throws std::bad_alloc; nobody sees that it was called.
    void make_room(const Holdings& coming);
    // Adds what has come to what there is, and takes what has gone away. Nothing fails.
    // REQUIRES: make_room() for it, and nothing is there of the instrument; or all of it is.
    void receive(const Holdings& coming, Parted parted);
    void release(const Holdings& going);
    // Comes to have the accounts, limits and switches of others, and nothing of what they own.
    // REQUIRES: the same currencies and contracts, and there are no accounts yet.
    void follow(const Accounts& others);

    // -- the image, in image.cpp: O(everything)
    // Accounts by number, in which order an image has them.
    std::vector<AccountIndex> by_number() const;
    // Positions have paid their funding then.
    void save(Packer& out) const;
    // REQUIRES: currencies and contracts are those of the accounts that were saved, and there are
    // no accounts yet.
    void load(Unpacker& in);

  private:
    static Exposure exposure(const Position& position, Wide buys, Wide sells) {
        const Wide entry = position.lots < 0 ? -position.entry_value : position.entry_value;
        return {entry + buys, entry - sells};
    }
    static std::uint64_t key(std::uint32_t number, std::uint32_t instrument) {
        return std::uint64_t{number} << 32 | instrument;
    }
    static std::uint64_t key_of(const Position& position) {
        return key(position.number, position.instrument);
    }
    Wallet& wallet(AccountIndex account, std::uint32_t currency) const {
        return wallets_[std::size_t{account} * currency_count_ + currency];
    }
    ENGINE_NOINLINE Index one_of_two(Index party, bool is_short) const;
    const Apart& apart(const Position& position) const {
        static constexpr Apart NOTHING;
        return keeps_apart_ ? apart_[index_of(position)] : NOTHING;
    }
    void keep_apart();
    void set_isolated(Index party, bool is_isolated);
    void note_shared(Index party, bool is_isolated);
    // Something has changed that the key of an isolated position is made of.
    void note_watched(const Position& position) {
        if (position.is_isolated != 0) watch_.note(index_of(position), position.instrument);
    }
    ENGINE_NOINLINE Index new_party(std::uint32_t number, std::uint32_t instrument);
    Index new_position(AccountIndex account, std::uint32_t instrument);
    void make_other(Index party);
    Index any_party(AccountIndex account, std::uint32_t instrument) {
        return party_of(accounts_[account].number, instrument);
    }
    // The long one, or the only one, and the short one; either may be NIL.
    std::array<Index, 2> both(AccountIndex account, std::uint32_t instrument) const;
    Prospect prospect_of(const Position& held, bool is_buyer, std::int64_t lots, Wide value,
                         const Held& instead_of, Wide given_up) const;
    static Open open_of(const Position& position) {
        return {position.buys, position.sells, position.open_lots[TO_BUY],
                position.open_lots[TO_SELL]};
    }
    // The least rate and the margin with so much open, this at a rate that is at least what the
    // account has chosen.
    std::int64_t least_rate_of(const Position& position, const Open& open) const;
    Wide margin_of(const Position& position, const Open& open, std::int64_t chosen) const;
    // What its initial margin is of: an exposure, but for the price that the position counts at.
    Exposure required(const Position& position, Wide buys, Wide sells) const;
    // What a position at rest requires may be another.
    void renew_margin(Position& position, Wallet& wallet) const;
    // A mark was told since its margin was found, or the open interest has changed.
    void see_mark_in_margin(Position& position, Wallet& its) const;
    Wide open_interest(std::uint32_t instrument) const;
    void note_open_interest(const Position& position, std::int64_t before);
    // What counts as added to the margin of a position if it has another rate: what was assigned to
    // it stays.
    Wide added_by(const Position& position, std::int64_t rate) const;
    // What there is for more margin: of an isolated position, no profit of another.
    Wide to_require(const Position& position, std::uint32_t currency) const {
        return ENGINE_UNLIKELY(position.is_isolated) ? available(position.account, currency)
                                                     : free(position.account, currency);
    }
    // Positions with funding by index pay when one that is settled in the same currency is looked
    // at, by questions too: nobody can tell when they did.
    ENGINE_INLINE void settle(const Position& position, Wallet& its) const {
        const Contract& contract = contracts_[position.instrument];
        if (ENGINE_LIKELY(!contract.is_beside_funding)) return;
        if (its.tally.fundings_seen != fundings_[contract.settle]) {
            pay_funding(position.account, contract.settle);
        }
    }
    ENGINE_NOINLINE void pay_funding(AccountIndex account, std::uint32_t currency) const;
    void begin_day(AccountIndex account, std::uint32_t currency) const;
    void begin_days() const;
    std::uint32_t day_funded(const Position& position) const;
    void pay_before_day(const Position& position, Wallet& its, std::uint32_t day) const;
    void unite_funding(Position& only, Position& short_one);
    Wide collect_funding(const Position& position, Wide now) const;
    void take_funding(const Position& position, Wallet& its, Wide paid) const;
    // After this no position moves, what they would gain is as the marks are that were told last,
    // and their funding is paid.
    ENGINE_INLINE void see_marks(AccountIndex account, std::uint32_t currency) const {
        Wallet& its = wallet(account, currency);
        if (its.first_moving != NIL) come_to_rest(its);
        const bool is_known = its.marks_seen == marks_told_[currency];
        if (ENGINE_UNLIKELY(!is_known)) sum_gains(account, currency);
    }
    // The end of a list of positions that move.
    static constexpr Index LAST_MOVING = ~Index{0};
    static bool moves(const Position& position) {
        return position.next_moving != NIL;
    }
    // Takes a position out of the sums of its wallet, or brings all back into them.
    void begin_to_move(Index party, Wallet& its);
    // The same of one that has no part of them.
    void list_as_moving(Index party, Wallet& its);
    ENGINE_NOINLINE void come_to_rest(Wallet& its) const;
    void come_to_rest(Position& position, Wallet& its) const;
    // Whether it can move: all its numbers are small, and a rate is all that margin takes.
    bool may_move(const Position& position) const;
    // Lets a position move that can, false for others.
    bool lets_move(Index party, Wallet& its) {
        if (ENGINE_LIKELY(moves(positions_[party]))) return true;
        if (!may_move(positions_[party])) return false;
        begin_to_move(party, its);
        return true;
    }
    // Of a position that is to move: the room of its wallet is for all rates that there are.
    void note_rate(const Position& position, Wallet& its) const;
    static void note_rate(std::int64_t rate, Wallet& its);
    // What may come, from what a wallet at rest comes to.
    ENGINE_NOINLINE void find_room(Wallet& its) const;
    // The same where that is not known, or was found at other marks.
    ENGINE_INLINE void see_room(Wallet& its, AccountIndex account, std::uint32_t currency) const {
        const bool is_known = its.marks_seen == marks_told_[currency] && its.room.value != 0;
        if (ENGINE_LIKELY(is_known)) return;
        see_marks(account, currency);
        find_room(its);
    }
    bool trades_alone(Index party, std::uint32_t currency) {
        return lets_move(party, wallet(positions_[party].account, currency));
    }
    template <Admission HOW>
    bool takes(Position& position, Wallet& its, const OpenChange& change,
               std::int64_t position_most);
    void see_common_limits(std::uint32_t instrument);
    void find_bounds(std::uint32_t instrument);
    void find_trade_terms(std::uint32_t instrument);
    // Something has changed that any order is held against: positions need a closer look once.
    void note_news();
    // That such a look has found nothing against the next order of a position that moves.
    void note_seen(Position& position, const Wallet& its);
    void make_ready(AccountIndex account, std::uint32_t instrument);
    void begin_at_once(Index party);
    void refresh(Position& position, Wallet& wallet, const Exposure& before);
    void see_limits(Account& account);
    void see_limits(Position& position);
    void see_limits(Wallet& wallet, AccountIndex account, std::uint32_t currency);
    const OrderLimits& limits_of(Position& position);
    const OrdersLimits& limits_of(Account& account);
    bool is_within_exposures(Position& position, Wallet& its, std::int64_t lots,
                             const Exposure& sum, Wide gross, std::uint64_t time);
    bool admit_at_rest(const PlainOrder& order, Admission how, std::uint64_t time);
    ENGINE_NOINLINE bool admit_any(const PlainOrder& order, Admission how, std::uint64_t time);
    bool affords_any(const PlainOrder& order, Admission how, std::uint64_t time);
    // `side` is the taker's, of which `BUYS` is; of a trade of that value, `gap` from the mark's.
    template <bool BUYS>
    Fees pay_both(Index maker, Index taker, const TradeSide& side, std::int64_t value,
                  std::int64_t gap, std::uint64_t time);
    template <bool BUYS, Liquidity ROLE>
    std::int64_t pay_small(Index party, const TradeSide& side, std::int64_t value, std::int64_t gap,
                           std::uint64_t time);
    ENGINE_OUTLINE std::int64_t fee_of_tier(const Position& position, std::int64_t value,
                                            Liquidity role) const;
    ENGINE_NOINLINE void note_gain(Position& position, Wallet& wallet) const;
    ENGINE_NOINLINE void sum_gains(AccountIndex account, std::uint32_t currency) const;
    Wide spot_need(const Contract& contract, bool is_buyer, std::int64_t lots, Wide value) const;
    std::int64_t pay_one(Index party, const TradeSide& side, Wide value, bool is_maker,
                         std::uint64_t time, std::int64_t held);
    Wide move_position(Position& position, const TradeSide& side, Wide value);
    Wide gain_of_position(const Position& position, Wide* value) const;
    Wide fee_to_close(const Position& position, Wide value) const;
    Wide fixed_maintenance(const Position& position) const;
    std::int64_t next_funding_of(const Position& position) const {
        return next_funding(contracts_[position.instrument], position.lots < 0 ? -1 : 1,
                            funded_[position.instrument].rate);
    }
    void note_next_funding(std::uint32_t instrument);
    // What was added comes to be more; the same of funding, which changes no key.
    void change_added(const Position& position, Wide more);
    void shift_added(const Position& position, Wide more) const;
    void find_shared_losers(std::vector<AccountIndex>* found) const;
    void find_isolated_losers(std::vector<AccountIndex>* found);
    // By number, each once.
    void sort(std::vector<AccountIndex>* found) const;
    // Calls for each position of derivatives that is not isolated, in the order in which they lie.
    template <class Visit>
    void for_shared(const Visit& visit) const;
    // Instead of a level of warnings: a position is lost.
    static constexpr std::int64_t LOST = 0;
    // The isolated positions whose keys are not above the bound of their instrument and group.
    std::vector<Index> watched_within(std::int64_t level);
    void watch_noted(std::uint32_t instrument);
    Keyed keyed(Index party) const;
    std::int64_t watch_bound_of(std::uint32_t instrument, std::uint32_t group,
                                std::uint64_t lots_most, std::int64_t level) const;
    Wide needed(const Position& position) const;
    Holding new_holding(AccountIndex account, std::uint32_t instrument) const;
    void read_part(Holding* holding, Index party) const;
    void shift_money(const Holdings& moved, Wide sign);
    void receive(const Holding& holding, std::uint32_t instrument);
    void put_part(const Part& part, Index party);
    void take_part(Index party);
    void pay_from(std::uint32_t instrument, Wide index);
    void save_wallets(Packer& out, AccountIndex owner) const;
    void load_wallets(Unpacker& in, AccountIndex owner);
    void save_positions(Packer& out, AccountIndex owner) const;
    void load_positions(Unpacker& in, AccountIndex owner);
    bool is_blank(Index party) const;
    void check_watched(Index party) const;
    void check_modes(const Position& first, const Position& position) const;
    void check_sums() const;

    static constexpr Index WORD_BITS = 64;

    bool is_kept_ = false;
    std::vector<Contract> contracts_;  // by instrument
    Array<OrderBounds> bounds_;        // by instrument
    Array<TradeTerms> trade_terms_;    // by instrument
    std::vector<Told> marks_;          // by instrument, as the next two
    std::vector<Told> indexes_;
    std::vector<Funded> funded_;
    std::vector<Wide> open_interest_;  // by instrument, lots: where rates grow with it
    std::uint32_t count_ = 0;
    Array<Account> accounts_;
    KeyIndex by_number_;  // one more than the account's index
    std::uint32_t currency_count_ = 0;
    mutable Array<Wallet> wallets_;          // by account, then currency
    std::vector<std::uint32_t> fundings_;    // by currency, how many FUNDs there were
    std::vector<std::uint64_t> marks_told_;  // by currency, how many, and how often funding came
    mutable std::vector<Wide> rounding_;     // by currency
    std::vector<Wide> house_;                // by currency
    std::vector<std::int64_t> deposits_;     // by currency, less withdrawals
    Limits limits_;
    std::uint32_t news_ = 1;
    OrdersLimits common_orders_limits_ = Limits{}.of_orders(NO_ACCOUNT);
    std::vector<OrderLimits> common_limits_;                         // by instrument, those for all
    std::vector<OwnLimits> own_limits_ = std::vector<OwnLimits>(1);  // by Position::own_limits
    Index position_count_ = 1;                                       // the first is none
    mutable Array<Position> positions_;
    Parted parted_;
    bool keeps_apart_ = false;    // some position was hedged or isolated
    mutable Array<Apart> apart_;  // by position, where that is so
    bool has_funding_ = false;    // some contract has
    // How often a FUND was the first of a day in its instrument; and how often that was when all
    // accounts had noted with which results their days began.
    std::uint64_t days_funded_ = 0;
    mutable std::uint64_t days_begun_ = 0;
    mutable Array<Paid> paid_;  // by position, where there is funding
    KeyIndex by_key_;
    // By position, a bit each: those of derivatives that are not isolated.
    std::vector<std::uint64_t> shared_;
    LiquidationWatch watch_;  // of isolated positions
};

}  // namespace engine
