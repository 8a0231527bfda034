#include "engine/book/price_index.hpp"

#include <new>

namespace engine {

void PriceIndex::add_book() {
    sides_.resize(sides_.size() + 2);
}

void PriceIndex::reserve(std::size_t levels) {
    pages_.reserve(levels);
    blocks_.reserve(levels);
    forks_.reserve(levels);
}

Index PriceIndex::make_page(SideNumber side, std::int64_t key) {
    const Index index = pages_.take();
    Page& page = pages_[index];
    page = Page{};
    page.key = key;
    page.side = side;
    link_into_tree(side, index);
    const std::uint32_t tag = tag_of(side, key);
    bool is_room = false;
    try {
        is_room = hash_.make_room(tag);
    } catch (const std::bad_alloc&) {
        // The tree finds the page as well, only slower.
    }
    if (is_room) {
        hash_.insert(tag, index);
    } else {
        page.is_unhashed = 1;
        unhashed_ += 1;
    }
    return index;
}

void PriceIndex::free_page(Index index) {
    Page& page = pages_[index];
    ENGINE_ASSERT(page.bitmap == 0);
    ENGINE_ASSERT(page.is_waiting == 0);
    BookSide& at = sides_[page.side];
    if (at.best_page == index) {
        at.best_page = page.next;
        at.best_rank = page.next == NIL ? INT64_HIGHEST : pages_[page.next].key * 64;
    }
    if (page.is_unhashed != 0) {
        unhashed_ -= 1;
    } else {
        hash_.erase(tag_of(page.side, page.key), index);
    }
    unlink_from_tree(page.side, index);
    if (page.block != NIL) blocks_.give(page.block);
    pages_.give(index);
}

// The page of one level gets a second one.
void PriceIndex::give_block(Page& page) {
    ENGINE_ASSERT(std::has_single_bit(page.bitmap));
    page.block = blocks_.take();
    blocks_[page.block].levels[std::countr_zero(page.bitmap)] = page.lone;
    page.lone = NIL;
}

// An emptied page waits; the one that has waited longest is freed if it is still empty.
void PriceIndex::retire(Index index) {
    if (pages_[index].is_waiting != 0) return;
    const Index longest = waiting_[waiting_next_];
    waiting_[waiting_next_] = index;
    waiting_next_ = (waiting_next_ + 1) % EMPTY_PAGES_KEPT;
    pages_[index].is_waiting = 1;
    if (longest == NIL) return;
    pages_[longest].is_waiting = 0;
    if (pages_[longest].bitmap == 0) free_page(longest);
}

// The leaf that a look-up of `key` ends at: the key's own page if it is in the tree.
Index PriceIndex::leaf_near(Index root, std::uint64_t key) const {
    Index at = root;
    while ((at & LEAF) == 0) at = forks_[at].child[key >> forks_[at].bit & 1];
    return at & ~LEAF;
}

Index PriceIndex::find_in_tree(SideNumber side, std::int64_t key) const {
    const Index root = sides_[side].tree_root;
    if (root == NIL) return NIL;
    const Index page = leaf_near(root, in_order(key));
    return pages_[page].key == key ? page : NIL;
}

void PriceIndex::link_into_tree(SideNumber side, Index index) {
    Page& page = pages_[index];
    Index* place = &sides_[side].tree_root;
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
    // All of the subtree lies on one side of the page: its end that faces the page is the neighbour.
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
    Index* place = &sides_[side].tree_root;
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

Index PriceIndex::Walk::next() {
    while (page_ != NIL) {
        const Page& page = index_.pages_[page_];
        if (bits_ != 0) {
            const int within = std::countr_zero(bits_);
            bits_ &= bits_ - 1;
            return page.block == NIL ? page.lone : index_.blocks_[page.block].levels[within];
        }
        page_ = page.next;
        if (page_ != NIL) bits_ = index_.pages_[page_].bitmap;
    }
    return NIL;
}

std::size_t PriceIndex::memory_bytes() const {
    return sides_.size() * sizeof(BookSide) + hash_.memory_bytes() + pages_.memory_bytes() +
           blocks_.memory_bytes() + forks_.memory_bytes();
}

// The tree's leaves, counted without recursion: every page once, by its own key.
void PriceIndex::check_tree(SideNumber number, std::size_t pages) const {
    std::vector<Index> open;
    std::size_t leaves = 0;
    if (sides_[number].tree_root != NIL) open.push_back(sides_[number].tree_root);
    while (!open.empty()) {
        const Index at = open.back();
        open.pop_back();
        if ((at & LEAF) != 0) {
            const Page& page = pages_[at & ~LEAF];
            ENGINE_ASSERT(page.side == number);
            ENGINE_ASSERT(find_in_tree(number, page.key) == (at & ~LEAF));
            leaves += 1;
            continue;
        }
        open.push_back(forks_[at].child[0]);
        open.push_back(forks_[at].child[1]);
    }
    ENGINE_ASSERT(leaves == pages);
}

void PriceIndex::check_side(SideNumber number) const {
    const BookSide& at = sides_[number];
    if (at.tree_root == NIL) {
        ENGINE_ASSERT(at.best_page == NIL);
        ENGINE_ASSERT(at.level_count == 0);
        return;
    }
    Index first = at.tree_root;
    while ((first & LEAF) == 0) first = forks_[first].child[0];
    std::size_t pages = 0;
    std::size_t levels = 0;
    bool is_before_best = at.best_page != NIL;
    Index previous = NIL;
    for (Index i = first & ~LEAF; i != NIL; i = pages_[i].next) {
        const Page& page = pages_[i];
        if (i == at.best_page) is_before_best = false;
        ENGINE_ASSERT(page.previous == previous);
        ENGINE_ASSERT(previous == NIL || pages_[previous].key < page.key);
        ENGINE_ASSERT(find_page(number, page.key) == i);
        ENGINE_ASSERT(!is_before_best || page.bitmap == 0);
        ENGINE_ASSERT(page.bitmap != 0 || page.is_waiting != 0);
        ENGINE_ASSERT(page.block != NIL || std::popcount(page.bitmap) <= 1);
        levels += static_cast<std::size_t>(std::popcount(page.bitmap));
        pages += 1;
        previous = i;
    }
    ENGINE_ASSERT(!is_before_best);
    ENGINE_ASSERT(levels == at.level_count);
    ENGINE_ASSERT(at.best_page != NIL || levels == 0);
    if (at.best_page != NIL) {
        const Page& page = pages_[at.best_page];
        ENGINE_ASSERT(at.best_rank >> 6 == page.key);
        ENGINE_ASSERT((page.bitmap & ((std::uint64_t{1} << (at.best_rank & 63)) - 1)) == 0);
    }
    check_tree(number, pages);
}

void PriceIndex::check_invariants() const {
    for (SideNumber number = 0; number < sides_.size(); number++) check_side(number);
    ENGINE_ASSERT(hash_.size() + unhashed_ == pages_.live());
}

}  // namespace engine
