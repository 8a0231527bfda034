#include "engine/engine/account_check.hpp"

#include "engine/engine/engine.hpp"
#include "engine/types/limits.hpp"

namespace engine {

namespace {

class AccountCheck {
  public:
    explicit AccountCheck(const Situation& situation)
        : at_(situation), command_(situation.command) {}

    RejectReason set_account() const {
        Taken taken{};
        taken.selector = taken.group = true;
        if (takes_more_of_accounts(taken) || command_.instrument != 0) {
            return RejectReason::MALFORMED;
        }
        if (!accounts().is_kept()) return RejectReason::UNKNOWN_ACCOUNT;
        const bool is_tier = command_.quantity >= 0 && command_.quantity <= TIER_MAX;
        return is_tier ? RejectReason::NONE : RejectReason::AMOUNT_OUT_OF_RANGE;
    }

    // DEPOSIT, WITHDRAW and TRANSFER.
    RejectReason move_money() const {
        const bool is_transfer = command_.kind == CommandKind::TRANSFER;
        Taken taken{};
        taken.linked_order_id = is_transfer;
        if (takes_more_of_accounts(taken)) return RejectReason::MALFORMED;
        const std::uint32_t currency = command_.instrument;
        const std::int64_t amount = command_.quantity;
        const AccountIndex account = accounts().find(command_.account);
        if (is_missing(command_.account) || (is_transfer && is_missing(command_.linked_order_id))) {
            return RejectReason::UNKNOWN_ACCOUNT;
        }
        if (currency >= accounts().currency_count()) return RejectReason::UNKNOWN_CURRENCY;
        const bool is_deposit = command_.kind == CommandKind::DEPOSIT;
        if (!is_deposit && has(accounts().account(account).flags, AccountFlag::NO_WITHDRAWALS)) {
            return RejectReason::NOT_PERMITTED;
        }
        if (amount < 1 || (is_deposit && sum_overflows(accounts().deposits(currency), amount))) {
            return RejectReason::AMOUNT_OUT_OF_RANGE;
        }
        return is_deposit || accounts().available(account, currency) >= amount
                   ? RejectReason::NONE
                   : RejectReason::INSUFFICIENT_FUNDS;
    }

    RejectReason set_leverage() const {
        if (takes_more_of_accounts({})) return RejectReason::MALFORMED;
        if (at_.terms == nullptr) return RejectReason::UNKNOWN_INSTRUMENT;
        if (is_missing(command_.account)) return RejectReason::UNKNOWN_ACCOUNT;
        const Contract& contract = accounts().contract(command_.instrument);
        if (contract.kind == ContractKind::SPOT || command_.quantity < LEVERAGE_MIN) {
            return RejectReason::LEVERAGE_OUT_OF_RANGE;
        }
        const std::int64_t rate = rate_of_leverage(command_.quantity);
        const AccountIndex account = accounts().find(command_.account);
        if (rate < accounts().least_rate(account, command_.instrument)) {
            return RejectReason::LEVERAGE_OUT_OF_RANGE;
        }
        return accounts().affords_rate(account, command_.instrument, rate)
                   ? RejectReason::NONE
                   : RejectReason::INSUFFICIENT_FUNDS;
    }

    // SET_POSITION_MODE and SET_MARGIN_MODE.
    RejectReason set_mode() const {
        Taken taken{};
        taken.selector = true;
        if (takes_more_of_accounts(taken) || command_.quantity != 0) return RejectReason::MALFORMED;
        if (at_.terms == nullptr) return RejectReason::UNKNOWN_INSTRUMENT;
        if (is_missing(command_.account)) return RejectReason::UNKNOWN_ACCOUNT;
        const bool is_of_positions = command_.kind == CommandKind::SET_POSITION_MODE;
        const AccountIndex account = accounts().find(command_.account);
        const Position* const position = accounts().position(account, command_.instrument);
        const Position none{};
        const Position& its = position == nullptr ? none : *position;
        const bool is_on = is_of_positions ? its.is_hedged : its.is_isolated;
        if (is_on == (command_.selector != 0)) return RejectReason::NONE;
        return may_change_modes(account) ? RejectReason::NONE : RejectReason::MODE_IS_FIXED;
    }

    RejectReason add_margin() const {
        const bool has_side = command_.side == Side::BUY || command_.side == Side::SELL;
        if (takes_more(command_, {}) || command_.order_id != 0 || command_.price != 0 ||
            !has_side) {
            return RejectReason::MALFORMED;
        }
        if (at_.terms == nullptr) return RejectReason::UNKNOWN_INSTRUMENT;
        if (is_missing(command_.account)) return RejectReason::UNKNOWN_ACCOUNT;
        const AccountIndex account = accounts().find(command_.account);
        const bool is_long = command_.side == Side::BUY;
        const Index party = accounts().directed(account, command_.instrument, is_long);
        if (!accounts().party(party).is_isolated) return RejectReason::NO_ISOLATED_POSITION;
        if (command_.quantity == 0) return RejectReason::AMOUNT_OUT_OF_RANGE;
        return accounts().affords_margin(party, command_.quantity)
                   ? RejectReason::NONE
                   : RejectReason::INSUFFICIENT_FUNDS;
    }

    // SET_LIMIT and SET_DEFAULT_LIMIT.
    RejectReason set_limit() const {
        Taken taken{};
        taken.selector = true;
        const LimitOf what = what_of(static_cast<Limit>(command_.selector));
        const bool is_common = command_.kind == CommandKind::SET_DEFAULT_LIMIT;
        if (takes_more_of_accounts(taken) || (is_common && command_.account != 0) ||
            (what == LimitOf::ACCOUNT && command_.instrument != 0)) {
            return RejectReason::MALFORMED;
        }
        const bool is_of_instrument = what == LimitOf::INSTRUMENT;
        if (is_of_instrument && at_.terms == nullptr) return RejectReason::UNKNOWN_INSTRUMENT;
        if (!accounts().is_kept() || (!is_common && is_missing(command_.account))) {
            return RejectReason::UNKNOWN_ACCOUNT;
        }
        if (what == LimitOf::CURRENCY && command_.instrument >= accounts().currency_count()) {
            return RejectReason::UNKNOWN_CURRENCY;
        }
        return command_.quantity < NOT_LIMITED ? RejectReason::LIMIT_OUT_OF_RANGE
                                               : RejectReason::NONE;
    }

    RejectReason set_rate() const {
        Taken taken{};
        taken.selector = taken.group = true;
        if (takes_more_of_accounts(taken) || command_.account != 0 || command_.instrument != 0) {
            return RejectReason::MALFORMED;
        }
        if (!accounts().is_kept()) return RejectReason::UNKNOWN_ACCOUNT;
        if (command_.self_trade_group > TIER_MAX) return RejectReason::AMOUNT_OUT_OF_RANGE;
        const bool is_rate =
            command_.quantity >= NOT_LIMITED && command_.quantity <= RATE_LIMIT_MAX;
        return is_rate ? RejectReason::NONE : RejectReason::LIMIT_OUT_OF_RANGE;
    }

    RejectReason fund() const {
        const auto source = static_cast<FundingSource>(command_.selector);
        const bool is_told = source == FundingSource::TOLD;
        const bool is_for_all = source == FundingSource::EVERY;
        Taken taken{};
        taken.selector = true;
        if (takes_more(command_, taken) || command_.order_id != 0 || command_.side != Side{} ||
            command_.account != 0 || command_.quantity != 0 || (!is_told && command_.price != 0) ||
            (is_for_all && command_.instrument != 0)) {
            return RejectReason::MALFORMED;
        }
        if (is_for_all) return RejectReason::NONE;
        if (at_.terms == nullptr) return RejectReason::UNKNOWN_INSTRUMENT;
        if (!accounts().is_kept() || !has_funding(accounts().contract(command_.instrument))) {
            return RejectReason::NO_FUNDING;
        }
        Accrual accrual;
        return accounts().accrual(command_.instrument, is_told ? &command_.price : nullptr,
                                  at_.time, &accrual);
    }

    RejectReason liquidate() const {
        if (takes_more_of_accounts({}) || command_.instrument != 0) return RejectReason::MALFORMED;
        if (is_missing(command_.account)) return RejectReason::UNKNOWN_ACCOUNT;
        const bool is_ratio = command_.quantity >= 0 && command_.quantity <= BILLION;
        return is_ratio ? RejectReason::NONE : RejectReason::AMOUNT_OUT_OF_RANGE;
    }

    RejectReason turn_switch() const {
        Taken taken{};
        taken.selector = taken.group = true;
        const SwitchScopes scope = command_.selector;
        const bool is_of_account = has(scope, SwitchScope::BY_ACCOUNT);
        const bool is_of_group = has(scope, SwitchScope::BY_GROUP);
        const bool is_of_instrument = has(scope, SwitchScope::BY_INSTRUMENT);
        const bool is_off = command_.quantity == 1;
        if (takes_more_of_accounts(taken) || (!is_off && command_.quantity != 0) ||
            (!is_off && has(scope, SwitchScope::KEEP_ORDERS)) ||
            is_of_account + is_of_group + is_of_instrument > 1 ||
            (!is_of_instrument && command_.instrument != 0) ||
            (!is_of_group && command_.self_trade_group != 0)) {
            return RejectReason::MALFORMED;
        }
        if (is_of_instrument && at_.terms == nullptr) return RejectReason::UNKNOWN_INSTRUMENT;
        const bool is_unknown =
            !accounts().is_kept() || (is_of_account && is_missing(command_.account));
        return is_unknown ? RejectReason::UNKNOWN_ACCOUNT : RejectReason::NONE;
    }

  private:
    const Accounts& accounts() const {
        return at_.engine.accounts();
    }
    bool is_missing(std::uint64_t account) const {
        return accounts().find(account) == NO_ACCOUNT;
    }
    bool takes_more_of_accounts(const Taken& taken) const {
        return takes_more(command_, taken) || command_.order_id != 0 || command_.price != 0 ||
               command_.side != Side{};
    }

    // Whether an account has neither a position nor an order in the command's instrument.
    bool may_change_modes(AccountIndex account) const {
        const std::uint32_t instrument = command_.instrument;
        if (accounts().contract(instrument).kind == ContractKind::SPOT) return false;
        for (const bool is_long : {true, false}) {
            if (accounts().directed(account, instrument, is_long) != NIL) return false;
        }
        return !at_.engine.has_orders(command_.account, instrument);
    }

    const Situation& at_;
    const Command& command_;
};

}  // namespace

RejectReason account_reason(const Situation& situation) {
    const AccountCheck check(situation);
    switch (situation.command.kind) {
        case CommandKind::SET_ACCOUNT:
            return check.set_account();
        case CommandKind::DEPOSIT:
        case CommandKind::WITHDRAW:
        case CommandKind::TRANSFER:
            return check.move_money();
        case CommandKind::SET_LEVERAGE:
            return check.set_leverage();
        case CommandKind::SET_POSITION_MODE:
        case CommandKind::SET_MARGIN_MODE:
            return check.set_mode();
        case CommandKind::ADD_MARGIN:
            return check.add_margin();
        case CommandKind::SET_LIMIT:
        case CommandKind::SET_DEFAULT_LIMIT:
            return check.set_limit();
        case CommandKind::SWITCH:
            return check.turn_switch();
        case CommandKind::SET_RATE:
            return check.set_rate();
        case CommandKind::FUND:
            return check.fund();
        case CommandKind::LIQUIDATE:
            return check.liquidate();
        default:
            return RejectReason::MALFORMED;
    }
}

}  // namespace engine
