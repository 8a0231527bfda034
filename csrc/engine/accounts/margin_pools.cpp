#include "engine/accounts/margin_pools.hpp"

#include <algorithm>

namespace engine {

std::vector<MarginPool> MarginPools::of_account(AccountIndex account) const {
    std::vector<MarginPool> found;
    std::vector<std::uint32_t> currencies;
    for (const Index party : accounts_.positions_of(account)) {
        const MarginPool pool = of_position(party);
        if (pool.isolated != NIL) {
            found.push_back(pool);
        } else {
            currencies.push_back(pool.currency);
        }
    }
    std::sort(currencies.begin(), currencies.end());
    currencies.erase(std::unique(currencies.begin(), currencies.end()), currencies.end());
    for (const std::uint32_t currency : currencies) found.push_back({account, currency});
    return found;
}

MarginPool MarginPools::of_position(Index party) const {
    const Position& position = accounts_.party(party);
    const std::uint32_t currency = accounts_.contract(position.instrument).settle;
    return {position.account, currency, position.is_isolated != 0 ? party : NIL};
}

std::vector<Index> MarginPools::positions(const MarginPool& pool) const {
    if (pool.isolated != NIL) {
        const bool has_any = accounts_.party(pool.isolated).lots != 0;
        return has_any ? std::vector<Index>{pool.isolated} : std::vector<Index>{};
    }
    std::vector<Index> found = accounts_.positions_of(pool.account);
    std::erase_if(found, [&](Index party) { return !accounts_.is_shared(party, pool.currency); });
    return found;
}

Wide MarginPools::gain(const MarginPool& pool) const {
    if (pool.isolated != NIL) return accounts_.unrealized(accounts_.party(pool.isolated));
    return accounts_.balance(pool.account, pool.currency).unrealized;
}

Wide MarginPools::collateral(const MarginPool& pool) const {
    const Balance& balance = accounts_.balance(pool.account, pool.currency);  // funding is paid
    if (pool.isolated != NIL) return accounts_.assigned(accounts_.party(pool.isolated));
    return balance.amount - accounts_.isolated_margin(pool.account, pool.currency);
}

Wide MarginPools::maintenance(const MarginPool& pool) const {
    if (pool.isolated != NIL) return accounts_.maintenance(accounts_.party(pool.isolated));
    return accounts_.maintenance(pool.account, pool.currency);
}

Wide MarginPools::value(const MarginPool& pool) const {
    Wide sum = 0;
    for (const Index party : positions(pool)) {
        const std::int64_t lots = accounts_.party(party).lots;
        sum += value_of_lots(party, lots < 0 ? -lots : lots);
    }
    return sum;
}

Wide MarginPools::value_of_lots(Index party, std::int64_t lots) const {
    const std::uint32_t instrument = accounts_.party(party).instrument;
    if (!accounts_.has_mark(instrument) || lots == 0) return 0;
    return accounts_.order_value(instrument, lots, accounts_.mark(instrument));
}

bool MarginPools::is_watched(const MarginPool& pool) const {
    const std::vector<Index> its = positions(pool);
    return !its.empty() && std::all_of(its.begin(), its.end(), [this](Index party) {
        return accounts_.has_mark(accounts_.party(party).instrument);
    });
}

}  // namespace engine
