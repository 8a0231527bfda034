// The books of an engine as its reports alone tell them, built the slow and obvious way: lists in
// maps.
//
// Purpose: to be compared with the books themselves after every command. It knows one rule of
// matching, that the order which trades is the first of the best price, and checks it on every
// trade.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

#include "check.hpp"
#include "engine/engine/engine.hpp"

class Mirror {
  public:
    explicit Mirror(const engine::Engine& engine) : engine_(engine) {}

    void take(const engine::ExecutionReport& report) {
        CHECK_EQUAL(report.sequence_number, ++sequence_);
        switch (report.exec_type) {
            case engine::ExecType::NEW:
                return enter(report);
            case engine::ExecType::TRADE:
                return trade(report);
            case engine::ExecType::CANCELED:
                return leave(report);
            case engine::ExecType::REPLACED:
                return replace(report);
            case engine::ExecType::REJECTED:
                return;
            default:
                CHECK(!"an exec type of plain orders");
        }
    }

    std::size_t size() const {
        return places_.size();
    }
    // The id of some live order.
    std::uint64_t some_order(check::Random& random) const {
        return std::next(places_.begin(), static_cast<std::ptrdiff_t>(random.below(size())))->first;
    }

    // Every order of every book, in queue order, is the one that the reports tell.
    void agrees() const {
        CHECK_EQUAL(engine_.books().order_count(), size());
        std::vector<engine::Order> orders;
        for (std::uint32_t number = 0; number < 2 * engine_.instrument_count(); number++) {
            orders.clear();
            std::vector<engine::Index> numbers;
            engine_.orders_of(number, &numbers);
            for (const engine::Index at : numbers) orders.push_back(engine_.describe(at));
            std::size_t at = 0;
            const auto side = sides_.find(number);
            if (side != sides_.end()) {
                for (const auto& [rank, queue] : side->second) {
                    for (const Told& told : queue) {
                        CHECK(at < orders.size());
                        agrees_with(orders[at++], told);
                    }
                }
            }
            CHECK_EQUAL(at, orders.size());
        }
    }

  private:
    // What the reports have told of an order.
    struct Told {
        std::uint64_t order_id;
        std::int64_t price;
        std::int64_t leaves;
        std::int64_t filled;
        std::uint32_t account;
    };
    using Queue = std::list<Told>;
    struct Place {
        engine::SideNumber side;
        engine::Rank rank;
        Queue::iterator at;
    };

    static void agrees_with(const engine::Order& order, const Told& told) {
        CHECK_EQUAL(order.order_id, told.order_id);
        CHECK_EQUAL(order.price, told.price);
        CHECK_EQUAL(order.leaves_quantity, told.leaves);
        CHECK_EQUAL(order.filled_quantity, told.filled);
        CHECK_EQUAL(order.account, told.account);
    }

    void enter(const engine::ExecutionReport& report) {
        CHECK_EQUAL(report.filled_quantity, 0);
        append(report, {report.order_id, report.price, report.leaves_quantity, 0, report.account});
    }

    void append(const engine::ExecutionReport& report, const Told& told) {
        const engine::SideNumber side = engine::side_number(report.instrument, report.side);
        const engine::Rank rank = engine::rank_of(side, told.price);
        Queue& queue = sides_[side][rank];
        queue.push_back(told);
        CHECK(places_.emplace(told.order_id, Place{side, rank, std::prev(queue.end())}).second);
    }

    void trade(const engine::ExecutionReport& report) {
        CHECK(report.last_quantity > 0);
        const Place place = places_.at(report.order_id);
        Told& told = *place.at;
        told.leaves -= report.last_quantity;
        told.filled += report.last_quantity;
        CHECK_EQUAL(report.leaves_quantity, told.leaves);
        CHECK_EQUAL(report.filled_quantity, told.filled);
        CHECK_EQUAL(report.price, told.price);
        if (report.liquidity == engine::Liquidity::MAKER) {
            CHECK_EQUAL(report.last_price, told.price);
            const auto best = sides_[place.side].begin();
            CHECK_EQUAL(best->first, place.rank);
            CHECK_EQUAL(best->second.front().order_id, report.order_id);
            maker_ = report;
        } else {
            CHECK_EQUAL(report.trade_id, ++trades_);
            CHECK_EQUAL(report.trade_id, maker_.trade_id);
            CHECK_EQUAL(report.last_price, maker_.last_price);
            CHECK_EQUAL(report.last_quantity, maker_.last_quantity);
            CHECK_EQUAL(report.contra_order_id, maker_.order_id);
            CHECK_EQUAL(maker_.contra_order_id, report.order_id);
        }
        if (told.leaves == 0) remove(report.order_id);
    }

    void leave(const engine::ExecutionReport& report) {
        const Told told = *places_.at(report.order_id).at;
        CHECK_EQUAL(report.last_quantity, told.leaves);
        CHECK_EQUAL(report.filled_quantity, told.filled);
        CHECK_EQUAL(report.leaves_quantity, 0);
        remove(report.order_id);
    }

    void replace(const engine::ExecutionReport& report) {
        Told told = *places_.at(report.order_id).at;
        if ((report.flags & static_cast<engine::ReportFlags>(engine::ReportFlag::KEPT_PRIORITY)) !=
            0) {
            CHECK_EQUAL(report.price, told.price);
            CHECK(report.leaves_quantity < told.leaves);
            places_.at(report.order_id).at->leaves = report.leaves_quantity;
            return;
        }
        remove(report.order_id);
        told.price = report.price;
        told.leaves = report.leaves_quantity;
        append(report, told);
    }

    void remove(std::uint64_t order_id) {
        const Place place = places_.at(order_id);
        Queue& queue = sides_[place.side][place.rank];
        queue.erase(place.at);
        if (queue.empty()) sides_[place.side].erase(place.rank);
        places_.erase(order_id);
    }

    const engine::Engine& engine_;
    std::map<engine::SideNumber, std::map<engine::Rank, Queue>> sides_;
    std::unordered_map<std::uint64_t, Place> places_;
    engine::ExecutionReport maker_{};
    std::uint64_t sequence_ = 0;
    std::uint64_t trades_ = 0;
};
