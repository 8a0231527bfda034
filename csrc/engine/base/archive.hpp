// The fields of records as packed numbers: one list of fields both writes and reads them.
//
// A function template `fields(archive, record)` calls archive(record.one, record.other, ...) and is
// given a Saver and a const record, or a Loader and one to fill. What a field's type can not have
// is a failure of the reader: a number of another size, a byte that is no member of its
// enumeration, which is_member() of its namespace says.
// Complexity: O(1) a field.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "engine/base/packed.hpp"

namespace engine {

class Saver {
  public:
    static constexpr bool LOADS = false;

    explicit Saver(Packer& out) : out_(out) {}
    template <class... Fields>
    ENGINE_INLINE void operator()(const Fields&... fields) {
        (put(fields), ...);
    }

  private:
    template <class T>
    ENGINE_INLINE void put(const T& field) {
        if constexpr (std::is_same_v<T, WideNumber>) {
            out_.put_wide(field);
        } else if constexpr (std::is_enum_v<T>) {
            out_.put(static_cast<std::make_unsigned_t<std::underlying_type_t<T>>>(field));
        } else if constexpr (std::signed_integral<T>) {
            out_.put_signed(field);
        } else if constexpr (std::unsigned_integral<T>) {
            out_.put(field);
        } else {
            for (const auto& each : field) put(each);
        }
    }

    Packer& out_;
};

class Loader {
  public:
    static constexpr bool LOADS = true;
    // No number of 128 bits is larger in size: so many can be added without an overflow.
    static constexpr WideNumber WIDE_MOST = WideNumber{1} << 112;

    explicit Loader(Unpacker& in) : in_(in) {}
    template <class... Fields>
    ENGINE_INLINE void operator()(Fields&... fields) {
        (get(fields), ...);
    }

  private:
    template <class T>
    ENGINE_INLINE void get(T& field) {
        if constexpr (std::is_same_v<T, WideNumber>) {
            field = in_.get_wide();
            if (ENGINE_LIKELY(field <= WIDE_MOST && field >= -WIDE_MOST)) return;
            in_.fail();
            field = 0;
        } else if constexpr (std::is_enum_v<T>) {
            using Bits = std::make_unsigned_t<std::underlying_type_t<T>>;
            const auto value = static_cast<T>(in_.get_as<Bits>());
            in_.require(is_member(value));
            field = in_.is_sound() ? value : T{};
        } else if constexpr (std::is_same_v<T, bool>) {
            const std::uint64_t bit = in_.get();
            in_.require(bit <= 1);
            field = bit == 1;
        } else if constexpr (std::signed_integral<T>) {
            static_assert(sizeof(T) == sizeof(std::int64_t));
            field = in_.get_signed();
        } else if constexpr (std::unsigned_integral<T>) {
            field = in_.get_as<T>();
        } else {
            for (auto& each : field) get(each);
        }
    }

    Unpacker& in_;
};

// A record as an archive is given it: fields(Archive&, Archived<Archive, Record>&).
template <class Archive, class Record>
using Archived = std::conditional_t<Archive::LOADS, Record, const Record>;

}  // namespace engine
