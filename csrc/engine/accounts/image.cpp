// What accounts, their limits and their rate limits are, as an image has it: docs/image-format.md.
//
// Accounts and all that is theirs go by number, so that two engines in the same state have the same
// bytes, whatever order they did things in. What follows from other numbers, or is only remembered
// to be quick, is not written: it is found again.
#include <algorithm>
#include <numeric>
#include <set>
#include <tuple>
#include <utility>

#include "engine/accounts/accounts.hpp"
#include "engine/accounts/tier_rates.hpp"
#include "engine/base/archive.hpp"

namespace engine {

namespace {

template <class Archive>
void fields(Archive& archive, Archived<Archive, Asked>& its) {
    archive(its.instrument, its.side, its.type, its.price, its.trigger_price, its.quantity);
}

template <class Archive>
void fields(Archive& archive, Archived<Archive, Account>& its) {
    archive(its.number, its.group, its.tier, its.flags, its.has_last, its.has_isolated,
            its.live_orders, its.last_time);
    if (its.has_last) fields(archive, its.last);
}

template <class Archive>
void fields(Archive& archive, Archived<Archive, Wallet>& its) {
    archive(its.balance.amount, its.balance.held, its.balance.margin, its.balance.unrealized,
            its.isolated, its.tally.sum.longs, its.tally.sum.shorts, its.tally.gross, its.tally.day,
            its.tally.result, its.tally.best, its.tally.begin);
}

template <class Archive>
void fields(Archive& archive, Archived<Archive, Position>& its) {
    archive(its.lots, its.entry_value, its.buys, its.sells, its.margin, its.unrealized,
            its.open_lots[TO_BUY], its.open_lots[TO_SELL], its.realized, its.fees);
}

// The index is that from which on lots pay: nothing of a position that has none.
template <class Archive>
void fields(Archive& archive, Archived<Archive, Paid>& its, std::int64_t lots) {
    archive(its.funding, its.rest);
    if (lots != 0) archive(its.index);
}

template <class Archive>
void fields(Archive& archive, Archived<Archive, Funded>& its) {
    archive(its.index, its.rate, its.time, its.has_begun);
}

// Bits of a position, before its fields.
enum : std::uint8_t { IS_HEDGED = 1, IS_ISOLATED = 2, IS_SHORT = 4, ALL_BITS = 7 };

void save_numbers(Packer& out, const std::set<std::uint32_t>& numbers) {
    out.put(numbers.size());
    for (const std::uint32_t number : numbers) out.put(number);
}

}  // namespace

// -- limits

void Limits::save(Packer& out, const std::vector<std::uint32_t>& numbers) const {
    std::vector<LimitSet> sets = all();
    const auto place = [&numbers](const LimitSet& set) {
        const bool is_common = set.account == NO_ACCOUNT;
        return std::tuple(!is_common, is_common ? 0 : numbers[set.account], set.limit, set.of);
    };
    std::sort(sets.begin(), sets.end(), [&place](const LimitSet& one, const LimitSet& other) {
        return place(one) < place(other);
    });
    out.put(sets.size());
    for (const LimitSet& set : sets) {
        const bool is_common = set.account == NO_ACCOUNT;
        out.put(is_common ? 0 : std::uint64_t{numbers[set.account]} + 1);
        out.put(static_cast<std::uint64_t>(set.limit));
        out.put(set.of);
        out.put_signed(set.value);
    }
    out.put(is_venue_off_ ? 1 : 0);
    save_numbers(out, accounts_off_);
    save_numbers(out, groups_off_);
    save_numbers(out, instruments_off_);
}

void Limits::load(Unpacker& in, const std::vector<std::uint32_t>& numbers) {
    for (std::uint64_t count = in.get(); count-- > 0 && in.is_sound();) {
        LimitSet set{NO_ACCOUNT, Limit{}, 0, 0};
        const std::uint64_t owner = in.get();
        const std::uint64_t limit = in.get();
        set.of = in.get_as<std::uint32_t>();
        set.value = in.get_signed();
        in.require(limit != 0 && limit < LIMITS && set.value >= 0);
        if (owner != 0) {
            // They are in the order of their numbers.
            const auto found = std::lower_bound(numbers.begin(), numbers.end(), owner - 1);
            in.require(found != numbers.end() && *found == owner - 1);
            set.account = static_cast<AccountIndex>(found - numbers.begin());
        }
        if (!in.is_sound()) return;
        set.limit = static_cast<Limit>(limit);
        this->set(set);
    }
    const std::uint64_t venue = in.get();
    in.require(venue <= 1);
    if (venue == 1) turn(0, 0, true);
    for (const auto scope :
         {SwitchScope::BY_ACCOUNT, SwitchScope::BY_GROUP, SwitchScope::BY_INSTRUMENT}) {
        for (std::uint64_t count = in.get(); count-- > 0 && in.is_sound();) {
            turn(static_cast<SwitchScopes>(scope), in.get_as<std::uint32_t>(), true);
        }
    }
}

// -- rate limits

void RateLimits::save(Packer& out, const std::vector<std::uint32_t>& users) const {
    out.put(time_);
    out.put(epoch_);
    out.put(epoch_end_);
    for (const std::uint32_t user : users) {
        // What was noted with what is left follows from it, now that all is counted.
        const std::uint64_t* const words = counted(user);
        const std::size_t noted = layout_.left == NO_PLACE ? words_a_user_ : layout_.noted / 2;
        for (std::size_t i = 0; i < words_a_user_; i++) {
            std::uint64_t word = words[i];
            if (i == noted) set_half(word, layout_.noted, 0);
            out.put(word);
        }
    }
}

void RateLimits::load(Unpacker& in) {
    time_ = in.get();
    epoch_ = in.get();
    epoch_end_ = in.get();
    for (std::uint32_t user = 0; user < users_ && in.is_sound(); user++) {
        std::uint64_t* const words = record(user);
        for (std::size_t i = 0; i < words_a_user_; i++) words[i] = in.get();
        in.require(static_cast<std::uint32_t>(words[0]) < tiers_.size());
        if (!in.is_sound()) words[0] = 0;
        note_windows(words);
    }
}

void TierRates::save(Packer& out, const std::vector<std::uint32_t>& users) const {
    out.put(is_any() ? 1 : 0);
    if (!is_any()) return;
    const std::vector<TierRate> rates = all();
    out.put(rates.size());
    for (const TierRate& rate : rates) {
        out.put(rate.tier);
        out.put(static_cast<std::uint64_t>(rate.limit));
        out.put_signed(rate.value);
    }
    limiter_->save(out, users);
}

void TierRates::load(Unpacker& in, const Accounts& accounts) {
    const std::uint64_t is_there = in.get();
    in.require(is_there <= 1);
    if (!in.is_sound() || is_there == 0) return;
    begin(accounts);
    for (std::uint64_t count = in.get(); count-- > 0 && in.is_sound();) {
        const auto tier = in.get_as<std::uint8_t>();
        const std::uint64_t limit = in.get();
        const std::int64_t value = in.get_signed();
        in.require(limit != 0 && limit < SETTINGS && value >= 0 && value <= RATE_LIMIT_MAX);
        if (in.is_sound()) set({tier, static_cast<RateLimit>(limit), value});
    }
    limiter_->load(in);
}

// -- accounts

std::vector<AccountIndex> Accounts::by_number() const {
    std::vector<AccountIndex> all(count_);
    std::iota(all.begin(), all.end(), AccountIndex{0});
    const auto is_before = [this](AccountIndex one, AccountIndex other) {
        return accounts_[one].number < accounts_[other].number;
    };
    if (!std::is_sorted(all.begin(), all.end(), is_before)) {
        std::sort(all.begin(), all.end(), is_before);
    }
    return all;
}

void Accounts::save(Packer& out) const {
    const std::vector<AccountIndex> owners = by_number();
    for (const AccountIndex owner : owners) {
        for (std::uint32_t i = 0; i < currency_count_; i++) see_marks(owner, i);
    }
    Saver saver(out);
    saver(currency_count_);
    saver(rounding_, house_, deposits_);
    for (std::size_t i = 0; i < contracts_.size(); i++) {
        for (const Told& told : {marks_[i], indexes_[i]}) saver(told.was_told, told.price);
        fields(saver, funded_[i]);
    }
    saver(count_);
    for (const AccountIndex owner : owners) {
        fields(saver, accounts_[owner]);
        save_wallets(out, owner);
        save_positions(out, owner);
    }
    saver(static_cast<std::uint64_t>(parted_.size()));
    for (const auto& [place, time] : parted_) saver(place.first, place.second, time);
    std::vector<std::uint32_t> numbers(count_);
    for (AccountIndex i = 0; i < count_; i++) numbers[i] = accounts_[i].number;
    limits_.save(out, numbers);
}

// Only currencies of which it has, or had, anything.
void Accounts::save_wallets(Packer& out, AccountIndex owner) const {
    Saver saver(out);
    const auto is_blank = [](const Wallet& its) {
        const Balance& balance = its.balance;
        const Tally& tally = its.tally;
        return balance.amount == 0 && balance.held == 0 && balance.margin == 0 &&
               balance.unrealized == 0 && its.isolated == 0 && tally.sum == Exposure{} &&
               tally.gross == 0 && tally.day == 0 && tally.result == 0 && tally.best == 0 &&
               tally.begin == 0;
    };
    std::uint32_t count = 0;
    for (std::uint32_t i = 0; i < currency_count_; i++) count += is_blank(wallet(owner, i)) ? 0 : 1;
    saver(count);
    for (std::uint32_t i = 0; i < currency_count_; i++) {
        const Wallet& its = wallet(owner, i);
        if (is_blank(its)) continue;
        saver(i);
        fields(saver, its);
    }
}

void Accounts::load_wallets(Unpacker& in, AccountIndex owner) {
    Loader loader(in);
    for (std::uint64_t count = in.get(); count-- > 0 && in.is_sound();) {
        const auto currency = in.get_as<std::uint32_t>();
        in.require(currency < currency_count_);
        if (in.is_sound()) fields(loader, wallet(owner, currency));
    }
}

// A position of which there is nothing to say is none; the short one of two is said where there
// are two.
bool Accounts::is_blank(Index party) const {
    const Position& its = positions_[party];
    const Paid& funding = paid(its);
    return its.lots == 0 && its.chosen_rate == 0 && its.is_hedged == 0 && its.is_isolated == 0 &&
           its.entry_value == 0 && its.buys == 0 && its.sells == 0 && its.margin == 0 &&
           its.unrealized == 0 && its.open_lots[TO_BUY] == 0 && its.open_lots[TO_SELL] == 0 &&
           its.realized == 0 && its.fees == 0 && funding.funding == 0 && funding.rest == 0;
}

void Accounts::save_positions(Packer& out, AccountIndex owner) const {
    Saver saver(out);
    std::vector<Index> parties;
    for (Index at = accounts_[owner].first_position; at != NIL; at = positions_[at].next) {
        const bool is_other = apart(positions_[at]).is_short && positions_[at].is_hedged == 0;
        if (!is_other && !is_blank(at)) parties.push_back(at);
    }
    const auto place = [this](Index party) {
        return std::pair(positions_[party].instrument, apart(positions_[party]).is_short);
    };
    std::sort(parties.begin(), parties.end(),
              [&place](Index one, Index other) { return place(one) < place(other); });
    saver(static_cast<std::uint64_t>(parties.size()));
    for (const Index party : parties) {
        const Position& its = positions_[party];
        unsigned bits = its.is_hedged != 0 ? IS_HEDGED : 0;
        bits |= its.is_isolated != 0 ? IS_ISOLATED : 0;
        bits |= apart(its).is_short ? IS_SHORT : 0;
        const std::uint32_t rate = its.chosen_rate;
        saver(its.instrument, static_cast<std::uint8_t>(bits), rate);
        fields(saver, its);
        if (its.is_isolated != 0) saver(apart(its).added);
        if (has_funding(contracts_[its.instrument])) fields(saver, paid(its), its.lots);
    }
}

void Accounts::load_positions(Unpacker& in, AccountIndex owner) {
    Loader loader(in);
    for (std::uint64_t count = in.get(); count-- > 0 && in.is_sound();) {
        std::uint32_t instrument = 0;
        std::uint8_t bits = 0;
        std::uint32_t rate = 0;
        loader(instrument, bits, rate);
        in.require(instrument < contracts_.size() && bits <= ALL_BITS && rate <= RATE_MOST);
        if (!in.is_sound()) return;
        const bool is_short = (bits & IS_SHORT) != 0;
        const Index first = find_party(accounts_[owner].number, instrument);
        // The short one of two comes right behind the long one.
        const bool is_second = first != NIL && positions_[first].is_hedged != 0 &&
                               apart(positions_[first]).other == NIL;
        in.require(is_short ? is_second && (bits & IS_HEDGED) != 0 : first == NIL);
        if (!in.is_sound()) return;
        if ((bits & (IS_HEDGED | IS_ISOLATED)) != 0) keep_apart();
        const Index party =
            is_short ? new_position(owner, instrument) : any_party(owner, instrument);
        if (is_short) {
            apart_[first].other = party;
            apart_[party] = {.added = 0, .other = first, .is_short = true};
        }
        Position& its = positions_[party];
        come_to_rest(wallet(owner, contracts_[instrument].settle));
        its.is_hedged = (bits & IS_HEDGED) != 0;
        its.chosen_rate = rate & RATE_MOST;
        fields(loader, its);
        in.require(its.lots != INT64_LOWEST && its.open_lots[TO_BUY] >= 0 &&
                   its.open_lots[TO_SELL] >= 0);
        const std::uint8_t has_isolated = accounts_[owner].has_isolated;
        set_isolated(party, (bits & IS_ISOLATED) != 0);
        in.require(has_isolated == accounts_[owner].has_isolated);
        if (its.is_isolated != 0) loader(apart_[party].added);
        if (has_funding(contracts_[instrument])) fields(loader, paid_[party], its.lots);
        open_interest_[instrument] += std::max(its.lots, std::int64_t{0});
        note_watched(its);
    }
}

void Accounts::load(Unpacker& in) {
    Loader loader(in);
    in.require(in.get() == currency_count_ && count_ == 0);
    loader(rounding_, house_, deposits_);
    for (std::uint32_t i = 0; i < contracts_.size(); i++) {
        bool is_marked = false;
        bool is_indexed = false;
        std::int64_t mark = 0;
        std::int64_t index = 0;
        loader(is_marked, mark, is_indexed, index);
        if (is_marked) set_mark(i, mark);
        if (is_indexed) set_index(i, index);
        fields(loader, funded_[i]);
        funded_[i].index_at_day = funded_[i].index;  // all has paid for longer
    }
    // The profits that are written are those at these marks.
    std::fill(marks_told_.begin(), marks_told_.end(), 0);
    std::vector<std::uint32_t> numbers;
    for (std::uint64_t count = in.get(); count-- > 0 && in.is_sound();) {
        Account its{};
        fields(loader, its);
        in.require(numbers.empty() || its.number > numbers.back());
        if (!in.is_sound()) return;
        numbers.push_back(its.number);
        set(its.number, its.group, its.tier, its.flags);
        its.first_position = NIL;
        its.limits_seen = 0;
        accounts_[count_ - 1] = its;
        load_wallets(in, count_ - 1);
        load_positions(in, count_ - 1);
    }
    for (std::uint64_t count = in.get(); count-- > 0 && in.is_sound();) {
        std::pair<std::uint32_t, std::uint32_t> place;
        std::uint64_t time = 0;
        loader(place.first, place.second, time);
        in.require(parted_.empty() || place > parted_.rbegin()->first);
        if (in.is_sound()) parted_.emplace(place, time);
    }
    limits_.load(in, numbers);
    common_orders_limits_ = limits_.of_orders(NO_ACCOUNT);
    for (std::uint32_t i = 0; i < contracts_.size(); i++) see_common_limits(i);
}

}  // namespace engine
