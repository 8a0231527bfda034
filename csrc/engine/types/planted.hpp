// Bugs on purpose, for the test of the tests: a build with ENGINE_PLANTED_BUGS can switch one on by
// name, and the comparison with the reference must find it. In every other build planted() is the
// constant false.
#pragma once

#include <cstdint>
#include <string_view>

namespace engine {

enum class Bug : std::uint8_t {
    NO_BUG,
    LIFO_IN_LEVEL,
    WORST_PRICE_FIRST,
    TAKER_PRICE,
    IOC_RESTS,
    PARTIAL_FILL_DEMOTES,
    SIZE_DOWN_LOSES_PRIORITY,
    CROSSING_REPLACE_RESTS,
    DUPLICATE_ID_ACCEPTED,
    FOK_FILLS_PARTIALLY,
    POST_ONLY_TAKES,
    CANCEL_KEEPS_LEVEL_TOTAL,
    REJECT_CONSUMES_ID,
    ICEBERG_KEEPS_PRIORITY,
    HIDDEN_BEFORE_SHOWN,
    SELF_TRADE_ALLOWED,
    ALL_OR_NONE_FILLS_PARTIALLY,
    PROTECTED_TAKES_ANY_PRICE,
    STOP_TRIGGERS_THE_WRONG_WAY,
    TRAIL_FOLLOWS_BACK,
    EXPIRED_ONE_LATE,
    DAY_OUTLIVES_THE_CLOSE,
    OTHER_IS_NOT_CANCELED,
    RELEASED_WITH_ALL,
    AUCTION_IGNORES_HIDDEN,
    AUCTION_AT_THE_WRONG_END,
    RESIDUAL_TO_NEWEST,
    TOP_ORDER_OUTLIVES_A_BETTER,
    MIDPOINT_ROUNDS_UP,
    DARK_MINIMUM_AT_ENTRY,
    PEG_TRADES_BEFORE_IT_MOVES,
    BAND_EXCLUDES_ITS_BOUNDS,
    OLDEST_REDUCE_ONLY_FIRST,
    PLAN_IGNORES_POSITIONS,
    MAKER_PAYS_AS_TAKER,
    MARGIN_OF_ONE_SIDE,
    HOLD_OUTLIVES_ITS_ORDER,
    ONE_ORDER_TOO_MANY,
    PART_RELEASES_NOTHING,
    CLOSING_ORDER_HOLDS,
    ISOLATED_GAINS_ARE_CROSS,
    FUNDING_ROUNDS_DOWN,
    LOSER_KEEPS_THE_REST,
    SALE_BELOW_BANKRUPTCY,
    LAST_IN_RANK_GIVES_FIRST,
    WATCH_FORGETS_FUNDING,
    CANCELED_COUNTS_AS_REPLACED,
};

#if defined(ENGINE_PLANTED_BUGS)

inline Bug planted_bug = Bug::NO_BUG;

inline bool planted(Bug bug) {
    return planted_bug == bug;
}

// Switches on the bug of this name, or none for "". False for a name that is not one.
inline bool plant(std::string_view name) {
    constexpr std::string_view NAMES[] = {"",
                                          "LIFO_IN_LEVEL",
                                          "WORST_PRICE_FIRST",
                                          "TAKER_PRICE",
                                          "IOC_RESTS",
                                          "PARTIAL_FILL_DEMOTES",
                                          "SIZE_DOWN_LOSES_PRIORITY",
                                          "CROSSING_REPLACE_RESTS",
                                          "DUPLICATE_ID_ACCEPTED",
                                          "FOK_FILLS_PARTIALLY",
                                          "POST_ONLY_TAKES",
                                          "CANCEL_KEEPS_LEVEL_TOTAL",
                                          "REJECT_CONSUMES_ID",
                                          "ICEBERG_KEEPS_PRIORITY",
                                          "HIDDEN_BEFORE_SHOWN",
                                          "SELF_TRADE_ALLOWED",
                                          "ALL_OR_NONE_FILLS_PARTIALLY",
                                          "PROTECTED_TAKES_ANY_PRICE",
                                          "STOP_TRIGGERS_THE_WRONG_WAY",
                                          "TRAIL_FOLLOWS_BACK",
                                          "EXPIRED_ONE_LATE",
                                          "DAY_OUTLIVES_THE_CLOSE",
                                          "OTHER_IS_NOT_CANCELED",
                                          "RELEASED_WITH_ALL",
                                          "AUCTION_IGNORES_HIDDEN",
                                          "AUCTION_AT_THE_WRONG_END",
                                          "RESIDUAL_TO_NEWEST",
                                          "TOP_ORDER_OUTLIVES_A_BETTER",
                                          "MIDPOINT_ROUNDS_UP",
                                          "DARK_MINIMUM_AT_ENTRY",
                                          "PEG_TRADES_BEFORE_IT_MOVES",
                                          "BAND_EXCLUDES_ITS_BOUNDS",
                                          "OLDEST_REDUCE_ONLY_FIRST",
                                          "PLAN_IGNORES_POSITIONS",
                                          "MAKER_PAYS_AS_TAKER",
                                          "MARGIN_OF_ONE_SIDE",
                                          "HOLD_OUTLIVES_ITS_ORDER",
                                          "ONE_ORDER_TOO_MANY",
                                          "PART_RELEASES_NOTHING",
                                          "CLOSING_ORDER_HOLDS",
                                          "ISOLATED_GAINS_ARE_CROSS",
                                          "FUNDING_ROUNDS_DOWN",
                                          "LOSER_KEEPS_THE_REST",
                                          "SALE_BELOW_BANKRUPTCY",
                                          "LAST_IN_RANK_GIVES_FIRST",
                                          "WATCH_FORGETS_FUNDING",
                                          "CANCELED_COUNTS_AS_REPLACED"};
    for (std::uint8_t i = 0; i < std::size(NAMES); i++) {
        if (NAMES[i] != name) continue;
        planted_bug = static_cast<Bug>(i);
        return true;
    }
    return false;
}

#else

constexpr bool planted(Bug) {
    return false;
}

#endif

}  // namespace engine
