#include "json/json5_edit.hpp"

#include <random>

#include <gtest/gtest.h>

#include "json/json5.hpp"

namespace gw::json {
namespace {

using Path = std::vector<std::string>;

std::string set(std::string_view text, const Path& path, const Value& value) {
  const auto edited = with_value(text, path, value);
  return edited ? *edited : "error: " + edited.error().message;
}

std::string unset(std::string_view text, const Path& path) {
  const auto edited = without_value(text, path);
  return edited ? *edited : "error: " + edited.error().message;
}

TEST(Json5Edit, ReplacesAValueAndNothingElse) {
  EXPECT_EQ(set("// head\n{ a: 1, /* b */ 'b' : [1,2,], }\n// tail", {"a"}, 7),
            "// head\n{ a: 7, /* b */ 'b' : [1,2,], }\n// tail");
  EXPECT_EQ(set("{a:{b:'x'/*c*/}}", {"a", "b"}, "y"), "{a:{b:\"y\"/*c*/}}");
  EXPECT_EQ(set("{a:[1,{b:2}]}", {"a", "1", "b"}, true), "{a:[1,{b:true}]}");
  EXPECT_EQ(set(R"({"\u0061":1})", {"a"}, 2), R"({"\u0061":2})");
}

TEST(Json5Edit, AddsAMemberAsTheOthersStand) {
  EXPECT_EQ(set("{\n  a: 1, // one\n  b: 2 // two\n}\n", {"c"}, 3),
            "{\n  a: 1, // one\n  b: 2, // two\n  c: 3\n}\n");
  EXPECT_EQ(set("{\n\t\"a\": 1,\n}", {"b"}, 2), "{\n\t\"a\": 1,\n\t\"b\": 2,\n}");
  EXPECT_EQ(set("{a: 1}", {"b", "c"}, 2), "{a: 1, b: {\n  \"c\": 2\n}}");
  EXPECT_EQ(set("{a: [1]}", {"a", "1"}, 2), "{a: [1, 2]}");
  EXPECT_EQ(set("{\r\n  a: 1\r\n}", {"b"}, 2), "{\r\n  a: 1,\r\n  b: 2\r\n}");
  EXPECT_EQ(set("{\n  a: 1 }", {"b"}, 2), "{\n  a: 1,\n  b: 2\n}");
}

TEST(Json5Edit, FillsAnEmptyObject) {
  EXPECT_EQ(set("", {"gateway", "mode"}, "local"), "{\n  \"gateway\": {\n    \"mode\": \"local\"\n  }\n}\n");
  EXPECT_EQ(set("{ // why\n}", {"a"}, 1), "{\n  // why\n  \"a\": 1\n}");
  EXPECT_EQ(set("{\n  x: {},\n}", {"x", "y"}, 1), "{\n  x: {\n    \"y\": 1\n  },\n}");
}

TEST(Json5Edit, RemovesAMemberWithItsLine) {
  EXPECT_EQ(unset("{\n  a: 1, // one\n  b: 2 // two\n}", {"a"}), "{\n  b: 2 // two\n}");
  EXPECT_EQ(unset("{\n  a: 1, // one\n  b: 2 // two\n}", {"b"}), "{\n  a: 1 // one\n}");
  EXPECT_EQ(unset("{a: 1, b: 2, c: 3}", {"b"}), "{a: 1, c: 3}");
  EXPECT_EQ(unset("{a: 1, b: 2}", {"b"}), "{a: 1}");
  EXPECT_EQ(unset("{a: [1, 2]}", {"a", "0"}), "{a: [2]}");
  EXPECT_EQ(unset("{a: 1}", {"a"}), "{}");
}

TEST(Json5Edit, SaysWhatIsInTheWay) {
  EXPECT_EQ(set("{a: 1}", {"a", "b"}, 2), "error: a is neither an object nor a list");
  EXPECT_EQ(set("{a: [1]}", {"a", "7"}, 2),
            "error: a.7 names no item of the list, nor the one after its last");
  EXPECT_EQ(set("[1", {"a"}, 2).substr(0, 14), "error: line 1,");
  EXPECT_EQ(set("3", {"a"}, 2), "error: the file is neither an object nor a list");
  EXPECT_EQ(unset("{a: 1}", {"b"}), "error: b is not set");
  EXPECT_EQ(set("{}", {}, 2), "error: the path is empty");
}

// Random texts: what an edit leaves means what the same change of the value means, and the bytes around the
// edited place are the same.

class Texts {
 public:
  explicit Texts(unsigned seed) : random_(seed) {}
  std::string object(int depth) { return container('{', '}', depth); }
  std::size_t below(std::size_t n) { return random_() % n; }

 private:
  std::string space() {
    static constexpr const char* kSpaces[] = {"", " ", "\n", "\n  ", " // c }{\n", "/* ] */", "\t"};
    return kSpaces[below(std::size(kSpaces))];
  }
  std::string value(int depth) {
    switch (below(depth > 0 ? 7 : 5)) {
      case 0:
        return "'a\\'}'";
      case 1:
        return "\"\\\" // no\"";
      case 2:
        return "-0x1F";
      case 3:
        return "null";
      case 4:
        return "1.5e3";
      case 5:
        return container('[', ']', depth);
      default:
        return container('{', '}', depth);
    }
  }
  std::string container(char open, char close, int depth) {
    static constexpr const char* kKeys[] = {"a", "'b'", "\"c\"", "\\u0064", "$e"};
    std::string out = open + space();
    const std::size_t count = below(4);
    for (std::size_t i = 0; i < count; ++i) {
      if (open == '{') out += kKeys[i] + space() + ":" + space();
      out += value(depth - 1) + space();
      if (i + 1 < count || below(2) == 0) out += "," + space();
    }
    return out + close;
  }
  std::mt19937 random_;
};

/// A path to something that is there.
Path some_path(const Value& root, Texts& texts) {
  Path path;
  const Value* at = &root;
  while (true) {
    if (const Object* object = at->if_object(); object && !object->empty()) {
      const auto& member = *(object->begin() + static_cast<std::ptrdiff_t>(texts.below(object->size())));
      path.emplace_back(member.key());
      at = &member.value();
    } else if (const Array* list = at->if_array(); list && !list->empty()) {
      const std::size_t index = texts.below(list->size());
      path.push_back(std::to_string(index));
      at = &(*list)[index];
    } else {
      return path;
    }
    if (texts.below(2) == 0) return path;
  }
}

Value* find(Value& root, const Path& path) {
  Value* at = &root;
  for (const std::string& name : path)
    at = at->is_object() ? &at->get_object().at(name) : &at->get_array().at(std::stoul(name));
  return at;
}

TEST(Json5Edit, RandomTextsChangeOnlyWhereTheyAreAsked) {
  int removed = 0;
  for (unsigned seed = 1; seed <= 3'000; ++seed) {
    Texts texts(seed);
    const std::string text = texts.object(4);
    const Value before = *parse_json5(text);
    Path path = some_path(before, texts);

    Value expected = before;
    Path added = path;
    Value* parent = find(expected, path);
    if (parent->is_object()) {
      added.emplace_back("new key");
      parent->get_object()["new key"] = "v";
    } else if (parent->is_array()) {
      added.push_back(std::to_string(parent->get_array().size()));
      parent->get_array().emplace_back("v");
    } else {
      *parent = "v";
    }
    const auto edited = with_value(text, added, "v");
    ASSERT_TRUE(edited) << seed << "\n" << text << "\n" << edited.error().message;
    const auto after = parse_json5(*edited);
    ASSERT_TRUE(after) << seed << "\n" << text << "\n---\n" << *edited << "\n" << after.error().message;
    ASSERT_EQ(*after, expected) << seed << "\n" << text << "\n---\n" << *edited;

    if (path.empty()) continue;
    ++removed;
    expected = before;
    const std::string last = path.back();
    path.pop_back();
    if (Value* owner = find(expected, path); owner->is_object()) {
      owner->get_object().stable_erase(owner->get_object().find(last));
    } else {
      owner->get_array().erase(owner->get_array().begin() + std::stol(last));
    }
    path.push_back(last);
    const auto shorter = without_value(text, path);
    ASSERT_TRUE(shorter) << seed << "\n" << text;
    const auto left = parse_json5(*shorter);
    ASSERT_TRUE(left) << seed << "\n" << text << "\n---\n" << *shorter << "\n" << left.error().message;
    ASSERT_EQ(*left, expected) << seed << "\n" << text << "\n---\n" << *shorter;
  }
  EXPECT_GT(removed, 1'000);
}

}  // namespace
}  // namespace gw::json
