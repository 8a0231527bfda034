// The general way of orders that depend on each other.
#include <algorithm>

#include "engine/engine/general.hpp"
#include "engine/types/planted.hpp"

namespace engine {

namespace {

constexpr ReportFlags NO_FLAGS = 0;
constexpr ReportFlags LINKED = static_cast<ReportFlags>(ReportFlag::LINKED);

void take_from(std::map<std::uint64_t, std::vector<Index>>& lists, std::uint64_t key,
               Index number) {
    const auto found = lists.find(key);
    if (found == lists.end()) return;
    std::erase(found->second, number);
    if (found->second.empty()) lists.erase(found);
}

}  // namespace

// Lets an order cancel another, and be canceled by it, and by those that it is with.
template <class Out>
void General<Out>::join(const Entrant& order, Index other) {
    if (!special().details.has(other)) {
        Entrant plain = entrant_from(other, true);
        plain.details.arrival = next_arrival();
        give_details(plain);
    }
    if (special().details[other].link_group == 0) make_group({other});
    const std::uint64_t group = special().details[other].link_group;
    special().details[order.number].link_group = group;
    special().links.groups[group].push_back(order.number);
}

// Lets orders cancel each other, and those that any of them is with already.
template <class Out>
void General<Out>::make_group(const std::vector<Index>& orders) {
    OrderLinks& links = special().links;
    std::vector<Index> members = orders;
    for (const Index number : orders) {
        const auto former = links.groups.find(special().details[number].link_group);
        if (former == links.groups.end()) continue;
        for (const Index other : former->second) {
            const bool is_new = std::find(members.begin(), members.end(), other) == members.end();
            if (is_new) members.push_back(other);
        }
        links.groups.erase(former);
    }
    links.group_count += 1;
    for (const Index number : members) special().details[number].link_group = links.group_count;
    links.groups[links.group_count] = std::move(members);
}

// Cancels the others of a group in which something happened to one, by age.
template <class Out>
void General<Out>::cancel_linked(const Command& command, const Touched& cause) {
    OrderLinks& links = special().links;
    const auto found = links.groups.find(cause.group);
    if (found == links.groups.end()) return;
    std::vector<Index> orders = std::move(found->second);
    links.groups.erase(found);
    for (const Index number : orders) special().details[number].link_group = 0;
    std::erase(orders, cause.number);
    if (planted(Bug::OTHER_IS_NOT_CANCELED)) orders.clear();
    std::sort(orders.begin(), orders.end(), [this](Index one, Index other) {
        return special().details[one].arrival < special().details[other].arrival;
    });
    for (const Index number : orders) {
        cancel({about(command, special().details[number].instrument), 0}, number, LINKED);
    }
}

// Lets the orders in that waited for one that ended, with no more than it traded. Where it traded
// nothing they are canceled. Those that are for one another's place cancel each other from now on.
template <class Out>
void General<Out>::release(const Command& command, const Ended& ended) {
    std::vector<Index> children;
    std::vector<Index> several;
    for (const Remembered& child : ended.children) {
        if (!special().details.has(child.number)) continue;
        const Details& details = special().details[child.number];
        if (details.arrival != child.arrival || details.state != OrderState::UNRELEASED) continue;
        children.push_back(child.number);
        const OrderFlags flags = flags_of(books().order(child.number).terms);
        if (has(flags, OrderFlag::ONE_CANCELS_OTHER)) several.push_back(child.number);
    }
    if (ended.traded > 0 && !several.empty()) make_group(several);
    for (const Index child : children) {
        const Command its = about(command, special().details[child].instrument);
        if (ended.traded == 0) {
            cancel({its, 0}, child, LINKED);
        } else {
            release_one(its, child, ended.traded);
        }
    }
}

template <class Out>
void General<Out>::release_one(const Command& command, Index child, std::int64_t traded) {
    Entrant order = entrant_from(child, false);
    const Cause cause{command, order.side};
    detach(child);
    if (!planted(Bug::RELEASED_WITH_ALL)) order.order.leaves = std::min(order.order.leaves, traded);
    order.order.timestamp = report_.counters().time;
    stamp(child);
    books().order(child) = order.order;
    if (is_conditional(order.type())) return wait(cause, order, ExecType::TRIGGERED);
    Details& details = special().details[child];
    details.state = OrderState::ENTERING;
    books().set_aside(order.side, books().order(child));
    state(cause, ExecType::TRIGGERED, order.order, details, NO_FLAGS);
    special().triggered.push(child);
}

// Notes that something happened to an order that cancels the others of its group.
template <class Out>
void General<Out>::touch(Index number) {
    const std::uint64_t group = details_of(number).link_group;
    if (group != 0) special().links.touched.push({group, number});
}

// An order that is to be forgotten is no part of a group any more, and waits for nobody.
template <class Out>
void General<Out>::leave_links(Index number) {
    const Details& details = special().details[number];
    OrderLinks& links = special().links;
    if (details.link_group != 0) take_from(links.groups, details.link_group, number);
    if (details.state == OrderState::UNRELEASED) {
        take_from(links.children, details.linked_order_id, number);
    }
}

// Ends a loose order, which may have no number: its id is free, and those linked with it hear of
// it. `order` has what it traded.
template <class Out>
void General<Out>::end(Index number, const RestingOrder& order, SideNumber side) {
    stir(side / 2);
    if (number != NIL) {
        touch(number);
        forget(number);
    }
    OrderLinks& links = special().links;
    const auto waiting = links.children.find(order.order_id);
    if (waiting == links.children.end()) return;
    Ended ended{order.filled, {}};
    std::vector<Index>& children = waiting->second;
    for (const Index child : children) {
        const Details& details = special().details[child];
        if (details.instrument == side / 2) ended.children.push_back({child, details.arrival});
    }
    std::erase_if(children,
                  [&](Index child) { return special().details[child].instrument == side / 2; });
    if (children.empty()) links.children.erase(waiting);
    if (!ended.children.empty()) links.ended.push(std::move(ended));
}

// Notes that something happens in a book, which is looked at before the command ends.
template <class Out>
void General<Out>::stir(std::uint32_t instrument) {
    std::vector<bool>& is_stirred = special().is_stirred;
    if (is_stirred.size() <= instrument) is_stirred.resize(engine_.instrument_count());
    if (is_stirred[instrument]) return;
    special().stirred.push_back(instrument);
    is_stirred[instrument] = true;
}

template class General<ReportBuffer>;
template class General<TradeBuffer>;

}  // namespace engine
