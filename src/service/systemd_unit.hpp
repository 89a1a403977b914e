#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "service/definition.hpp"
#include "service/unit_text.hpp"

namespace gw::service {

/// A unit file. Its directives and their reasons stand in docs/service.md. `Code::InvalidRequest` when a path
/// or value cannot stand in a unit.
Result<std::string> render_unit(const Definition& definition, Scope scope);

/// What a unit says, its file and drop-ins parsed one after the other.
Definition read_unit(const std::vector<Directive>& unit);

/// `text` without the values of variables that look like secrets: for the copy that is kept of a replaced
/// unit, which somebody may have edited.
std::string without_secrets(std::string_view text);

/// Whether a variable of this name is likely to hold a secret.
bool is_secret_name(std::string_view name);

}  // namespace gw::service
