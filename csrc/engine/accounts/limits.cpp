#include "engine/accounts/limits.hpp"

namespace engine {

void Limits::set(const LimitSet& limit) {
    const auto what = static_cast<std::size_t>(what_of(limit.limit));
    const bool is_common = limit.account == NO_ACCOUNT;
    Rows& rows = is_common ? common_[what] : own_[what];
    const std::uint64_t place = is_common ? limit.of : key(limit.account, limit.of);
    rows[place].values[static_cast<std::size_t>(limit.limit)] = limit.value;
    changes_ += 1;
}

LimitsInForce Limits::in_force(AccountIndex account, LimitOf what, std::uint32_t of) const {
    const auto place = static_cast<std::size_t>(what);
    return {find(own_[place], key(account, of)), find(common_[place], of)};
}

namespace {

std::int64_t most_of(const LimitsInForce& limits, Limit limit) {
    return limits.has(limit) ? limits[limit] : UNLIMITED;
}

}  // namespace

OrdersLimits Limits::of_orders(AccountIndex account) const {
    const LimitsInForce limits = in_force(account, LimitOf::ACCOUNT, 0);
    return {most_of(limits, Limit::OPEN_ORDERS),
            std::max(limits[Limit::DUPLICATE_WINDOW], std::int64_t{0})};
}

OrderLimits Limits::of_order(AccountIndex account, std::uint32_t instrument) const {
    const LimitsInForce limits = in_force(account, LimitOf::INSTRUMENT, instrument);
    return {most_of(limits, Limit::ORDER_QUANTITY), most_of(limits, Limit::ORDER_VALUE),
            limits[Limit::PRICE_DISTANCE], most_of(limits, Limit::POSITION)};
}

ExposureLimits Limits::of_exposure(AccountIndex account, std::uint32_t currency) const {
    const LimitsInForce limits = in_force(account, LimitOf::CURRENCY, currency);
    return {most_of(limits, Limit::NET_EXPOSURE), most_of(limits, Limit::GROSS_EXPOSURE),
            limits[Limit::DAILY_LOSS], limits[Limit::DRAWDOWN]};
}

std::vector<LimitSet> Limits::all() const {
    std::vector<LimitSet> found;
    const auto add = [&](const std::array<Rows, 3>& tables, bool is_common) {
        for (const Rows& rows : tables) {
            for (const auto& [place, row] : rows) {
                const auto account =
                    is_common ? NO_ACCOUNT : static_cast<AccountIndex>(place >> 32);
                for (std::size_t limit = 0; limit < LIMITS; limit++) {
                    if (row.values[limit] == NOT_LIMITED) continue;
                    found.push_back({account, static_cast<Limit>(limit),
                                     static_cast<std::uint32_t>(place), row.values[limit]});
                }
            }
        }
    };
    add(common_, true);
    add(own_, false);
    return found;
}

void Limits::turn(SwitchScopes scope, std::uint32_t number, bool is_off) {
    std::set<std::uint32_t>* numbers = nullptr;
    if (has(scope, SwitchScope::BY_ACCOUNT)) numbers = &accounts_off_;
    if (has(scope, SwitchScope::BY_GROUP)) numbers = &groups_off_;
    if (has(scope, SwitchScope::BY_INSTRUMENT)) numbers = &instruments_off_;
    if (numbers == nullptr) {
        is_venue_off_ = is_off;
    } else if (is_off) {
        numbers->insert(number);
    } else {
        numbers->erase(number);
    }
    is_any_off_ = is_venue_off_ || !accounts_off_.empty() || !groups_off_.empty() ||
                  !instruments_off_.empty();
}

}  // namespace engine
