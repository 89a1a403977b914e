#pragma once

#include <functional>

#include "base/result.hpp"

namespace gw {

/// A function called at most once or by one owner only; may hold move-only state.
template <typename... Args>
using Callback = std::move_only_function<void(Args...)>;

/// Receives the outcome of an asynchronous operation, exactly once, on the control thread.
template <typename T>
using Completion = std::move_only_function<void(Result<T>)>;

}  // namespace gw
