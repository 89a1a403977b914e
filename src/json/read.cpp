#include "json/read.hpp"

#include <cmath>

namespace gw::json {

Reader::Reader(const Value& value, std::string path)
    : path_(std::move(path)), object_(value.if_object()), taken_(1, '\0') {
  if (!object_ && !value.is_null()) problem(place() + "must be object");
}

std::string Reader::at(std::string_view key) const { return "at " + path_ + "/" + std::string(key) + ": "; }

std::string Reader::place() const { return path_.empty() ? "at root: " : "at " + path_ + ": "; }

const Value* Reader::take(std::string_view key) {
  taken_.append(key);
  taken_ += '\0';
  return object_ ? object_->if_contains({key.data(), key.size()}) : nullptr;
}

void Reader::problem(std::string text) {
  if (!problems_.empty()) problems_ += "; ";
  problems_ += text;
}

std::string Reader::text(std::string_view key) {
  const Value* member = take(key);
  if (!member) {
    problem((path_.empty() ? std::string() : place()) + "must have required property '" + std::string(key) +
            "'");
    return {};
  }
  if (!member->is_string()) {
    problem(at(key) + "must be string");
    return {};
  }
  if (member->get_string().empty()) problem(at(key) + "must NOT have fewer than 1 characters");
  return std::string(view(member->get_string()));
}

std::optional<std::string> Reader::optional_text(std::string_view key, std::size_t bytes_max) {
  const Value* member = take(key);
  if (!member) return std::nullopt;
  if (!member->is_string()) {
    problem(at(key) + "must be string");
    return std::nullopt;
  }
  if (bytes_max != 0 && member->get_string().size() > bytes_max) {
    problem(at(key) + "must NOT have more than " + std::to_string(bytes_max) + " characters");
    return std::nullopt;
  }
  return std::string(view(member->get_string()));
}

std::optional<bool> Reader::optional_bool(std::string_view key) {
  const Value* member = take(key);
  if (!member) return std::nullopt;
  if (!member->is_bool()) {
    problem(at(key) + "must be boolean");
    return std::nullopt;
  }
  return member->get_bool();
}

std::optional<std::int64_t> Reader::optional_int(std::string_view key, std::int64_t low, std::int64_t high) {
  const Value* member = take(key);
  if (!member) return std::nullopt;
  std::int64_t number = 0;
  if (member->is_int64()) {
    number = member->get_int64();
  } else if (member->is_double() && std::trunc(member->get_double()) == member->get_double() &&
             std::abs(member->get_double()) < 9007199254740992.0) {
    number = static_cast<std::int64_t>(member->get_double());
  } else {
    problem(at(key) + "must be integer");
    return std::nullopt;
  }
  if (number < low) {
    problem(at(key) + "must be >= " + std::to_string(low));
    return std::nullopt;
  }
  if (number > high) {
    problem(at(key) + "must be <= " + std::to_string(high));
    return std::nullopt;
  }
  return number;
}

const Value* Reader::any(std::string_view key) { return take(key); }

void Reader::ignore(std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) (void)take(key);
}

Status Reader::finish() {
  if (object_ && closed_) {
    for (const auto& member : *object_) {
      std::string marked(1, '\0');
      marked.append(member.key().data(), member.key().size());
      marked += '\0';
      if (taken_.find(marked) == std::string::npos) {
        problem(place() + "unexpected property '" + std::string(member.key().data(), member.key().size()) +
                "'");
      }
    }
  }
  if (!problems_.empty()) return fail(Code::InvalidRequest, std::move(problems_));
  return {};
}

}  // namespace gw::json
