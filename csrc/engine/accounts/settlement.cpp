#include "engine/accounts/settlement.hpp"

#include <array>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/base/numbers.hpp"

namespace engine {

namespace {

struct Moves {
    Wide base = 0;   // from seller to buyer
    Wide quote = 0;  // from buyer to seller
};

constexpr std::uint64_t key_of(std::uint32_t account, std::uint32_t currency) {
    return std::uint64_t{account} << 32 | currency;
}

SettlementFault moves_of(const Trade& trade, std::span<const SettlementTerms> terms, Moves* moves) {
    if (trade.instrument >= terms.size()) return SettlementFault::INSTRUMENT;
    if (trade.side != Side::BUY && trade.side != Side::SELL) return SettlementFault::SIDE;
    if (trade.quantity < 1) return SettlementFault::QUANTITY;
    const SettlementTerms& own = terms[trade.instrument];
    moves->base = wide(trade.quantity) * own.lot_units;
    if (!fits(moves->base)) return SettlementFault::BASE;
    moves->quote = 0;
    if (own.value_factor == 0) return SettlementFault::NONE;
    const Wide lot_ticks = wide(trade.quantity) * trade.price;
    if (!fits(lot_ticks)) return SettlementFault::QUOTE;
    moves->quote = lot_ticks * own.value_factor;
    return fits(moves->quote) ? SettlementFault::NONE : SettlementFault::QUOTE;
}

// Calls move(account, currency, amount) for what each account gets, below 0 pays; never of 0.
template <class Move>
ENGINE_INLINE void for_each_move(const Trade& trade, const SettlementTerms& terms,
                                 const Moves& moves, const TradeFees& fees, std::size_t index,
                                 Move move) {
    const auto give = [&](std::uint32_t account, std::uint32_t currency, Wide amount) {
        if (amount != 0) move(account, currency, amount);
    };
    const Wide sign = trade.side == Side::BUY ? 1 : -1;  // of what the taker buys
    const Wide maker_fee = fees.maker == nullptr ? 0 : fees.maker[index];
    const Wide taker_fee = fees.taker == nullptr ? 0 : fees.taker[index];
    give(trade.taker_account, terms.base, sign * moves.base);
    give(trade.maker_account, terms.base, -sign * moves.base);
    // Most fees are in the quote currency: those go into the same sum.
    if (terms.buyer_fee == terms.quote && terms.seller_fee == terms.quote) {
        give(trade.taker_account, terms.quote, -sign * moves.quote - taker_fee);
        give(trade.maker_account, terms.quote, sign * moves.quote - maker_fee);
        give(fees.account, terms.quote, maker_fee + taker_fee);
        return;
    }
    give(trade.taker_account, terms.quote, -sign * moves.quote);
    give(trade.maker_account, terms.quote, sign * moves.quote);
    const bool taker_buys = trade.side == Side::BUY;
    const std::uint32_t of_taker = taker_buys ? terms.buyer_fee : terms.seller_fee;
    const std::uint32_t of_maker = taker_buys ? terms.seller_fee : terms.buyer_fee;
    give(trade.taker_account, of_taker, -taker_fee);
    give(fees.account, of_taker, taker_fee);
    give(trade.maker_account, of_maker, -maker_fee);
    give(fees.account, of_maker, maker_fee);
}

// By account, then currency: by one byte of the key after the other, those left out that are the
// same in all.
void sort_transfers(std::vector<Transfer>* transfers) {
    constexpr std::size_t BYTES = sizeof(std::uint64_t);
    std::array<std::array<std::uint32_t, 256>, BYTES> counts{};
    const auto byte_of = [](const Transfer& transfer, std::size_t byte) {
        return key_of(transfer.account, transfer.currency) >> (8 * byte) & 0xFF;
    };
    for (const Transfer& transfer : *transfers) {
        for (std::size_t byte = 0; byte < BYTES; byte++) counts[byte][byte_of(transfer, byte)]++;
    }
    std::vector<Transfer> sorted(transfers->size());
    for (std::size_t byte = 0; byte < BYTES; byte++) {
        auto& count = counts[byte];
        if (count[byte_of(transfers->front(), byte)] == transfers->size()) continue;
        std::uint32_t before = 0;
        for (std::uint32_t& each : count) before += std::exchange(each, before);
        for (const Transfer& transfer : *transfers) {
            sorted[count[byte_of(transfer, byte)]++] = transfer;
        }
        transfers->swap(sorted);
    }
}

}  // namespace

std::size_t SumTable::slot_of(std::uint64_t key) const {
    std::size_t slot = mix(key) & (places_.size() - 1);
    while (places_[slot] != NONE && sums_[places_[slot]].key != key) {
        slot = (slot + 1) & (places_.size() - 1);
    }
    return slot;
}

std::uint32_t SumTable::find(std::uint64_t key) {
    std::size_t slot = slot_of(key);
    if (ENGINE_LIKELY(places_[slot] != NONE)) return places_[slot];
    if (2 * sums_.size() >= places_.size()) {
        grow();
        slot = slot_of(key);
    }
    ENGINE_ASSERT(sums_.size() < NONE);
    places_[slot] = static_cast<std::uint32_t>(sums_.size());
    sums_.push_back({key, 0});
    return places_[slot];
}

void SumTable::grow() {
    places_.assign(2 * places_.size(), NONE);
    for (std::size_t i = 0; i < sums_.size(); i++) {
        places_[slot_of(sums_[i].key)] = static_cast<std::uint32_t>(i);
    }
}

void SumTable::clear() {
    places_.assign(places_.size(), NONE);
    sums_.clear();
}

SettlementCheck Netting::add(std::span<const Trade> trades, std::span<const SettlementTerms> terms,
                             const TradeFees& fees) {
    for (std::size_t i = 0; i < trades.size(); i++) {
        Moves moves;
        const SettlementFault fault = moves_of(trades[i], terms, &moves);
        if (ENGINE_UNLIKELY(fault != SettlementFault::NONE)) {
            take_back(trades.first(i), terms, fees);
            return {fault, i};
        }
        for_each_move(trades[i], terms[trades[i].instrument], moves, fees, i,
                      [this](std::uint32_t account, std::uint32_t currency, Wide amount) {
                          nets_.add(key_of(account, currency), amount);
                          moved_ += amount < 0 ? -amount : amount;
                      });
    }
    if (ENGINE_LIKELY(fits(moved_))) return {};
    const std::size_t unfit = find_unfit(trades, terms, fees);
    if (unfit == trades.size()) return {};
    take_back(trades, terms, fees);
    return {SettlementFault::NET, unfit};
}

std::size_t Netting::find_unfit(std::span<const Trade> trades,
                                std::span<const SettlementTerms> terms, const TradeFees& fees) {
    for (std::size_t i = 0; i < trades.size(); i++) {
        Moves moves;
        bool is_unfit = false;
        ENGINE_ASSERT(moves_of(trades[i], terms, &moves) == SettlementFault::NONE);
        for_each_move(trades[i], terms[trades[i].instrument], moves, fees, i,
                      [&](std::uint32_t account, std::uint32_t currency, Wide) {
                          is_unfit |= !fits(nets_.amount_of(key_of(account, currency)));
                      });
        if (is_unfit) return i;
    }
    return trades.size();
}

void Netting::take_back(std::span<const Trade> trades, std::span<const SettlementTerms> terms,
                        const TradeFees& fees) {
    for (std::size_t i = 0; i < trades.size(); i++) {
        Moves moves;
        ENGINE_ASSERT(moves_of(trades[i], terms, &moves) == SettlementFault::NONE);
        for_each_move(trades[i], terms[trades[i].instrument], moves, fees, i,
                      [this](std::uint32_t account, std::uint32_t currency, Wide amount) {
                          nets_.add(key_of(account, currency), -amount);
                      });
    }
}

void Netting::clear() {
    nets_.clear();
    moved_ = 0;
}

std::vector<Transfer> Netting::transfers() const {
    std::vector<Transfer> transfers;
    transfers.reserve(nets_.sums().size());
    SumTable of_currency;
    for (const SumTable::Sum& net : nets_.sums()) {
        if (net.amount == 0) continue;
        ENGINE_ASSERT(fits(net.amount));
        const auto account = static_cast<std::uint32_t>(net.key >> 32);
        const auto currency = static_cast<std::uint32_t>(net.key);
        transfers.push_back({account, currency, static_cast<std::int64_t>(net.amount)});
        of_currency.add(currency, net.amount);
    }
    for (const SumTable::Sum& total : of_currency.sums()) ENGINE_ASSERT(total.amount == 0);
    if (!transfers.empty()) sort_transfers(&transfers);
    return transfers;
}

}  // namespace engine
