// libFuzzer: any bytes as packed commands, one after the other. What is taken is packed to the same
// bytes; and 128 bytes as a command come back.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "engine/journal/command_codec.hpp"

namespace {

using Room = std::array<std::uint8_t, engine::COMMAND_ROOM>;

void unpack(const std::uint8_t* data, std::size_t size) {
    engine::CommandContext reading{};
    engine::CommandContext writing{};
    while (size > 1) {
        const std::size_t count = std::min<std::size_t>(data[0] % 150, size - 1);
        Room room{};
        std::memcpy(room.data(), data + 1, std::min(count, room.size()));
        engine::Command command;
        if (!engine::decode_command(room.data(), count, reading, &command)) return;
        Room again{};
        const auto* const end = engine::encode_command(again.data(), command, writing);
        const bool is_equal =
            end == again.data() + count && std::memcmp(again.data(), room.data(), count) == 0;
        if (!is_equal || reading != writing) std::abort();
        data += 1 + count;
        size -= 1 + count;
    }
}

void pack(const std::uint8_t* data, std::size_t size) {
    engine::Command command{};
    std::memcpy(&command, data, std::min(size, sizeof command));
    Room room{};
    engine::CommandContext context{};
    const auto* const end = engine::encode_command(room.data(), command, context);
    engine::Command found;
    context = {};
    const auto count = static_cast<std::size_t>(end - room.data());
    const bool is_taken = engine::decode_command(room.data(), count, context, &found);
    if (!is_taken || std::memcmp(&found, &command, sizeof command) != 0) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    unpack(data, size);
    pack(data, size);
    return 0;
}
