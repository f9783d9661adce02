#include "core/http/json_document.hpp"

#include <fmt/format.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

namespace stampede::http {

namespace {

constexpr std::size_t kMostDepth = 32;
constexpr std::size_t kMostNodes = 100'000;
constexpr std::uint32_t kMostMembers = 64;  // Of one object: each new one is compared with all.

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

// Receives the parser's events. Each returns whether to go on.
class JsonDocument::Builder : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit Builder(std::vector<JsonNode>& nodes) : nodes_(nodes) { nodes_.reserve(24); }

  const std::string& error() const { return error_; }

  bool null() override { return add(JsonNode::Kind::kNull) != nullptr; }
  bool boolean(bool value) override { return add_integer(JsonNode::Kind::kBoolean, value ? 1 : 0); }
  bool number_integer(number_integer_t value) override {
    return add_integer(JsonNode::Kind::kInteger, value);
  }
  bool number_unsigned(number_unsigned_t value) override {
    if (value > static_cast<number_unsigned_t>(std::numeric_limits<std::int64_t>::max())) {
      return add(JsonNode::Kind::kBigInteger) != nullptr;
    }
    return add_integer(JsonNode::Kind::kInteger, static_cast<std::int64_t>(value));
  }
  // The parser hands an integer beyond 64 bits over as a fraction; its text tells them apart.
  bool number_float(number_float_t value, const string_t& text) override {
    const bool whole = text.find_first_of(".eE") == string_t::npos;
    auto* node = add(whole ? JsonNode::Kind::kBigInteger : JsonNode::Kind::kReal);
    if (node != nullptr) node->real = value;
    return node != nullptr;
  }
  bool string(string_t& value) override {
    auto* node = add(JsonNode::Kind::kText);
    if (node != nullptr) node->text = std::move(value);
    return node != nullptr;
  }
  bool binary(binary_t&) override { return false; }  // Never in JSON text.
  bool start_object(std::size_t) override { return open(JsonNode::Kind::kObject); }
  bool start_array(std::size_t) override { return open(JsonNode::Kind::kArray); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& name) override {
    const auto parent = open_.back();
    if (nodes_[parent].children == kMostMembers) {
      return stop(fmt::format("an object of more than {} members", kMostMembers));
    }
    for (std::size_t i = parent + 1; i < nodes_.size(); i = nodes_[i].end) {
      if (nodes_[i].key == name) return stop(fmt::format("the member \"{}\" is given twice", name));
    }
    key_ = std::move(name);
    return true;
  }

  bool parse_error(std::size_t position, const std::string& token,
                   const nlohmann::detail::exception&) override {
    return stop(fmt::format("not valid JSON at byte {}{}", position,
                            token.empty() ? "" : fmt::format(", near '{}'", token)));
  }

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
    if (!open_.empty()) ++nodes_[open_.back()].children;
    auto& node = nodes_.emplace_back();
    node.kind = kind;
    node.key = std::exchange(key_, {});
    node.end = static_cast<std::uint32_t>(nodes_.size());
    return &node;
  }

  bool add_integer(JsonNode::Kind kind, std::int64_t value) {
    auto* node = add(kind);
    if (node != nullptr) node->integer = value;
    return node != nullptr;
  }

  bool open(JsonNode::Kind kind) {
    if (open_.size() == kMostDepth) return stop(fmt::format("nested deeper than {}", kMostDepth));
    if (add(kind) == nullptr) return false;
    open_.push_back(nodes_.size() - 1);
    return true;
  }

  bool close() {
    nodes_[open_.back()].end = static_cast<std::uint32_t>(nodes_.size());
    open_.pop_back();
    return true;
  }

  std::vector<JsonNode>& nodes_;
  std::vector<std::size_t> open_;  // The containers not yet closed, outermost first.
  std::string key_;
  std::string error_;
};

Result<JsonDocument> JsonDocument::parse(std::string_view text) {
  JsonDocument document;
  Builder builder(document.nodes_);
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &builder)) {
    return fail(ErrorCode::kInvalid, builder.error());
  }
  return document;
}

}  // namespace stampede::http
