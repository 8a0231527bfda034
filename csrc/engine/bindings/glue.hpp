// What the Cython module cannot say itself: C++ exceptions as Python ones, and enum fields from
// plain integers.
#pragma once

#include <Python.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <new>
#include <stdexcept>
#include <vector>

#include "engine/base/assert.hpp"
#include "engine/engine/engine.hpp"
#include "engine/types/records.hpp"

namespace engine {

// engine.InvariantError, set once when the module is made.
inline PyObject* invariant_error = nullptr;

// The halves of a number of 128 bits.
inline std::int64_t high_half(Wide number) {
    return static_cast<std::int64_t>(number >> 64);
}
inline std::uint64_t low_half(Wide number) {
    return static_cast<std::uint64_t>(number);
}

inline void set_invariant_error(PyObject* error) {
    invariant_error = error;
}

// REQUIRES: called in a catch block, with the interpreter lock held.
inline void raise_python() {
    try {
        throw;
    } catch (const BrokenInvariant& error) {
        PyErr_SetString(invariant_error, error.what());
    } catch (const std::bad_alloc&) {
        PyErr_NoMemory();
    } catch (const std::length_error& error) {
        PyErr_SetString(PyExc_OverflowError, error.what());
    } catch (const std::exception& error) {
        PyErr_SetString(PyExc_RuntimeError, error.what());
    }
}

// A batch of so many commands is copied at once, 512 KiB, and looked at in the copy only. Of a
// longer one so few are at a time, 32 KiB, that they are still near the processor when applied.
constexpr std::size_t COPIED_WHOLE = 4096;
constexpr std::size_t COPIED_TOGETHER = 256;

// Looks through commands that another thread may write to: a short batch in a copy, which is what
// is applied then. So is any that is journaled: what is written is what is applied.
inline CommandBatch check_copied(const Command* commands, std::size_t count, bool is_journaled,
                                 CommandCopies& copies) {
    if (count > COPIED_WHOLE && !is_journaled) return check_commands(commands, count);
    return copies.check(commands, count);
}

// Applies what check_copied() found readable. A longer batch may be written to since: its commands
// are copied some at a time, looked at once more and applied from the copy. How many were applied:
// less than all where one could not be read any more, which ends it before those copied with it.
template <class Buffer>
std::size_t match_copies(Engine& engine, const CommandBatch& batch, CommandCopies& copies,
                         Buffer& out) {
    if (copies.has(batch)) {
        engine.match(batch, out);
        copies.shrink();
        return batch.count;
    }
    for (std::size_t from = 0; from < batch.count; from += COPIED_TOGETHER) {
        const std::size_t count = std::min(batch.count - from, COPIED_TOGETHER);
        const CommandBatch copied = copies.check(batch.commands + from, count);
        if (!copied.is_readable()) return from;
        engine.match(copied, out);
    }
    return batch.count;
}

// The number of an exact int of at most 30 bits (63 from Python 3.12 on), without a call; false for
// anything else.
inline bool small_integer(PyObject* value, long long* number) {
    if (!PyLong_CheckExact(value)) return false;
#if PY_VERSION_HEX >= 0x030C0000
    auto* const integer = reinterpret_cast<PyLongObject*>(value);
    if (!PyUnstable_Long_IsCompact(integer)) return false;
    *number = PyUnstable_Long_CompactValue(integer);
    return true;
#else
    const Py_ssize_t size = Py_SIZE(value);
    if (size < -1 || size > 1) return false;
    *number = size * static_cast<long long>(reinterpret_cast<PyLongObject*>(value)->ob_digit[0]);
    return true;
#endif
}

// A tuple of a subclass of tuple that has two items, without a call of Python; null with an error
// set.
inline PyObject* pair_of(PyObject* kind, PyObject* first, PyObject* second) {
    auto* const type = reinterpret_cast<PyTypeObject*>(kind);
    PyObject* const pair = type->tp_alloc(type, 2);
    if (pair == nullptr) return nullptr;
    Py_INCREF(first);
    Py_INCREF(second);
    PyTuple_SET_ITEM(pair, 0, first);
    PyTuple_SET_ITEM(pair, 1, second);
    return pair;
}

// The same of four items; they are taken over, and given up when there is an error. Null among them
// is an error that is set.
inline PyObject* four_of(PyObject* kind, PyObject* first, PyObject* second, PyObject* third,
                         PyObject* fourth) {
    auto* const type = reinterpret_cast<PyTypeObject*>(kind);
    const bool is_whole =
        first != nullptr && second != nullptr && third != nullptr && fourth != nullptr;
    PyObject* const four = is_whole ? type->tp_alloc(type, 4) : nullptr;
    PyObject* const items[] = {first, second, third, fourth};
    for (Py_ssize_t i = 0; i < 4; i++) {
        if (four != nullptr) {
            PyTuple_SET_ITEM(four, i, items[i]);
        } else {
            Py_XDECREF(items[i]);
        }
    }
    return four;
}

// What a rate limiter says as an `engine.RateAnswer`.
inline PyObject* answer_of(PyObject* kind, const RateAnswer& answer) {
    return four_of(kind, PyBool_FromLong(answer.allowed != 0),
                   PyLong_FromUnsignedLong(answer.remaining),
                   PyLong_FromUnsignedLongLong(answer.retry_after),
                   PyLong_FromUnsignedLongLong(answer.reset_time));
}

// The first four bytes of a command, readable or not: check_commands() judges them.
inline void set_head(Command& command, CommandKind kind, std::int8_t side, std::uint8_t order_type,
                     std::uint8_t time_in_force) {
    command.kind = kind;
    command.side = static_cast<Side>(side);
    command.order_type = static_cast<OrderType>(order_type);
    command.time_in_force = static_cast<TimeInForce>(time_in_force);
}

// The place of the report that a call returns: the last of the command's own order, or the one that
// says that it is done. Before it there may be orders that expired, behind it orders that were
// triggered. A call that an order began is no end of its command. REQUIRES: the reports of one
// command.
inline std::size_t own_report(const ExecutionReport* reports, std::size_t count) {
    const auto begins_call = [reports](std::size_t i) {
        return reports[i].exec_type == ExecType::DONE &&
               has(reports[i].flags, ReportFlag::PRICE_BAND);
    };
    std::size_t first = 0;
    while (reports[first].exec_type == ExecType::EXPIRED || begins_call(first)) first++;
    std::size_t last = first;
    for (std::size_t i = first; i < count; i++) {
        if (reports[i].exec_type == ExecType::DONE && !begins_call(i)) return i;
        if (reports[i].order_id == reports[first].order_id) last = i;
    }
    return last;
}

// The second half of a command is what special orders ask for.
inline void set_second_half(Command& command, const Command& other) {
    std::memcpy(&command.trigger_price, &other.trigger_price, sizeof(Command) / 2);
}
inline void clear_second_half(Command& command) {
    std::memset(&command.trigger_price, 0, sizeof(Command) / 2);
}
static_assert(offsetof(Command, trigger_price) == sizeof(Command) / 2);

inline void set_tail(Command& command, std::uint8_t self_trade_mode, std::uint8_t trigger_source,
                     std::uint16_t selector) {
    command.self_trade_mode = static_cast<SelfTradeMode>(self_trade_mode);
    command.trigger_source = static_cast<TriggerSource>(trigger_source);
    command.selector = selector;
}

// Lets an engine become what the bytes are an image of; says how far they could be read.
inline bool load_image(Engine& engine, const std::uint8_t* bytes, std::size_t count,
                       std::size_t* read) {
    Unpacker unpacker(bytes, count);
    const bool is_whole = engine.load(unpacker);
    *read = unpacker.position();
    return is_whole;
}

struct LayoutField {
    const char* record;
    const char* name;
    std::size_t offset;
    std::size_t size;
};

// Every field of every record, as the compiler placed it.
inline const std::vector<LayoutField>& layout_fields() {
    static const std::vector<LayoutField> FIELDS = [] {
        std::vector<LayoutField> fields;
#define RECORD(record, size, doc) \
    {                             \
        using Record = record;    \
        const char* const record_name = #record;
#define FIELD(type, field, doc) \
    fields.push_back({record_name, #field, offsetof(Record, field), sizeof(Record::field)});
#define END_RECORD(record) }
#include "engine/types/records.def"
#undef RECORD
#undef FIELD
#undef END_RECORD
        return fields;
    }();
    return FIELDS;
}

struct LayoutMember {
    const char* enumeration;
    const char* name;
    std::int64_t value;
};

// Every member of every enumeration.
inline const std::vector<LayoutMember>& layout_members() {
    static const std::vector<LayoutMember> MEMBERS = [] {
        std::vector<LayoutMember> members;
#define BEGIN(type, underlying, doc) \
    {                                \
        const char* const type_name = #type;
#define ENUM(name, value, doc) members.push_back({type_name, #name, value});
#define END(type) }
#include "engine/types/enums.def"
#undef BEGIN
#undef ENUM
#undef END
        return members;
    }();
    return MEMBERS;
}

}  // namespace engine
