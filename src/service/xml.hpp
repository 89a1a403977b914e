#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

/// The little XML that property lists and task definitions are made of: pure.
namespace gw::service {

struct XmlElement {
  std::string name;
  std::string text;  ///< Its characters without those of its children; white space as written.
  std::vector<XmlElement> children;

  /// The first child of that name; null: there is none.
  const XmlElement* child(std::string_view child_name) const;
};

/// The element at the root of a document in UTF-8. Declarations, comments and attributes are passed over.
/// `Code::InvalidRequest` for what is not well formed, declarations in the document type, CDATA, or more than
/// 32 levels.
Result<XmlElement> parse_xml(std::string_view text);

/// Text as the content of an element. `Code::InvalidRequest` for control characters and broken UTF-8, which
/// no document can hold.
Result<std::string> xml_escaped(std::string_view text);

/// The character with that number, in UTF-8; empty when there is none.
std::string utf8_of(std::uint32_t code);

}  // namespace gw::service
