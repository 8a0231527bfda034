// Ids by their places: against a plain map, whatever order they come in.
#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "check.hpp"
#include "engine/base/id_index.hpp"

namespace {

using engine::IdIndex;
using engine::Index;
using engine::NIL;

// Records by number, each with its id; 0 where it has none.
class Records {
  public:
    Index find(std::uint64_t id) const {
        return index_.find(id, id_of());
    }
    void insert(std::uint64_t id) {
        const Index number = free_.empty() ? static_cast<Index>(ids_.size()) : free_.back();
        if (free_.empty()) {
            ids_.push_back(0);
        } else {
            free_.pop_back();
        }
        index_.grow(1, id_of());
        if (index_.is_free(id)) {
            index_.put(id, number);
        } else {
            index_.make_room(id, id_of());
            index_.insert(id, number, id_of());
        }
        ids_[number] = id;
        numbers_[id] = number;
    }
    void erase(std::uint64_t id) {
        const Index number = numbers_.at(id);
        index_.erase(id, number);
        ids_[number] = 0;
        free_.push_back(number);
        numbers_.erase(id);
    }
    bool has(std::uint64_t id) const {
        return numbers_.contains(id);
    }
    std::uint64_t any(check::Random& random) const {
        auto at = numbers_.lower_bound(random.next());
        if (at == numbers_.end()) at = numbers_.begin();
        return at->first;
    }
    void check() const {
        CHECK_EQUAL(index_.size(), numbers_.size());
        for (const auto& [id, number] : numbers_) {
            CHECK_EQUAL(find(id), number);
            CHECK(!index_.is_free(id));
        }
    }
    const IdIndex& index() const {
        return index_;
    }

  private:
    struct IdOf {
        const std::vector<std::uint64_t>& ids;
        std::uint64_t operator()(Index number) const {
            return ids[number];
        }
    };
    IdOf id_of() const {
        return {ids_};
    }

    IdIndex index_;
    std::vector<std::uint64_t> ids_{0};
    std::vector<Index> free_;
    std::map<std::uint64_t, Index> numbers_;
};

enum class Ids { RISING, STRIDES, RANDOM, FEW_PLACES };

std::uint64_t drawn(Ids kind, std::uint64_t count, check::Random& random) {
    switch (kind) {
        case Ids::RISING:
            return 1 + count;
        case Ids::STRIDES:
            return (1 + count) << 20;
        case Ids::RANDOM:
            return random.next();
        case Ids::FEW_PLACES:
            return (1 + count / 4) << 24 | random.below(3);
    }
    return 0;
}

TEST("what a map finds it finds, in any order of ids, while it grows") {
    for (const Ids kind : {Ids::RISING, Ids::STRIDES, Ids::RANDOM, Ids::FEW_PLACES}) {
        check::Random random(51 + static_cast<std::uint64_t>(kind));
        Records records;
        for (std::uint64_t step = 0; step < 20'000; step++) {
            const std::uint64_t id = drawn(kind, step, random);
            CHECK_EQUAL(records.find(id) != NIL, records.has(id));
            if (!records.has(id)) records.insert(id);
            // As many stay as came, then most go, so that places come free and are taken again.
            const std::uint64_t gone = step % 10'000 < 4'000 ? random.below(2) : random.below(4);
            for (std::uint64_t i = 0; i < gone && records.index().size() > 3; i++) {
                records.erase(records.any(random));
            }
            if (step % 1'000 == 0) records.check();
        }
        records.check();
    }
}

TEST("an id whose place is another's is found until it goes, and its place is free then") {
    Records records;
    constexpr std::uint64_t APART = std::uint64_t{1} << 32;
    for (std::uint64_t i = 0; i < 6; i++) records.insert(7 + i * APART);
    for (std::uint64_t i = 0; i < 6; i++) CHECK(records.find(7 + i * APART) != NIL);
    CHECK_EQUAL(records.find(7 + 6 * APART), NIL);
    records.erase(7);
    CHECK_EQUAL(records.find(7), NIL);
    records.check();
    for (std::uint64_t i = 1; i < 6; i++) records.erase(7 + i * APART);
    CHECK_EQUAL(records.index().size(), std::size_t{0});
    // With three others at once it counts no more: they have to be looked for from then on.
    CHECK(!records.index().is_free(7));
    records.insert(8);
    records.insert(8 + APART);
    records.erase(8);
    records.erase(8 + APART);
    CHECK(records.index().is_free(8));
}

TEST("ids that follow one another find their places free, and one may be peeked at") {
    Records records;
    for (std::uint64_t id = 1; id <= 300'000; id++) {
        if (id > 1'000) records.erase(id - 1'000);
        CHECK(records.index().is_free(id));
        records.insert(id);
        CHECK_EQUAL(records.index().peek(id), records.find(id));
    }
    CHECK(records.index().memory_bytes() < 160'000);
}

}  // namespace
