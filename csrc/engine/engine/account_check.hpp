// Why a command of accounts is refused: their part of general_check.hpp, in order of precedence.
#pragma once

#include "engine/engine/general_check.hpp"

namespace engine {

RejectReason account_reason(const Situation& situation);

}  // namespace engine
