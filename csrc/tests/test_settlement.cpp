// Netting: random trades against sums that are kept in a map; what is refused changes nothing.
#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "check.hpp"
#include "engine/accounts/settlement.hpp"

namespace {

using engine::Netting;
using engine::SettlementFault;
using engine::SettlementTerms;
using engine::Side;
using engine::Trade;
using engine::Transfer;
using engine::Wide;

const std::vector<SettlementTerms> TERMS = {
    {.base = 2, .quote = 1, .buyer_fee = 1, .seller_fee = 1, .lot_units = 10, .value_factor = 3},
    {.base = 1, .quote = 3, .buyer_fee = 2, .seller_fee = 2, .lot_units = 1, .value_factor = 1},
    {.quote = 1, .buyer_fee = 1, .seller_fee = 1},
    {.base = 2, .quote = 1, .buyer_fee = 2, .seller_fee = 1, .lot_units = 1, .value_factor = 2},
};

Trade trade_of(std::uint32_t instrument, Side side, std::int64_t price, std::int64_t quantity,
               std::uint32_t maker, std::uint32_t taker) {
    Trade trade{};
    trade.instrument = instrument;
    trade.side = side;
    trade.price = price;
    trade.quantity = quantity;
    trade.maker_account = maker;
    trade.taker_account = taker;
    return trade;
}

std::vector<Trade> random_trades(check::Random& random, std::size_t count, std::uint64_t accounts) {
    std::vector<Trade> trades;
    for (std::size_t i = 0; i < count; i++) {
        const Side side = random.below(2) == 0 ? Side::BUY : Side::SELL;
        trades.push_back(trade_of(static_cast<std::uint32_t>(random.below(TERMS.size())), side,
                                  static_cast<std::int64_t>(random.below(100)) - 10,
                                  static_cast<std::int64_t>(random.below(50)) + 1,
                                  static_cast<std::uint32_t>(random.next() % accounts),
                                  static_cast<std::uint32_t>(random.next() % accounts)));
    }
    return trades;
}

using Sums = std::map<std::pair<std::uint32_t, std::uint32_t>, std::int64_t>;

Sums expected(const std::vector<Trade>& trades) {
    Sums sums;
    for (const Trade& trade : trades) {
        const SettlementTerms& terms = TERMS[trade.instrument];
        const std::int64_t sign = static_cast<std::int64_t>(trade.side);
        const std::int64_t base = sign * trade.quantity * terms.lot_units;
        const std::int64_t quote = sign * trade.quantity * trade.price * terms.value_factor;
        sums[{trade.taker_account, terms.base}] += base;
        sums[{trade.maker_account, terms.base}] -= base;
        sums[{trade.maker_account, terms.quote}] += quote;
        sums[{trade.taker_account, terms.quote}] -= quote;
    }
    std::erase_if(sums, [](const auto& sum) { return sum.second == 0; });
    return sums;
}

Sums as_map(const std::vector<Transfer>& transfers) {
    Sums sums;
    for (const Transfer& each : transfers) sums[{each.account, each.currency}] = each.amount;
    CHECK_EQUAL(sums.size(), transfers.size());
    return sums;
}

}  // namespace

TEST("transfers are the sums of a map, in its order, for few accounts and for many") {
    check::Random random(11);
    Netting netting;
    for (const std::uint64_t accounts : {3ULL, 1000ULL, 4294967296ULL}) {
        netting.clear();
        const std::vector<Trade> trades = random_trades(random, 5000, accounts);
        CHECK(netting.add(trades, TERMS, {}).fault == SettlementFault::NONE);
        const std::vector<Transfer> transfers = netting.transfers();
        const Sums sums = expected(trades);
        CHECK(as_map(transfers) == sums);
        std::size_t place = 0;
        for (const auto& sum : sums) CHECK_EQUAL(transfers[place++].account, sum.first.first);
    }
}

TEST("what is taken back, or refused at any trade, leaves the sums as they were") {
    check::Random random(12);
    Netting netting;
    const std::vector<Trade> kept = random_trades(random, 100, 10);
    CHECK(netting.add(kept, TERMS, {}).fault == SettlementFault::NONE);
    std::vector<Trade> others = random_trades(random, 50, 20);
    CHECK(netting.add(others, TERMS, {}).fault == SettlementFault::NONE);
    netting.take_back(others, TERMS, {});
    CHECK(as_map(netting.transfers()) == expected(kept));
    for (std::size_t i = 0; i < others.size(); i++) {
        const Trade good = others[i];
        others[i].instrument = static_cast<std::uint32_t>(TERMS.size());
        const auto check = netting.add(others, TERMS, {});
        CHECK(check.fault == SettlementFault::INSTRUMENT);
        CHECK_EQUAL(check.index, i);
        CHECK(as_map(netting.transfers()) == expected(kept));
        others[i] = good;
    }
}

TEST("sums are of 128 bits on the way and of 64 at the end") {
    const std::vector<SettlementTerms> unit = {
        {.base = 1, .quote = 2, .buyer_fee = 2, .seller_fee = 2, .lot_units = 1}};
    const Trade bought = trade_of(0, Side::BUY, 1, engine::INT64_HIGHEST, 7, 8);
    const Trade sold = trade_of(0, Side::SELL, 1, engine::INT64_HIGHEST, 7, 8);
    Netting netting;
    const std::vector<Trade> back = {bought, bought, bought, sold, sold};
    CHECK(netting.add(back, unit, {}).fault == SettlementFault::NONE);
    CHECK_EQUAL(netting.transfers().size(), std::size_t{2});
    const std::vector<Trade> beyond = {trade_of(0, Side::BUY, 1, 1, 5, 6),
                                       trade_of(0, Side::BUY, 1, 1, 5, 8)};
    const auto check = netting.add(beyond, unit, {});
    CHECK(check.fault == SettlementFault::NET);
    CHECK_EQUAL(check.index, std::size_t{1});
    CHECK_EQUAL(netting.transfers().size(), std::size_t{2});
}

TEST("fees of the whole range of 64 bits are paid to one account") {
    const std::vector<std::int64_t> lowest = {engine::INT64_LOWEST, 0};
    const std::vector<std::int64_t> highest = {engine::INT64_HIGHEST, 1};
    const std::vector<Trade> trades(2, trade_of(2, Side::BUY, 1, 1, 7, 8));
    Netting netting;
    const engine::TradeFees paid{lowest.data(), highest.data(), 7};
    CHECK(netting.add(trades, TERMS, paid).fault == SettlementFault::NET);
    const engine::TradeFees other{lowest.data(), highest.data(), 8};
    CHECK(netting.add(trades, TERMS, other).fault == SettlementFault::NET);
    const engine::TradeFees taken{nullptr, highest.data(), 8};
    CHECK(netting.add(trades, TERMS, taken).fault == SettlementFault::NONE);
    CHECK(netting.transfers().empty());
}
