// Several engines that answer as one: each has some of the instruments, and a thread.
//
// Purpose: books that share nothing can be matched beside each other. A block of commands is cut
// into slices: in each, a worker lays the commands of a shard side by side and looks through them.
// Each shard's engine applies its own, and the workers put what came of it into the order of the
// commands, piece by piece, numbered through: the first slice while others are at their turns.
// What one engine does with all instruments at a time (orders that expire, commands of the whole
// venue) happens at a cut: what was before is done, then every shard has its turn, by number.
// Between batches an instrument can move to another engine, and an engine can join the others.
// Invariants: every engine has every instrument, under one number, and uses those that are placed
// with it. Between batches no engine has an order that should have ended by time(). What was
// deposited less what was withdrawn is the sum of what the shards have of it.
// Complexity: a command costs what it costs an engine and a copy, a report a copy. A cut costs a
// step for each shard, a move O(log n) for each order that moves.
// One thread at a time calls it; it has threads of its own.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/engine/engine.hpp"
#include "engine/shards/workers.hpp"

namespace engine {

constexpr std::size_t SHARDS_MAX = 256;

// Why instruments can not be in an engine with what it has.
struct Obstacle {
    std::uint64_t order_id = 0;         // that two live orders have; 0 for none
    std::uint32_t instruments[2] = {};  // whose orders they are
    std::uint64_t orders = 0;           // how many there would be, where that is too many
    Lack lack;                          // of the money that would go along
    std::uint32_t shard = 0;            // where that is lacking, if the instrument is to leave it

    bool is_none() const {
        return order_id == 0 && orders == 0 && lack.where == Lack::Where::NOWHERE;
    }
};

class Shards {
  public:
    // REQUIRES: 1 to SHARDS_MAX engines without instruments, which outlive this.
    Shards(const std::vector<Engine*>& engines, std::size_t workers);

    // Says where the next instrument is, which every engine was given.
    void place(std::uint32_t shard);
    std::size_t count() const {
        return engines_.size();
    }
    std::uint32_t shard_of(std::uint32_t instrument) const {
        return instrument < places_.size() ? places_[instrument] : 0;
    }

    // As check_commands() and Engine::match(), by all workers: what comes out is in the order of
    // commands, numbered as one engine would. Where they can't be read, nothing is applied. The
    // commands are copied before anything is asked of them: another thread may write to them.
    // Throws what an engine throws; every later call throws BrokenInvariant then.
    CommandBatch match(const Command* commands, std::size_t count, ReportBuffer& out);
    CommandBatch match(const Command* commands, std::size_t count, TradeBuffer& out);
    // The same with commands that were looked through. REQUIRES: batch.is_readable().
    void match(const CommandBatch& batch, ReportBuffer& out);
    // The first for one shard alone, whatever the commands name. REQUIRES: no timestamps.
    CommandBatch match_at(std::uint32_t shard, const Command* commands, std::size_t count,
                          ReportBuffer& out);

    // -- between batches
    // Moves an instrument with all that it is; where it was, it is as when it was added. Says what
    // is in the way of that. Nothing has changed then, nor where it throws std::bad_alloc.
    Obstacle move(std::uint32_t instrument, std::uint32_t shard);
    // Adds a shard, to which these instruments move; then there are so many workers.
    // REQUIRES: the engine has the same instruments, the same accounts by Engine::follow(), and
    // nothing else, and outlives this. Says and throws what move() does; the engine is of no use
    // where it throws.
    Obstacle add(Engine& engine, std::size_t workers,
                 const std::vector<std::uint32_t>& instruments);

    // The largest timestamp seen, and how many reports and trades were made.
    std::uint64_t time() const {
        return time_;
    }
    Mark made() const {
        return made_;
    }
    // What was deposited in a currency less what was withdrawn, over all shards.
    Wide deposited(std::uint32_t currency) const {
        return currency < deposited_.size() ? deposited_[currency] : 0;
    }
    void check_invariants() const;

  private:
    // What two threads write lies in lines of its own, which may be fetched in pairs.
    static constexpr std::size_t LINES = 128;

    // Whether commands are copied and looked through on the way.
    enum class Looking : std::uint8_t { CHECKS, TAKES_AS_CHECKED };

    // What an engine said of the commands of a slice.
    struct alignas(LINES) Said {
        ReportBuffer reports;
        TradeBuffer trades;
    };
    // A stretch of a block: its commands by shard, and what each came to.
    struct alignas(LINES) Slice {
        std::vector<std::uint8_t> shards;    // by place in the slice
        std::vector<std::uint32_t> counts;   // by shard: how many commands it has
        std::vector<std::uint32_t> plain;    // by shard: the second halves of so many copies are 0
        std::vector<std::uint32_t> reached;  // by piece and shard: how many are before the piece
        std::vector<Mark> before;            // by shard: what it had made before the slice
        std::vector<Said> said;              // by shard
        std::size_t first = 0;               // where it begins in the block
        std::size_t count = 0;
        std::uint64_t latest = 0;        // the largest timestamp
        std::uint64_t first_expiry = 0;  // the earliest that an order brings
        bool is_cut = false;             // it ends before a command that is applied alone
        Mark made;                       // where its reports and trades begin
        CommandBatch checked{};
        std::atomic<std::size_t> next_piece{0};  // to be put in order by who comes first

        // Room for so many commands in every shard: memory that is not touched costs nothing.
        void make_room(std::size_t of_shards, std::size_t count_max);
        Command* commands_of(std::size_t shard) {
            return commands_.get() + shard * room_;
        }
        Mark* marks_of(std::size_t shard) {
            return marks_.get() + shard * room_;
        }

      private:
        std::unique_ptr<Command[]> commands_;
        std::unique_ptr<Mark[]> marks_;
        std::size_t room_ = 0;
    };
    // What commands that were dealt out have brought.
    struct Dealt {
        std::uint64_t expiry;        // with this time an order ends
        std::uint64_t first_expiry;  // the earliest of those that they bring
        std::uint64_t latest;        // the largest timestamp
        bool is_usual;               // the last of them are plain, and can be read
        std::uint32_t counts[SHARDS_MAX];
    };
    // A shard's engine at a block.
    struct alignas(LINES) Turn {
        Mark reached;  // what it had made before the slice that is merged next
        std::atomic<bool> is_taken{false};
        std::atomic<bool> has_begun{false};  // what is of the first slice is done
    };

    template <class Out>
    CommandBatch check_and_run(const Command* commands, std::size_t count, Out& out);
    template <class Out>
    void run(const CommandBatch& batch, Out& out);
    template <class Out>
    std::size_t match_block(std::size_t parts, bool is_plain, const Command* following, Out& out);
    CommandBatch copied(const Command* commands, std::size_t count, std::size_t parts);
    CommandBatch checked(const Command* commands, std::size_t count, std::size_t parts) const;
    CommandBatch partition(const Command* commands, std::size_t count, std::size_t parts,
                           Looking looking);
    std::size_t parts_before_cut(std::size_t parts) const;
    void deal_out(Slice& slice, const Command* commands, std::size_t count, std::uint64_t expiry,
                  Looking looking);
    std::size_t deal_some(Slice& slice, const Command* commands, std::size_t from, std::size_t end,
                          Dealt* dealt) const;
    void begin_turns(std::size_t parts);
    template <class Out>
    void take_turns(std::size_t worker, std::size_t parts, bool is_plain, const Command* following);
    template <class Out>
    std::size_t take_turn(std::size_t shard, std::size_t parts, bool is_plain, const Command* next);
    template <class Out>
    void merge(std::size_t parts, Out& out);
    template <class Out>
    void put_early(Out& out);
    template <class Out, class Record>
    void put_pieces(Slice& slice, Record* to);
    template <class Out, class Record>
    void put_in_order(Slice& slice, std::size_t piece, Record* to);
    template <class Out>
    void apply_alone(const Command& command, bool is_plain, Out& out);
    template <class Out>
    void apply_at(std::uint32_t shard, const Command& command, bool is_plain, Out& out);
    template <class Out>
    void expire(const Command& command, std::size_t but, Out& out);
    void apply_everywhere(const Command& command, bool is_plain, ReportBuffer& out);
    void apply_everywhere(const Command& command, bool is_plain, TradeBuffer& out);
    void number(ReportBuffer& out, std::size_t from, const Engine& engine, const Mark& before);
    void number(TradeBuffer& out, std::size_t from, const Engine& engine, const Mark& before);
    Obstacle plan(const std::vector<std::uint32_t>& instruments, const Engine& to,
                  std::vector<Departure>* departures) const;
    void copy_to(Engine& engine, const Departure& departure) const;
    std::uint64_t next_expiry() const;
    template <class Out>
    static Out& said(Slice& slice, std::size_t shard);
    static std::vector<Slice> slices_for(std::size_t shards, std::size_t workers);

    std::vector<Engine*> engines_;
    std::vector<std::uint8_t> places_;  // by instrument
    std::vector<Slice> slices_;         // by worker
    std::vector<Turn> turns_;           // by shard
    std::vector<Wide> deposited_;       // by currency
    Workers workers_;
    std::unique_ptr<Command[]> copies_;  // of the commands of a batch
    std::size_t copies_room_ = 0;
    std::uint64_t time_ = 0;
    Mark made_;
    std::size_t block_;
    bool is_whole_ = true;  // false once a batch was left half applied
};

}  // namespace engine
