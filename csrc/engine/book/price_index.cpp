#include "engine/book/price_index.hpp"

#include <new>
#include <vector>

namespace engine {

class PriceIndex::PageWalk {
  public:
    explicit PageWalk(const PriceIndex& index) : index_(index) {}

    // How many pages are asked for before their turn.
    static constexpr std::size_t AHEAD = 16;

    // A subtree, or NIL. REQUIRES: of several, that the forks above them have different bits.
    void add(Index subtree) {
        if (subtree != NIL) open_[count_++] = subtree;
    }
    // The next page, or NIL; `pass` is told of each fork that is left behind.
    template <class Pass>
    ENGINE_INLINE Index next(Pass pass) {
        for (; asked_ < passed_ + AHEAD; asked_++) coming_[asked_ % AHEAD] = ask(pass);
        return coming_[passed_++ % AHEAD];
    }
    // The page so many behind the one that is next, or NIL; it has been asked for.
    ENGINE_INLINE Index coming(std::size_t behind) const {
        return coming_[(passed_ + behind) % AHEAD];
    }

  private:
    template <class Pass>
    ENGINE_INLINE Index ask(Pass pass) {
        if (count_ == 0) return NIL;
        Index at = open_[--count_];
        while ((at & LEAF) == 0) {
            const Fork fork = index_.forks_[at];
            pass(at);
            ask_for(fork.child[1]);
            open_[count_++] = fork.child[1];
            at = fork.child[0];
        }
        index_.prefetch_page(at & ~LEAF);
        return at & ~LEAF;
    }
    ENGINE_INLINE void ask_for(Index subtree) const {
        if ((subtree & LEAF) == 0) ENGINE_PREFETCH(&index_.forks_[subtree]);
    }

    const PriceIndex& index_;
    Index open_[65] = {};  // a fork has a lower bit than the one above
    std::size_t count_ = 0;
    Index coming_[AHEAD] = {};  // a ring: what was asked for and has not passed
    std::size_t asked_ = 0;
    std::size_t passed_ = 0;
};

PriceIndex::PriceIndex(Queues& queues) : queues_(queues) {
    reserve(0);
    pages_[NIL].key = INT64_LOWEST;  // no page has this key, so an unused `near` entry matches none
}

void PriceIndex::add_book() {
    sides_.reserve(side_count_, 2);
    tree_roots_.reserve(side_count_, 2);
    near_.reserve(std::size_t{side_count_} * NEAR, std::size_t{2} * NEAR);
    sides_[side_count_] = BookSide{};
    sides_[side_count_ + 1] = BookSide{};
    side_count_ += 2;
}

void PriceIndex::reserve(std::size_t pages) {
    pages_.reserve(pages);
    forks_.reserve(pages);
}

Index PriceIndex::find_page(SideNumber side, std::int64_t key) const {
    const Index page = hash_.find(hash_of(side, key), [&](Index candidate) {
        return pages_[candidate].key == key && side_of(pages_[candidate]) == side;
    });
    if (page != NIL || unhashed_ == 0) return page;
    return find_in_tree(side, key);
}

Index PriceIndex::page_for_far(SideNumber side, Rank rank) {
    const std::int64_t key = rank >> 6;
    Index index = find_page(side, key);
    if (index == NIL) index = make_page(side, rank);
    near_[near_slot(side, key)] = index;
    return index;
}

bool PriceIndex::find(SideNumber number, Rank rank, Link* level) const {
    const Index index = find_page(number, rank >> 6);
    if (index == NIL || (pages_[index].bitmap & Page::bit_of(rank)) == 0) return false;
    *level = pages_[index].level_at(rank);
    return true;
}

void PriceIndex::levels_to(SideNumber number, Rank worst, std::vector<Place>* out) const {
    const auto pass = [](Index /*fork*/) {};
    PageWalk walk(*this);
    walk.add(tree_roots_[number]);
    for (Index index = walk.next(pass); index != NIL; index = walk.next(pass)) {
        const Page& page = pages_[index];
        for (std::uint64_t bits = page.bitmap; bits != 0; bits &= bits - 1) {
            const Rank rank = page.key * 64 + std::countr_zero(bits);
            if (rank > worst) return;
            out->push_back({index, page.level_at(rank), rank});
        }
    }
}

// The best rank when the best page has been emptied.
bool PriceIndex::best_rank_behind(SideNumber number, Rank* rank) const {
    Walk walk(*this, number);
    Place place;
    if (!walk.next(&place)) return false;
    *rank = place.rank;
    return true;
}

Index PriceIndex::make_page(SideNumber side, Rank rank) {
    const Index index = pages_.take();
    Page& page = pages_[index];
    page = Page{};
    page.key = rank >> 6;
    page.lone = queues_.take_lone();
    page.lone_slot = static_cast<std::uint8_t>(Page::slot_of(rank));
    PriceLevel& lone = queues_.level(page.lone);
    lone.page = index;
    lone.side = side;
    lone.slot = page.lone_slot;
    link_into_tree(side, index);
    const std::uint64_t hash = hash_of(side, page.key);
    bool is_room = false;
    try {
        is_room = hash_.make_room(
            hash, [&](Index at) { return hash_of(side_of(pages_[at]), pages_[at].key); });
    } catch (const std::bad_alloc&) {
        is_room = false;  // the tree finds the page as well, only slower
    }
    if (is_room) {
        hash_.insert(hash, index);
    } else {
        page.is_unhashed = true;
        unhashed_ += 1;
    }
    return index;
}

// The first price among its eight: the lone level, if that is free, or a block.
Link PriceIndex::make_level(Index index, SideNumber side, Rank rank) {
    Page& page = pages_[index];
    const std::uint32_t slot = Page::slot_of(rank);
    PriceLevel& lone = queues_.level(page.lone);
    if (lone.order_count == 0) {
        BookSide& at = sides_[side];
        if (at.best_level() == page.lone) at.best = best_place(at.best_page(), NIL);
        page.lone_slot = static_cast<std::uint8_t>(slot);
        lone.slot = slot;
        return page.lone;
    }
    const Link block = queues_.take_block();
    page.blocks[slot / LEVELS_PER_BLOCK] = block;
    for (std::uint32_t i = 0; i < LEVELS_PER_BLOCK; i++) {
        PriceLevel& level = queues_.level(block + static_cast<Link>(i) * LINKS_PER_LEVEL);
        ENGINE_ASSERT(level.order_count == 0);
        level.page = index;
        level.side = side;
        level.slot = slot / LEVELS_PER_BLOCK * LEVELS_PER_BLOCK + i;
    }
    return page.level_at(rank);
}

void PriceIndex::free_page(Index index) {
    const Page page = pages_[index];
    const SideNumber side = side_of(page);
    ENGINE_ASSERT(page.bitmap == 0);
    ENGINE_ASSERT(!page.is_waiting);
    BookSide& at = sides_[side];
    if (at.best_page() == index) {
        at.best = best_place(page.next, NIL);
        at.best_rank = start_of(page.next);
    }
    unlink_from_tree(side, index);
    release(side, index);
}

// Gives back a page that is in the tree no more.
void PriceIndex::release(SideNumber side, Index index) {
    const Page& page = pages_[index];
    Index& near = near_[near_slot(side, page.key)];
    if (near == index) near = NIL;
    if (page.is_unhashed) {
        unhashed_ -= 1;
    } else {
        hash_.erase(hash_of(side, page.key), index);
    }
    for (const Link block : page.blocks) {
        if (block != NIL) queues_.give_block(block);
    }
    queues_.give_lone(page.lone);
    pages_.give(index);
}

void PriceIndex::drop_front(SideNumber number) {
    BookSide& at = sides_[number];
    Index& root = tree_roots_[number];
    find_best(at);
    const Index best_page = at.best_page();
    PageWalk front(*this);
    if (best_page == NIL) {
        front.add(root);
        root = NIL;
    } else {
        const std::uint64_t key = in_order(pages_[best_page].key);
        for (Index* place = &root; (*place & LEAF) == 0;) {
            const Index above = *place;
            Fork& fork = forks_[above];
            if ((key >> fork.bit & 1) == 0) {
                place = &fork.child[0];
                continue;
            }
            front.add(fork.child[0]);
            *place = fork.child[1];
            forks_.give(above);
        }
        pages_[best_page].previous = NIL;
    }
    const auto give = [this](Index fork) { forks_.give(fork); };
    for (Index page = front.next(give); page != NIL; page = front.next(give)) {
        const Page& soon = pages_[front.coming(PageWalk::AHEAD / 2)];
        hash_.prefetch(hash_of(number, soon.key));
        queues_.prefetch(soon.lone);
        ENGINE_ASSERT(pages_[page].bitmap == 0);
        pages_[page].is_waiting = false;
        release(number, page);
    }
    // Of those that waited none does any more.
    for (Index& waiting : waiting_) {
        if (!pages_[waiting].is_waiting) waiting = NIL;
    }
}

// An emptied page waits; the one that has waited longest is freed if it is still empty.
void PriceIndex::retire(Index index) {
    if (pages_[index].is_waiting) return;
    const Index longest = waiting_[waiting_next_];
    waiting_[waiting_next_] = index;
    waiting_next_ = (waiting_next_ + 1) % EMPTY_PAGES_KEPT;
    pages_[index].is_waiting = true;
    if (longest == NIL) return;
    pages_[longest].is_waiting = false;
    if (pages_[longest].bitmap == 0) free_page(longest);
}

// The leaf that a look-up of `key` ends at: the key's own page if it is in the tree.
Index PriceIndex::leaf_near(Index root, std::uint64_t key) const {
    Index at = root;
    while ((at & LEAF) == 0) at = forks_[at].child[key >> forks_[at].bit & 1];
    return at & ~LEAF;
}

Index PriceIndex::find_in_tree(SideNumber side, std::int64_t key) const {
    const Index root = tree_roots_[side];
    if (root == NIL) return NIL;
    const Index page = leaf_near(root, in_order(key));
    return pages_[page].key == key ? page : NIL;
}

void PriceIndex::link_into_tree(SideNumber side, Index index) {
    Page& page = pages_[index];
    Index* place = &tree_roots_[side];
    if (*place == NIL) {
        *place = LEAF | index;
        return;
    }
    const std::uint64_t key = in_order(page.key);
    const std::uint64_t other = in_order(pages_[leaf_near(*place, key)].key);
    ENGINE_ASSERT(key != other);
    const auto bit = static_cast<std::uint32_t>(63 - std::countl_zero(key ^ other));
    while ((*place & LEAF) == 0 && forks_[*place].bit > bit) {
        place = &forks_[*place].child[key >> forks_[*place].bit & 1];
    }
    const Index subtree = *place;
    const Index fork = forks_.take();
    const std::uint32_t way = static_cast<std::uint32_t>(key >> bit & 1);
    forks_[fork].bit = bit;
    forks_[fork].child[way] = LEAF | index;
    forks_[fork].child[1 - way] = subtree;
    *place = fork;
    // All of the subtree lies on one side of the page: its end that faces the page is the
    // neighbour.
    Index neighbour = subtree;
    while ((neighbour & LEAF) == 0) neighbour = forks_[neighbour].child[way];
    neighbour &= ~LEAF;
    page.previous = way == 1 ? neighbour : pages_[neighbour].previous;
    page.next = way == 1 ? pages_[neighbour].next : neighbour;
    if (page.previous != NIL) pages_[page.previous].next = index;
    if (page.next != NIL) pages_[page.next].previous = index;
}

void PriceIndex::unlink_from_tree(SideNumber side, Index index) {
    const Page& page = pages_[index];
    if (page.previous != NIL) pages_[page.previous].next = page.next;
    if (page.next != NIL) pages_[page.next].previous = page.previous;
    const std::uint64_t key = in_order(page.key);
    Index* place = &tree_roots_[side];
    Index* fork_place = nullptr;  // the link to the fork above the leaf
    while ((*place & LEAF) == 0) {
        fork_place = place;
        place = &forks_[*place].child[key >> forks_[*place].bit & 1];
    }
    ENGINE_ASSERT(*place == (LEAF | index));
    if (fork_place == nullptr) {
        *place = NIL;
        return;
    }
    const Index fork = *fork_place;
    const bool is_first = place == &forks_[fork].child[0];
    *fork_place = forks_[fork].child[is_first ? 1 : 0];
    forks_.give(fork);
}

std::size_t PriceIndex::level_count(SideNumber number, std::size_t most) const {
    std::size_t count = 0;
    for (Index i = sides_[number].best_page(); i != NIL && count < most; i = pages_[i].next) {
        count += static_cast<std::size_t>(std::popcount(pages_[i].bitmap));
    }
    return count < most ? count : most;
}

std::size_t PriceIndex::memory_bytes() const {
    return side_count_ * (sizeof(BookSide) + (1 + NEAR) * sizeof(Index)) + hash_.memory_bytes() +
           pages_.memory_bytes() + forks_.memory_bytes();
}

// The tree's leaves, counted without recursion: every page once, by its own key.
void PriceIndex::check_tree(SideNumber number, std::size_t pages) const {
    std::vector<Index> open;
    std::size_t leaves = 0;
    if (tree_roots_[number] != NIL) open.push_back(tree_roots_[number]);
    while (!open.empty()) {
        const Index at = open.back();
        open.pop_back();
        if ((at & LEAF) != 0) {
            const Page& page = pages_[at & ~LEAF];
            ENGINE_ASSERT(side_of(page) == number);
            ENGINE_ASSERT(find_in_tree(number, page.key) == (at & ~LEAF));
            leaves += 1;
            continue;
        }
        open.push_back(forks_[at].child[0]);
        open.push_back(forks_[at].child[1]);
    }
    ENGINE_ASSERT(leaves == pages);
}

// Every rank that is marked has a level that knows its place, and only those have orders.
void PriceIndex::check_levels(SideNumber number, Index index, std::size_t* levels_held) const {
    const Page& page = pages_[index];
    *levels_held += 1;
    for (const Link block : page.blocks) *levels_held += block == NIL ? 0 : LEVELS_PER_BLOCK;
    for (std::uint32_t slot = 0; slot < 64; slot++) {
        const Link link = page.level_at(slot);
        const bool is_marked = (page.bitmap & Page::bit_of(slot)) != 0;
        ENGINE_ASSERT(Queues::is_level(link) || !is_marked);
        if (!Queues::is_level(link)) continue;
        const PriceLevel& level = queues_.level(link);
        ENGINE_ASSERT(level.page == index);
        ENGINE_ASSERT(level.side == number);
        ENGINE_ASSERT(level.slot == slot);
        ENGINE_ASSERT((level.order_count != 0) == is_marked);
    }
}

void PriceIndex::check_side(SideNumber number, std::size_t* levels_held) const {
    const BookSide& at = sides_[number];
    const Index root = tree_roots_[number];
    if (root == NIL) {
        ENGINE_ASSERT(at.best_page() == NIL);
        return;
    }
    Index first = root;
    while ((first & LEAF) == 0) first = forks_[first].child[0];
    std::size_t pages = 0;
    std::size_t levels = 0;
    bool is_before_best = true;
    Index previous = NIL;
    for (Index i = first & ~LEAF; i != NIL; i = pages_[i].next) {
        const Page& page = pages_[i];
        if (i == at.best_page()) is_before_best = false;
        check_levels(number, i, levels_held);
        ENGINE_ASSERT(page.previous == previous);
        ENGINE_ASSERT(previous == NIL || pages_[previous].key < page.key);
        ENGINE_ASSERT(find_page(number, page.key) == i);
        ENGINE_ASSERT(!is_before_best || page.bitmap == 0);
        ENGINE_ASSERT(page.bitmap != 0 || page.is_waiting);
        levels += static_cast<std::size_t>(std::popcount(page.bitmap));
        pages += 1;
        previous = i;
    }
    ENGINE_ASSERT(at.best_page() != NIL || levels == 0);
    if (at.best_page() != NIL) {
        const Page& page = pages_[at.best_page()];
        ENGINE_ASSERT(at.best_rank >> 6 == page.key);
        ENGINE_ASSERT((page.bitmap & (Page::bit_of(at.best_rank) - 1)) == 0);
        const Link named = at.best_level();
        ENGINE_ASSERT(!has_orders(named) || named == page.level_at(at.best_rank));
    }
    for (std::size_t i = near_slot(number, 0); i < near_slot(number + 1, 0); i++) {
        if (near_[i] == NIL) continue;
        ENGINE_ASSERT(side_of(pages_[near_[i]]) == number);
        ENGINE_ASSERT(near_slot(number, pages_[near_[i]].key) == i);
    }
    check_tree(number, pages);
}

void PriceIndex::check_invariants(std::size_t others) const {
    std::size_t levels_held = 0;
    for (SideNumber number = 0; number < side_count_; number++) check_side(number, &levels_held);
    ENGINE_ASSERT(hash_.size() + unhashed_ == pages_.live());
    ENGINE_ASSERT(levels_held + others == queues_.live_levels());
}

}  // namespace engine
