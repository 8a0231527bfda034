// What positions are held against: which of them stand for each other, and how well they stand.
//
// Purpose: the questions that a liquidation asks, all answered by what accounts have. Nothing is
// kept here.
// Complexity: O(positions of the account) a question.
#pragma once

#include <vector>

#include "engine/accounts/accounts.hpp"

namespace engine {

// An isolated position alone, or the other positions of an account in a currency.
struct MarginPool {
    AccountIndex account;
    std::uint32_t currency;
    Index isolated = NIL;
};

class MarginPools {
  public:
    explicit MarginPools(const Accounts& accounts) : accounts_(accounts) {}

    // Those in which an account has a position: first the isolated ones, by instrument, the long
    // one before the short one, then the others, by currency.
    std::vector<MarginPool> of_account(AccountIndex account) const;
    MarginPool of_position(Index party) const;
    // What is in a pool and not 0, by instrument, the long one before the short one.
    std::vector<Index> positions(const MarginPool& pool) const;

    // What its positions would make at the marks, and what is held against them beside that.
    Wide gain(const MarginPool& pool) const;
    Wide collateral(const MarginPool& pool) const;
    // Both together: what its positions may lose.
    Wide equity(const MarginPool& pool) const {
        return collateral(pool) + gain(pool);
    }
    // The whole balance, and what its positions would make: what only losses change.
    Wide wealth(const MarginPool& pool) const {
        return accounts_.balance(pool.account, pool.currency).amount + gain(pool);
    }
    // The equity with which it is kept, and what its positions are worth at the marks.
    Wide maintenance(const MarginPool& pool) const;
    Wide value(const MarginPool& pool) const;
    // What lots of a position are worth there, by their size.
    Wide value_of_lots(Index party, std::int64_t lots) const;
    // Whether there are positions, and a mark price of each.
    bool is_watched(const MarginPool& pool) const;
    bool is_lost(const MarginPool& pool) const {
        return pool.isolated != NIL ? accounts_.is_lost(pool.isolated)
                                    : accounts_.is_lost(pool.account, pool.currency);
    }

  private:
    const Accounts& accounts_;
};

}  // namespace engine
