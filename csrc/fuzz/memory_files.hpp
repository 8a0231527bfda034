// A directory in memory that nothing happens to, for fuzzing.
#pragma once

#include <algorithm>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "engine/journal/failure.hpp"
#include "engine/journal/files.hpp"

namespace fuzz {

class MemoryFiles final : public engine::Files {
  public:
    void put(const std::string& name, const std::uint8_t* data, std::size_t size) {
        files_[name].assign(data, data + size);
    }

    Handle create(const std::string& name) override {
        files_[name].clear();
        return opened(name);
    }
    Handle open(const std::string& name, Access) override {
        if (!files_.contains(name)) {
            throw engine::JournalFailure(engine::Fault::IO, "open " + name, name);
        }
        return opened(name);
    }
    void close(Handle) noexcept override {}
    void append(Handle file, const void* bytes, std::size_t count) override {
        const auto* const begin = static_cast<const std::uint8_t*>(bytes);
        bytes_of(file).insert(bytes_of(file).end(), begin, begin + count);
    }
    std::size_t read(Handle file, std::uint64_t offset, void* bytes, std::size_t count) override {
        const std::vector<std::uint8_t>& all = bytes_of(file);
        if (offset >= all.size()) return 0;
        const std::size_t most = std::min(count, all.size() - static_cast<std::size_t>(offset));
        if (most != 0) std::memcpy(bytes, all.data() + offset, most);
        return most;
    }
    std::uint64_t size(Handle file) override {
        return bytes_of(file).size();
    }
    void truncate(Handle file, std::uint64_t size) override {
        bytes_of(file).resize(static_cast<std::size_t>(size));
    }
    void sync(Handle) override {}
    std::vector<std::string> list() override {
        std::vector<std::string> names;
        for (const auto& [name, bytes] : files_) names.push_back(name);
        return names;
    }
    void rename(const std::string& from, const std::string& to) override {
        files_[to] = files_.at(from);
        files_.erase(from);
    }
    void remove(const std::string& name) override {
        files_.erase(name);
    }
    void sync_directory() override {}
    void lock() override {}

  private:
    Handle opened(const std::string& name) {
        names_.push_back(name);
        return static_cast<Handle>(names_.size() - 1);
    }
    std::vector<std::uint8_t>& bytes_of(Handle file) {
        return files_.at(names_.at(static_cast<std::size_t>(file)));
    }

    std::map<std::string, std::vector<std::uint8_t>> files_;
    std::vector<std::string> names_;
};

}  // namespace fuzz
