#include "service/xml.hpp"

#include <gtest/gtest.h>

namespace gw::service {
namespace {

TEST(XmlTest, ReadsElementsTextAndReferences) {
  const auto root = parse_xml(
      "\xEF\xBB\xBF<?xml version=\"1.0\"?>\n<!DOCTYPE plist PUBLIC \"a\" \"b\">\n<!-- first -->\n"
      "<plist version=\"1.0\" a = '>'><dict><!-- in between --><key>A &amp; "
      "B</key><string>&lt;&#x20AC;&#228;&gt;</string>"
      "<true/><empty></empty ></dict></plist>\n<!-- last -->");
  ASSERT_TRUE(root);
  EXPECT_EQ(root->name, "plist");
  const XmlElement* dict = root->child("dict");
  ASSERT_TRUE(dict);
  ASSERT_EQ(dict->children.size(), 4U);
  EXPECT_EQ(dict->child("key")->text, "A & B");
  EXPECT_EQ(dict->child("string")->text, "<€ä>");
  EXPECT_EQ(dict->children[2].name, "true");
  EXPECT_EQ(dict->child("nothing"), nullptr);
}

TEST(XmlTest, RefusesWhatIsNotWellFormed) {
  for (const char* text : {"",
                           "text",
                           "<a>",
                           "<a></b>",
                           "<a><b></a></b>",
                           "<a/><b/>",
                           "<a",
                           "<a x></a>",
                           "<a x=y/>",
                           "<a>&nothing;</a>",
                           "<a>&#xD800;</a>",
                           "<a>&#0;</a>",
                           "<a>&#12x;</a>",
                           "<a>& </a>",
                           "<?xml",
                           "<!-- ",
                           "<a><!-- </a>",
                           "<>x</>",
                           "<!DOCTYPE a [<!ENTITY b \"c\">]><a/>",
                           "<!DOCTYPE a",
                           "<a><![CDATA[x]]></a>",
                           "bplist00"}) {
    EXPECT_FALSE(parse_xml(text)) << text;
  }
}

TEST(XmlTest, RefusesTooManyLevels) {
  const auto nested = [](int levels) {
    std::string open;
    std::string close;
    for (int i = 0; i < levels; ++i) {
      open += "<a>";
      close += "</a>";
    }
    return open + close;
  };
  EXPECT_TRUE(parse_xml(nested(32)));
  EXPECT_FALSE(parse_xml(nested(33)));
  EXPECT_FALSE(parse_xml(nested(100'000)));
}

TEST(XmlTest, EscapesWhatItReads) {
  const std::string text = "a<b>&\"c' ü 𝄞";
  const auto escaped = xml_escaped(text);
  ASSERT_TRUE(escaped);
  EXPECT_EQ(*escaped, "a&lt;b&gt;&amp;\"c' ü 𝄞");
  EXPECT_EQ(parse_xml("<a>" + *escaped + "</a>")->text, text);
  EXPECT_FALSE(xml_escaped("two\nlines"));
  EXPECT_FALSE(xml_escaped("\xFF"));
}

}  // namespace
}  // namespace gw::service
