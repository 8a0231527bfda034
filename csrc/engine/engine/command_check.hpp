// Is a command readable at all? An enum value that does not exist is a caller's mistake, not a
// refused order: the whole batch is turned down before anything is applied, with the place of the
// first such value.
#pragma once

#include <cstddef>

#include "engine/types/records.hpp"

namespace engine {

struct BadCommand {
    std::size_t index;  // of the command, or the count when all are readable
    const char* field;  // the first field of it with a value that does not exist
    std::int64_t value;
};

BadCommand first_bad_command(const Command* commands, std::size_t count);

}  // namespace engine
