#include "core/http/json_document.hpp"

#include <fmt/format.h>
#include <rapidjson/error/en.h>
#include <rapidjson/reader.h>
#include <rapidjson/stream.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <system_error>
#include <utility>

namespace stampede::http {

namespace {

constexpr std::size_t kMostDepth = 32;
constexpr std::size_t kMostNodes = 100'000;
constexpr std::uint32_t kMostMembers = 64;  // Of one object: each new one is compared with all.

bool is_ascii(std::string_view text) {
  unsigned char all = 0;
  for (const char c : text) all |= static_cast<unsigned char>(c);  // One pass without a branch.
  return all < 0x80;
}

}  // namespace

std::string_view name_of(JsonNode::Kind kind) {
  switch (kind) {
    case JsonNode::Kind::kNull:
      return "null";
    case JsonNode::Kind::kBoolean:
      return "a boolean";
    case JsonNode::Kind::kInteger:
      return "an integer";
    case JsonNode::Kind::kBigInteger:
      return "an integer beyond 64 bits";
    case JsonNode::Kind::kReal:
      return "a fraction";
    case JsonNode::Kind::kText:
      return "a string";
    case JsonNode::Kind::kArray:
      return "an array";
    case JsonNode::Kind::kObject:
      return "an object";
  }
  return "";
}

// Follows RapidJSON's handler concept; returning false ends the parse. RapidJSON, because its
// parser takes a quarter of what nlohmann's takes, and every request and every event goes through
// here.
class JsonDocument::Builder : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Builder> {
 public:
  explicit Builder(std::vector<JsonNode>& nodes) : nodes_(nodes) { nodes_.reserve(24); }

  const std::string& error() const { return error_; }

  // The concept's names.
  // NOLINTBEGIN(readability-identifier-naming)
  bool Null() { return add(JsonNode::Kind::kNull) != nullptr; }
  bool Bool(bool value) { return add_integer(JsonNode::Kind::kBoolean, value ? 1 : 0); }
  bool RawNumber(const char* text, rapidjson::SizeType size, bool) {
    return add_number({text, size});
  }
  bool String(const char* text, rapidjson::SizeType size, bool) {
    auto* node = add(JsonNode::Kind::kText);
    if (node != nullptr) node->text = {text, size};
    return node != nullptr;
  }
  bool StartObject() { return open(JsonNode::Kind::kObject); }
  bool StartArray() { return open(JsonNode::Kind::kArray); }
  bool EndObject(rapidjson::SizeType) { return close(); }
  bool EndArray(rapidjson::SizeType) { return close(); }
  bool Key(const char* text, rapidjson::SizeType size, bool) {
    const std::string_view name(text, size);
    const auto parent = open_[depth_ - 1];
    if (nodes_[parent].children == kMostMembers) {
      return stop(fmt::format("an object of more than {} members", kMostMembers));
    }
    for (std::size_t i = parent + 1; i < nodes_.size(); i = nodes_[i].end) {
      if (nodes_[i].key == name) return stop(fmt::format("the member \"{}\" is given twice", name));
    }
    key_ = name;
    return true;
  }
  // NOLINTEND(readability-identifier-naming)

 private:
  bool stop(std::string why) {
    error_ = std::move(why);
    return false;
  }

  JsonNode* add(JsonNode::Kind kind) {
    if (nodes_.size() == kMostNodes) {
      stop(fmt::format("more than {} values", kMostNodes));
      return nullptr;
    }
    if (depth_ > 0) ++nodes_[open_[depth_ - 1]].children;
    auto& node = nodes_.emplace_back();
    node.kind = kind;
    node.key = std::exchange(key_, {});
    node.end = static_cast<std::uint32_t>(nodes_.size());
    return &node;
  }

  // The parser has checked that it is a number.
  bool add_number(std::string_view text) {
    const auto* const end = text.data() + text.size();
    std::int64_t integer = 0;
    const auto read = std::from_chars(text.data(), end, integer);
    if (read.ptr == end && read.ec == std::errc()) {
      return add_integer(JsonNode::Kind::kInteger, integer);
    }
    const bool is_whole = text.find_first_of(".eE") == std::string_view::npos;
    double real = 0;
    if (!is_whole && std::from_chars(text.data(), end, real).ec != std::errc()) {
      return stop(fmt::format("the number {} is beyond what a fraction can hold", text));
    }
    auto* node = add(is_whole ? JsonNode::Kind::kBigInteger : JsonNode::Kind::kReal);
    if (node != nullptr) node->real = real;
    return node != nullptr;
  }

  bool add_integer(JsonNode::Kind kind, std::int64_t value) {
    auto* node = add(kind);
    if (node != nullptr) node->integer = value;
    return node != nullptr;
  }

  bool open(JsonNode::Kind kind) {
    if (depth_ == kMostDepth) return stop(fmt::format("nested deeper than {}", kMostDepth));
    if (add(kind) == nullptr) return false;
    open_[depth_++] = nodes_.size() - 1;
    return true;
  }

  bool close() {
    nodes_[open_[--depth_]].end = static_cast<std::uint32_t>(nodes_.size());
    return true;
  }

  std::vector<JsonNode>& nodes_;
  std::array<std::size_t, kMostDepth> open_;  // The containers not yet closed, outermost first.
  std::size_t depth_ = 0;                     // How many they are.
  std::string_view key_;
  std::string error_;
};

Result<JsonDocument> JsonDocument::parse(std::string_view text) {
  const auto not_valid = [](std::size_t byte, std::string_view why) {
    return fail(ErrorCode::kInvalid, fmt::format("not valid JSON at byte {}: {}", byte, why));
  };
  // The parser would take it for the end of the text.
  if (const auto zero = text.find('\0'); zero != std::string_view::npos) {
    return not_valid(zero, "a character of value 0");
  }
  JsonDocument document;
  document.text_ = std::make_unique_for_overwrite<char[]>(text.size() + 1);
  *std::ranges::copy(text, document.text_.get()).out = '\0';
  rapidjson::InsituStringStream stream(document.text_.get());

  Builder builder(document.nodes_);
  rapidjson::Reader reader;
  // Recursion ends where the builder refuses to go deeper. UTF-8 is checked where there is any:
  // most texts are ASCII, which is read in half the time.
  constexpr unsigned kHow = rapidjson::kParseInsituFlag | rapidjson::kParseNumbersAsStringsFlag;
  const auto parsed =
      is_ascii(text) ? reader.Parse<kHow>(stream, builder)
                     : reader.Parse<kHow | rapidjson::kParseValidateEncodingFlag>(stream, builder);
  if (parsed.IsError()) {
    if (!builder.error().empty()) return fail(ErrorCode::kInvalid, builder.error());
    return not_valid(parsed.Offset(), rapidjson::GetParseError_En(parsed.Code()));
  }
  return document;
}

}  // namespace stampede::http
