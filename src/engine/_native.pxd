# What the Cython modules use of csrc/engine.
from cpython.object cimport PyObject
from libc.stdint cimport int8_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libcpp cimport bool as cbool
from libcpp.map cimport map as cmap
from libcpp.set cimport set as cset
from libcpp.utility cimport pair
from libcpp.vector cimport vector


cdef extern from "engine/types/records.hpp" namespace "engine" nogil:
    ctypedef int CommandKind "engine::CommandKind"
    ctypedef int ExecType "engine::ExecType"
    ctypedef int RejectReason "engine::RejectReason"
    const CommandKind SUBMIT "engine::CommandKind::SUBMIT"
    const CommandKind CANCEL "engine::CommandKind::CANCEL"
    const CommandKind REPLACE "engine::CommandKind::REPLACE"
    const CommandKind REDUCE "engine::CommandKind::REDUCE"
    const CommandKind MASS_CANCEL "engine::CommandKind::MASS_CANCEL"
    const CommandKind SET_PRICE "engine::CommandKind::SET_PRICE"
    const CommandKind SET_PHASE "engine::CommandKind::SET_PHASE"
    const CommandKind UNCROSS "engine::CommandKind::UNCROSS"
    const CommandKind SET_ACCOUNT "engine::CommandKind::SET_ACCOUNT"
    const CommandKind SET_POSITION "engine::CommandKind::SET_POSITION"
    const CommandKind SET_POSITION_MODE "engine::CommandKind::SET_POSITION_MODE"
    const CommandKind SET_MARGIN_MODE "engine::CommandKind::SET_MARGIN_MODE"
    const CommandKind SET_LIMIT "engine::CommandKind::SET_LIMIT"
    const CommandKind SET_DEFAULT_LIMIT "engine::CommandKind::SET_DEFAULT_LIMIT"
    const CommandKind SWITCH "engine::CommandKind::SWITCH"
    const CommandKind SET_RATE "engine::CommandKind::SET_RATE"
    const CommandKind FUND "engine::CommandKind::FUND"
    ctypedef int Limit "engine::Limit"
    ctypedef int RateLimit "engine::RateLimit"
    ctypedef int Phase "engine::Phase"
    ctypedef int TriggerSource "engine::TriggerSource"

    cdef cppclass cCommand "engine::Command":
        CommandKind kind
        uint32_t flags
        uint32_t instrument
        uint32_t account
        uint64_t order_id
        int64_t price
        int64_t quantity
        uint64_t timestamp
        uint64_t command_id
        uint64_t client_order_id
        int64_t trigger_price
        int64_t display_quantity
        int64_t minimum_quantity
        uint64_t expiry
        int64_t offset
        int64_t bound
        uint64_t linked_order_id
        uint32_t self_trade_group

    # The fields declared int are enumerations of one or two bytes: read them through a cast.
    cdef cppclass cReport "engine::ExecutionReport":
        int exec_type
        int order_status
        int reject_reason
        int side
        int kind
        int liquidity
        uint8_t flags
        uint32_t instrument
        uint32_t account
        uint64_t sequence_number
        uint64_t timestamp
        uint64_t order_id
        int64_t price
        int64_t leaves_quantity
        int64_t filled_quantity
        int64_t last_quantity
        int64_t last_price
        uint64_t trade_id
        uint64_t contra_order_id
        int64_t fee
        uint64_t client_order_id
        uint64_t command_id
        int order_type
        int time_in_force
        int self_trade_mode
        uint32_t order_flags

    cdef cppclass cTrade "engine::Trade":
        uint64_t trade_id
        uint64_t maker_order_id
        uint64_t taker_order_id
        int64_t price
        int64_t quantity
        uint64_t timestamp
        uint32_t instrument
        uint32_t maker_account
        uint32_t taker_account
        int side

    cdef cppclass cOrder "engine::Order":
        uint64_t order_id
        uint64_t client_order_id
        int64_t price
        int64_t leaves_quantity
        int64_t filled_quantity
        uint64_t timestamp
        uint32_t instrument
        uint32_t account
        int side
        int order_type
        int time_in_force
        int self_trade_mode
        uint32_t flags

    cdef cppclass cDetail "engine::OrderDetail":
        pass

    cdef cppclass cLevel "engine::Level":
        pass

    cdef cppclass cMessage "engine::FeedMessage":
        pass

    ctypedef int RateKind "engine::RateKind"
    ctypedef int CountKind "engine::CountKind"
    ctypedef int cLiquidity "engine::Liquidity"

    cdef cppclass cRateAnswer "engine::RateAnswer":
        pass


cdef extern from "engine/types/instrument.hpp" namespace "engine" nogil:
    ctypedef int ReplacePriority "engine::ReplacePriority"
    ctypedef int TriggerOrder "engine::TriggerOrder"
    ctypedef int AuctionRule "engine::AuctionRule"
    ctypedef int AuctionPrices "engine::AuctionPrices"
    ctypedef int Allocation "engine::Allocation"
    ctypedef int BandAction "engine::BandAction"
    ctypedef int ReduceOnlyRule "engine::ReduceOnlyRule"
    ctypedef int Visibility "engine::Visibility"
    const Visibility LIT "engine::Visibility::LIT"
    const Visibility DARK "engine::Visibility::DARK"

    cdef cppclass InstrumentTerms:
        InstrumentTerms()
        int64_t min_price
        int64_t max_price
        int64_t min_quantity
        int64_t max_quantity
        ReplacePriority replace_priority
        TriggerOrder trigger_order
        AuctionRule auction_rule
        AuctionPrices auction_prices

    cdef cppclass MarketRules:
        MarketRules()
        int64_t pro_rata_minimum
        int64_t top_order_minimum
        int64_t top_order_maximum
        int64_t static_band
        int64_t dynamic_band
        Allocation allocation
        BandAction band_action
        ReduceOnlyRule reduce_only_rule
        Visibility visibility


cdef extern from "engine/types/limits.hpp" namespace "engine" nogil:
    const int64_t TIER_MAX
    const uint64_t ORDERS_MAX
    const uint64_t CASCADE_MAX
    const uint64_t RESENDS_MAX
    const int64_t BAND_MAX
    const uint32_t INSTRUMENTS_MAX


cdef extern from "engine/formulas/rounding.hpp" namespace "engine" nogil:
    # Of 128 bits: only passed on, or read by its halves.
    ctypedef int Wide "engine::Wide"


cdef extern from "engine/bindings/glue.hpp" namespace "engine" nogil:
    void set_invariant_error(PyObject* error)
    void raise_python() with gil
    void set_head(
        cCommand& command, CommandKind kind, int8_t side, uint8_t order_type, uint8_t time_in_force
    )
    void set_second_half(cCommand& command, const cCommand& other)
    void clear_second_half(cCommand& command)
    void set_tail(
        cCommand& command, uint8_t self_trade_mode, uint8_t trigger_source, uint16_t selector
    )
    size_t own_report(const cReport* reports, size_t count)
    cbool small_integer(object value, long long* number) with gil
    object pair_of(object kind, object first, object second) with gil
    object answer_of(object kind, const cRateAnswer& answer) with gil
    int64_t high_half(Wide number)
    uint64_t low_half(Wide number)

    cdef cppclass LayoutField:
        const char* record
        const char* name
        size_t offset
        size_t size

    cdef cppclass LayoutMember:
        const char* enumeration
        const char* name
        int64_t value

    const vector[LayoutField]& layout_fields()
    const vector[LayoutMember]& layout_members()


cdef extern from "engine/book/books.hpp" namespace "engine" nogil:
    cdef cppclass BookSide:
        uint32_t order_count
        int64_t quantity

    cdef cppclass Books:
        uint32_t find(uint64_t order_id)
        uint32_t side_of_order(uint32_t node)
        const BookSide& side(uint32_t number)
        size_t order_count()
        cbool best_price(uint32_t number, int64_t* price)
        size_t level_count(uint32_t number, size_t most)
        size_t depth(uint32_t number, size_t levels, cLevel* out)


cdef extern from "engine/engine/reporter.hpp" namespace "engine" nogil:
    cdef cppclass cCounters "engine::Counters":
        uint64_t time
        uint64_t reports
        uint64_t trades
        uint64_t next_order_id

    cdef cppclass ReportBuffer:
        ReportBuffer()
        void borrow(cReport* memory, size_t count)
        void clear()
        size_t size()
        const cReport* data()
        cbool is_owner()
        void reserve(size_t count) except +raise_python
        cReport* release()

    cdef cppclass TradeBuffer:
        TradeBuffer()
        void borrow(cTrade* memory, size_t count)
        size_t size()
        cbool is_owner()
        void reserve(size_t count) except +raise_python
        cTrade* release()


cdef extern from "engine/engine/command_check.hpp" namespace "engine" nogil:
    cdef cppclass BadCommand:
        size_t index
        const char* field
        int64_t value

    cdef cppclass CommandBatch:
        const cCommand* commands
        size_t count
        BadCommand bad
        cbool is_readable()

    CommandBatch check_commands(const cCommand* commands, size_t count)
    CommandBatch single(const cCommand* command)

    cdef cppclass CommandCopies:
        CommandCopies() except +


cdef extern from "engine/matching/auction.hpp" namespace "engine" nogil:
    cdef cppclass cUncrossing "engine::Uncrossing":
        int64_t price
        int64_t volume
        int64_t surplus
        int64_t lowest
        int64_t highest


cdef extern from "engine/matching/price_band.hpp" namespace "engine" nogil:
    cdef cppclass PriceBand:
        PriceBand()
        int64_t lowest
        int64_t highest
        cbool operator==(const PriceBand&)


cdef extern from "engine/types/contract.hpp" namespace "engine" nogil:
    ctypedef int ContractKind "engine::ContractKind"
    ctypedef int Rounding "engine::Rounding"
    ctypedef int CloseFee "engine::CloseFee"
    ctypedef int OrderPrice "engine::OrderPrice"
    ctypedef int FeeCurrency "engine::FeeCurrency"
    const int64_t BILLION

    cdef cppclass FeeRates:
        int64_t maker
        int64_t taker

    cdef cppclass MarginTier:
        int64_t floor
        int64_t initial_rate
        int64_t maintenance_rate
        int64_t deduction

    ctypedef int FundingAccrual "engine::FundingAccrual"

    cdef cppclass FundingTerms:
        FundingAccrual accrual
        int64_t interest
        int64_t damp
        int64_t floor
        int64_t cap
        int64_t period
        cbool is_told

    ctypedef int LiquidationStep "engine::LiquidationStep"
    ctypedef int LiquidationSale "engine::LiquidationSale"
    ctypedef int Deficit "engine::Deficit"
    ctypedef int DeleverageRank "engine::DeleverageRank"

    cdef cppclass LiquidationTerms:
        cbool at_margin
        cbool keeps_orders
        LiquidationStep step
        LiquidationSale sale
        Deficit deficit
        DeleverageRank rank
        uint8_t tiers_down
        int64_t fraction
        int64_t above
        int64_t least
        int64_t cooldown
        int64_t backstop
        int64_t fee_rate
        int64_t most_rate
        int64_t adjustment
        int64_t spread

    cdef cppclass Contract:
        Contract()
        ContractKind kind
        Rounding value_rounding
        Rounding fee_rounding
        FeeCurrency fee_currency
        uint32_t base
        uint32_t settle
        int64_t lot_units
        int64_t value_factor
        int64_t maker_rate
        int64_t taker_rate
        int64_t initial_rate
        int64_t maintenance_rate
        int64_t min_value
        int64_t max_value
        int64_t initial_slope
        int64_t maintenance_slope
        int64_t open_interest_lower
        int64_t open_interest_upper
        int64_t rate_step
        CloseFee close_fee
        CloseFee initial_close_fee
        cbool value_at_entry
        cbool funding_in_maintenance
        cbool initial_at_mark
        cbool open_loss
        OrderPrice order_price
        int64_t order_price_buffer
        vector[FeeRates] fee_tiers
        vector[MarginTier] margin_tiers
        FundingTerms funding
        LiquidationTerms liquidation


cdef extern from "engine/accounts/limits.hpp" namespace "engine" nogil:
    const uint32_t NO_ACCOUNT
    const int64_t NOT_LIMITED
    ctypedef int LimitOf "engine::LimitOf"
    LimitOf what_of(Limit limit)

    cdef cppclass cExposure "engine::Exposure":
        Wide longs
        Wide shorts

    cdef cppclass Tally:
        cExposure sum
        Wide gross
        Wide result
        Wide best
        Wide begin
        uint64_t day

    cdef cppclass LimitsInForce:
        int64_t operator[](Limit limit)

    cdef cppclass LimitSet:
        uint32_t account
        int limit  # of two bytes: read it through a cast
        uint32_t of
        int64_t value

    cdef cppclass Asked:
        uint32_t instrument
        int side  # of one byte, and so is the type
        int type
        int64_t price
        int64_t trigger_price
        int64_t quantity

    cdef cppclass Limits:
        LimitsInForce in_force(uint32_t account, LimitOf what, uint32_t of)
        vector[LimitSet] all()
        cbool is_venue_off()
        const cset[uint32_t]& accounts_off()
        const cset[uint32_t]& groups_off()
        const cset[uint32_t]& instruments_off()

cdef extern from "engine/accounts/accounts.hpp" namespace "engine" nogil:

    cdef cppclass cAccount "engine::Account":
        uint32_t number
        uint32_t group
        uint32_t tier
        uint16_t flags
        cbool has_last
        uint64_t live_orders
        uint64_t last_time
        Asked last

    cdef cppclass cBalance "engine::Balance":
        Wide amount
        Wide held
        Wide margin

    cdef cppclass cPosition "engine::Position":
        uint32_t instrument
        int64_t lots
        int64_t chosen_rate
        cbool is_hedged
        cbool is_isolated
        Wide entry_value
        Wide realized
        Wide fees
        Wide buys
        Wide sells
        Wide margin

    cdef cppclass cPaid "engine::Paid":
        Wide funding
        uint32_t rest

    cdef cppclass cFunded "engine::Funded":
        Wide index
        int64_t rate
        uint64_t time
        cbool has_begun


    cdef cppclass Accounts:
        cbool is_kept()
        uint32_t currency_count()
        uint32_t find(uint64_t number)
        uint32_t count()
        const cAccount& account(uint32_t index)
        const cBalance& balance(uint32_t index, uint32_t currency)
        const cPosition* position(uint32_t index, uint32_t instrument)
        const cPosition* short_position(uint32_t index, uint32_t instrument)
        uint32_t party_end()
        const cPosition& party(uint32_t party)
        vector[uint32_t] positions_of(uint32_t index) except +raise_python
        const Contract& contract(uint32_t instrument)
        const Limits& limits()
        const Tally& tally(uint32_t index, uint32_t currency)
        Wide day_loss(uint32_t index, uint32_t currency, uint64_t time)
        Wide drawdown(uint32_t index, uint32_t currency)
        Wide house(uint32_t currency)
        Wide rounding(uint32_t currency)
        Wide maintenance(const cPosition& position)
        Wide maintenance(uint32_t index, uint32_t currency)
        Wide isolated_margin(uint32_t index, uint32_t currency)
        const cFunded& funded(uint32_t instrument)
        const cmap[pair[uint32_t, uint32_t], uint64_t]& parted()
        int64_t deposits(uint32_t currency)
        Wide unrealized(const cPosition& position)
        Wide added(const cPosition& position)
        const cPaid& paid(const cPosition& position)
        Wide unrealized(uint32_t index, uint32_t currency)
        Wide isolated(uint32_t index, uint32_t currency)
        int64_t initial_rate(const cPosition& position)
        int64_t least_rate(uint32_t account, uint32_t instrument)


cdef extern from "engine/accounts/tier_rates.hpp" namespace "engine" nogil:
    cdef cppclass TierRate:
        uint32_t tier
        int limit  # of two bytes: read it through a cast
        int64_t value

    cdef cppclass TierRates:
        cbool is_any()
        int64_t value(uint32_t tier, RateLimit limit)
        vector[TierRate] all() except +raise_python
        cRateAnswer ask(uint32_t account, RateKind kind, uint64_t time) except +raise_python


cdef extern from "engine/types/planted.hpp" namespace "engine" nogil:
    ctypedef int Bug "engine::Bug"
    const Bug APPLIED_BEFORE_APPENDED "engine::Bug::APPLIED_BEFORE_APPENDED"

    cbool planted(Bug bug)


cdef extern from "engine/types/positions.hpp" namespace "engine" nogil:
    cdef cppclass Which:
        uint32_t account


cdef extern from "engine/engine/market.hpp" namespace "engine" nogil:
    cdef cppclass Market:
        int64_t last_price
        int64_t last_quantity
        uint64_t orders
        uint64_t trades
        Wide traded_lots()


cdef extern from "engine/engine/totals.hpp" namespace "engine" nogil:
    cdef cppclass CountsBy[Enum]:
        const uint64_t* data()

    cdef cppclass Totals:
        CountsBy[CommandKind] commands
        CountsBy[ExecType] reports
        CountsBy[RejectReason] rejects
        uint64_t trades
        Wide lots


cdef extern from "engine/engine/engine.hpp" namespace "engine" nogil:

    cdef cppclass Packer:
        Packer()
        size_t size()
        uint8_t* release()

    cbool load_image(
        cEngine& engine, const uint8_t* bytes, size_t count, size_t* read
    ) except +raise_python

    cdef cppclass cEngine "engine::Engine":
        cEngine(
            uint64_t orders_max,
            uint64_t cascade_max,
            uint64_t resend_window,
            uint64_t first_order_id,
        ) except +raise_python
        void follow(const cEngine& other) except +raise_python
        uint32_t add_instrument(
            const InstrumentTerms& terms, const MarketRules& rules
        ) except +raise_python
        uint32_t add_instrument(
            const InstrumentTerms& terms, const MarketRules& rules, const Contract& contract
        ) except +raise_python
        void keep_accounts()
        uint32_t add_currency() except +raise_python
        const Accounts& accounts()
        const TierRates& rates()
        void reserve(size_t orders) except +raise_python
        void match(const CommandBatch& batch, ReportBuffer& out) except +raise_python
        void match(const CommandBatch& batch, TradeBuffer& out) except +raise_python
        uint64_t orders_max()
        void check_invariants() except +raise_python
        void save(Packer& out) except +raise_python
        const Books& books()
        const Market& market(uint32_t instrument)
        uint32_t instrument_count()
        const cCounters& counters()
        Totals totals()
        size_t memory_bytes()
        cOrder describe(uint32_t number)
        cbool has_details(uint32_t number)
        cDetail detail(uint32_t number)
        void orders_at(uint32_t side, int64_t price, vector[uint32_t]* out) except +raise_python
        void orders_of(uint32_t side, vector[uint32_t]* out) except +raise_python
        void waiting(uint32_t instrument, vector[uint32_t]* out) except +raise_python
        void detailed(uint32_t instrument, vector[uint32_t]* out) except +raise_python
        size_t resting_count(uint32_t side)
        size_t waiting_count(uint32_t instrument)
        Phase phase(uint32_t instrument)
        cbool uncrossing(uint32_t instrument, cUncrossing* found) except +raise_python
        cbool price(uint32_t instrument, TriggerSource source, int64_t* price)
        uint64_t top_order(uint32_t side)
        PriceBand price_band(uint32_t instrument)
        cbool has_positions(uint32_t instrument)
        cbool liquidation_price(
            uint32_t account, uint32_t instrument, cbool is_short, int64_t* price
        ) except +raise_python
        cbool is_enabled(uint32_t account, uint32_t instrument)
        cbool position(uint32_t instrument, uint32_t account, int64_t* lots)
        cmap[Which, int64_t] positions(uint32_t instrument)
        cbool queue_ahead(uint32_t number, uint64_t* orders, int64_t* lots) except +raise_python


cdef extern from "engine/shards/shards.hpp" namespace "engine" nogil:
    const size_t SHARDS_MAX

    cdef cppclass cMark "engine::Mark":
        uint64_t reports
        uint64_t trades

    ctypedef int Where "engine::Lack::Where"
    const Where LACKS_WHERE_LEFT "engine::Lack::Where::LEFT"
    const Where LACKS_DEPOSITS "engine::Lack::Where::DEPOSITS"

    cdef cppclass cLack "engine::Lack":
        Where where
        uint32_t account
        uint32_t instrument
        uint32_t currency
        Wide needed
        Wide there

    cdef cppclass cObstacle "engine::Obstacle":
        uint64_t order_id
        uint32_t instruments[2]
        uint64_t orders
        cLack lack
        uint32_t shard
        cbool is_none()

    cdef cppclass cShards "engine::Shards":
        cShards(const vector[cEngine*]& engines, size_t workers) except +raise_python
        void place(uint32_t shard) except +raise_python
        uint32_t shard_of(uint32_t instrument)
        CommandBatch match(
            const cCommand* commands, size_t count, ReportBuffer& out
        ) except +raise_python
        CommandBatch match(
            const cCommand* commands, size_t count, TradeBuffer& out
        ) except +raise_python
        void match(const CommandBatch& batch, ReportBuffer& out) except +raise_python
        CommandBatch match_at(
            uint32_t shard, const cCommand* commands, size_t count, ReportBuffer& out
        ) except +raise_python
        cObstacle move(uint32_t instrument, uint32_t shard) except +raise_python
        cObstacle add(
            cEngine& engine, size_t workers, const vector[uint32_t]& instruments
        ) except +raise_python
        uint64_t time()
        cMark made()
        Wide deposited(uint32_t currency)
        void check_invariants() except +raise_python


cdef extern from "engine/feed/builder.hpp" namespace "engine" nogil:
    ctypedef int FeedChannel "engine::FeedChannel"
    ctypedef int ReportNumbers "engine::ReportNumbers"
    const ReportNumbers NAMED "engine::ReportNumbers::NAMED"
    const ReportNumbers CONCEALED "engine::ReportNumbers::CONCEALED"

    cdef cppclass FeedBuffer:
        FeedBuffer()
        void borrow(cMessage* memory, size_t count)
        size_t size()
        cbool is_owner()
        void reserve(size_t count) except +raise_python
        cMessage* release()

    cdef cppclass cFeedBuilder "engine::FeedBuilder":
        cFeedBuilder(
            uint8_t channels, ReportNumbers numbers, uint64_t after
        ) except +raise_python
        void add_instrument(uint32_t instrument, Visibility visibility) except +raise_python
        cbool has_instrument(uint32_t instrument)
        size_t instrument_count()
        size_t find_gap(const cReport* reports, size_t count)
        void read(const cReport* reports, size_t count, FeedBuffer& out) except +raise_python
        uint64_t next_report()
        uint64_t sequence_number(uint32_t instrument, FeedChannel channel)
        void write_snapshot(
            uint32_t instrument, FeedChannel channel, size_t levels, FeedBuffer& out
        ) except +raise_python
        void check_invariants() except +raise_python


cdef extern from "engine/bindings/glue.hpp" namespace "engine" nogil:
    CommandBatch check_copied(
        const cCommand* commands, size_t count, cbool is_journaled, CommandCopies& copies
    ) except +raise_python
    size_t match_copies(
        cEngine& engine, const CommandBatch& batch, CommandCopies& copies, ReportBuffer& out
    ) except +raise_python
    size_t match_copies(
        cEngine& engine, const CommandBatch& batch, CommandCopies& copies, TradeBuffer& out
    ) except +raise_python
