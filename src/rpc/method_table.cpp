#include "rpc/method_table.hpp"

#include <utility>

#include "base/check.hpp"

namespace gw::rpc {

void MethodTable::add(Method method) {
  const bool is_new = methods_.emplace(method.name, std::move(method)).second;
  GW_CHECK(is_new);
}

const Method* MethodTable::find(std::string_view name) const {
  const auto found = methods_.find(name);
  return found == methods_.end() ? nullptr : &found->second;
}

std::vector<std::string_view> MethodTable::names() const {
  std::vector<std::string_view> names;
  names.reserve(methods_.size());
  for (const auto& [name, method] : methods_) names.push_back(name);
  return names;
}

}  // namespace gw::rpc
