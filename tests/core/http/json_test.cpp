// JSON in and out: what is read, what is refused and with which words, what is escaped.

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "core/http/json_document.hpp"
#include "core/http/json_reader.hpp"
#include "core/http/json_writer.hpp"

namespace stampede::http {
namespace {

std::string error_of(std::string_view text) {
  const auto document = JsonDocument::parse(text);
  return document ? "" : document.error().message;
}

TEST(JsonDocument, KeepsValuesInOrderWithTheirKinds) {
  const auto document =
      JsonDocument::parse(R"({"a":1,"b":[true,null,"x",-2.5],"c":{"d":9223372036854775808}})");
  ASSERT_TRUE(document);
  ASSERT_EQ(document->size(), 9U);
  EXPECT_EQ((*document)[1].integer, 1);
  EXPECT_EQ((*document)[2].children, 4U);
  EXPECT_EQ((*document)[2].end, 7U);
  EXPECT_EQ((*document)[5].text, "x");
  EXPECT_EQ((*document)[6].kind, JsonNode::Kind::kReal);
  EXPECT_EQ((*document)[8].kind, JsonNode::Kind::kBigInteger);
}

TEST(JsonDocument, RefusesWhatIsNotOneJsonText) {
  for (const std::string text :
       {"", "{", "{\"a\":}", "{'a':1}", "{\"a\":1,}", "{\"a\":01}", "1 2", "{\"a\":NaN}", "[1,]",
        "{\"a\":1}x", "\"\xff\"", "nul", "{\"a\":\"\n\"}", "{a:1}", "// c\n{}"}) {
    EXPECT_NE(error_of(text).find("not valid JSON at byte "), std::string::npos) << text;
  }
}

TEST(JsonDocument, RefusesAMemberGivenTwice) {
  EXPECT_EQ(error_of(R"({"a":{"b":1},"a":2})"), "the member \"a\" is given twice");
  EXPECT_EQ(error_of(R"({"a":{"a":1},"b":[{"a":2},{"a":2}]})"), "");
}

TEST(JsonDocument, BoundsDepthMembersAndValues) {
  EXPECT_EQ(error_of(std::string(40, '[') + std::string(40, ']')), "nested deeper than 32");
  EXPECT_EQ(error_of(std::string(1'000'000, '[')), "nested deeper than 32");
  std::string members = "{";
  for (int i = 0; i < 65; ++i) members += "\"m" + std::to_string(i) + "\":1,";
  members.back() = '}';
  EXPECT_EQ(error_of(members), "an object of more than 64 members");
  std::string values = "[0";
  for (int i = 0; i < 100'000; ++i) values += ",0";
  EXPECT_EQ(error_of(values + "]"), "more than 100000 values");
}

// What `read` finds wrong with `text`, one fault a line.
template <typename Read>
std::string faults_of(std::string_view text, Read read) {
  const auto document = JsonDocument::parse(text);
  EXPECT_TRUE(document) << text;
  if (!document) return "";
  FieldFaults faults;
  JsonReader reader(*document, faults);
  read(reader);
  reader.finish();
  std::string lines;
  for (const auto& fault : faults) lines += fault.where + ": " + fault.expected + "\n";
  return lines;
}

TEST(JsonReader, PointsToEveryMemberThatIsWrong) {
  const auto read = [](JsonReader& reader) {
    reader.integer("count", 1, 10);
    reader.text("name", 1, 4);
    reader.each_object("items", 1, 2, [](JsonReader& item, std::size_t) { item.integer("id", 1); });
    reader.object("inner", [](JsonReader& inner) { inner.integer("x", 0); });
    reader.optional_integer("maybe", 0);
  };
  EXPECT_EQ(faults_of(R"({"count":5,"name":"abcd","items":[{"id":1}],"inner":{"x":0}})", read), "");
  EXPECT_EQ(faults_of(R"({"count":11,"name":"","items":[{"id":"7"},{"di":1}],
                          "inner":{"x":1.5},"maybe":true})",
                      read),
            "#/count: an integer from 1 to 10; found 11\n"
            "#/name: a string of 1 to 4 bytes; found 0 bytes\n"
            "#/items/0/id: an integer of 1 or more; found a string\n"
            "#/items/1/id: an integer of 1 or more; it is missing\n"
            "#/items/1/di: no such member; known are \"id\"; did you mean \"id\"?\n"
            "#/inner/x: an integer of 0 or more; found a fraction\n"
            "#/maybe: an integer of 0 or more; found a boolean\n");
  EXPECT_EQ(faults_of(R"({"items":[],"inner":3})", read),
            "#/count: an integer from 1 to 10; it is missing\n"
            "#/name: a string of 1 to 4 bytes; it is missing\n"
            "#/items: an array of 1 to 2 elements; found 0\n"
            "#/inner: an object; found 3\n");
}

TEST(JsonReader, TakesNullForAbsentOnlyWhereAbsentIsAllowed) {
  EXPECT_EQ(faults_of(R"({"a":null})", [](JsonReader& r) { r.optional_integer("a", 0); }), "");
  EXPECT_EQ(faults_of(R"({"a":null})", [](JsonReader& r) { r.integer("a", 0); }),
            "#/a: an integer of 0 or more; found null\n");
  EXPECT_EQ(faults_of(R"({"a":null})",
                      [](JsonReader& r) { r.each_object("a", 0, 1, [](auto&, auto) {}); }),
            "#/a: an array of 0 to 1 elements; found null\n");
}

TEST(JsonReader, RefusesIntegersBeyond64BitsInsteadOfRoundingThem) {
  for (const std::string big : {"9223372036854775808", "-9223372036854775809", "1e3", "1.0",
                                "18446744073709551616", "100000000000000000000000000"}) {
    EXPECT_NE(faults_of("{\"a\":" + big + "}", [](JsonReader& r) { r.integer("a", 0); }), "")
        << big;
  }
}

TEST(JsonReader, EscapesMemberNamesInPointersAndCutsLongOnes) {
  EXPECT_EQ(faults_of(R"({"a/b~c":1})", [](JsonReader& r) { r.has("x"); }).substr(0, 10),
            "#/a~1b~0c:");
  const auto long_name = std::string(50'000, 'x');
  EXPECT_LT(faults_of("{\"" + long_name + "\":1}", [](JsonReader& r) { r.has("x"); }).size(), 200U);
}

TEST(JsonReader, SaysOnceThatTheRootIsNoObject) {
  EXPECT_EQ(faults_of("[1]", [](JsonReader& r) { r.integer("a", 0); }),
            "#: an object; found an array\n");
}

std::string written(std::string_view text) {
  std::string out;
  append_json_text(out, text);
  return out;
}

TEST(JsonWriter, EscapesWhatJsonAsksFor) {
  EXPECT_EQ(written("a\"b\\c\n\r\t\x01\x1f"), R"("a\"b\\c\n\r\t\u0001\u001f")");
  EXPECT_EQ(written("né€😀\x7f"), "\"né€😀\\u007f\"");
}

TEST(JsonWriter, ReplacesBytesThatAreNoUtf8) {
  for (const std::string bad : {"\xff", "\xc0\xaf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf5\x80",
                                "\xe2\x82", "\xf4\x90\x80\x80", "\x80"}) {
    const auto text = written("a" + bad + "b");
    EXPECT_TRUE(JsonDocument::parse(text)) << text;
    EXPECT_NE(text.find("\xEF\xBF\xBD"), std::string::npos);
    EXPECT_TRUE(text.ends_with("b\"")) << text;
  }
}

TEST(JsonWriter, PlacesCommas) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.key("a").integer(-1);
  json.key("b").begin_array().integer(1).begin_object().end_object().null().end_array();
  json.key("c").boolean(true).key("d").real(0.5);
  json.key("e").real(std::numeric_limits<double>::infinity());
  json.end_object();
  EXPECT_EQ(out, R"({"a":-1,"b":[1,{},null],"c":true,"d":0.5,"e":null})");
}

}  // namespace
}  // namespace stampede::http
