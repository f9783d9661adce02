#include "experiments/load/json_fields.hpp"

#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace stampede::load {

namespace {

using Json = nlohmann::json;

// Follows RapidJSON's handler concept; returning false ends the parse. RapidJSON, because reading
// an order so takes a quarter of what nlohmann's SAX parser takes.
class FieldFinder : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, FieldFinder> {
 public:
  FieldFinder(std::span<const std::string_view> names, std::span<std::string> values)
      : names_(names), values_(values), missing_(names.size()) {}

  bool complete() const { return missing_ == 0; }

  // The concept's names.
  // NOLINTBEGIN(readability-identifier-naming)
  bool Null() { return passed(); }
  bool Bool(bool value) { return take(value ? "true" : "false"); }
  bool RawNumber(const char* text, rapidjson::SizeType size, bool) { return take({text, size}); }
  bool String(const char* text, rapidjson::SizeType size, bool) { return take({text, size}); }
  bool StartObject() { return ++depth_ > 0; }
  bool EndObject(rapidjson::SizeType) { return --depth_ >= 0; }
  bool StartArray() { return ++depth_ > 1; }  // The top must be an object.
  bool EndArray(rapidjson::SizeType) { return --depth_ >= 0; }
  bool Key(const char* text, rapidjson::SizeType size, bool) {
    if (depth_ != 1) return true;
    const auto found = std::ranges::find(names_, std::string_view(text, size));
    wanted_ = found == names_.end() ? nullptr
                                    : &values_[static_cast<std::size_t>(found - names_.begin())];
    return true;
  }
  // NOLINTEND(readability-identifier-naming)

 private:
  bool passed() const { return depth_ > 0; }
  bool take(std::string_view text) {
    if (depth_ != 1 || wanted_ == nullptr) return passed();
    *wanted_ = text;
    wanted_ = nullptr;
    return --missing_ > 0;
  }

  std::span<const std::string_view> names_;
  std::span<std::string> values_;
  std::size_t missing_;
  std::string* wanted_ = nullptr;
  int depth_ = 0;
};

}  // namespace

bool read_json_fields(std::string_view json, std::span<const std::string_view> names,
                      std::span<std::string> values) {
  for (auto& value : values) value.clear();
  FieldFinder finder(names, values);
  rapidjson::Reader reader;
  rapidjson::MemoryStream stream(json.data(), json.size());
  // Iterative: a server cannot exhaust the stack by nesting.
  constexpr unsigned kHow = rapidjson::kParseNumbersAsStringsFlag | rapidjson::kParseIterativeFlag;
  return !reader.Parse<kHow>(stream, finder).IsError() || finder.complete();
}

std::optional<std::string> read_json_value(std::string_view json, std::string_view pointer) {
  const auto document = Json::parse(json, nullptr, false);
  std::string path = pointer.starts_with('/') ? "" : "/";
  path += pointer;
  // nlohmann reports a malformed pointer, or a word where an index belongs, by throwing.
  try {
    const Json::json_pointer place(path);
    if (document.is_discarded() || !document.contains(place)) return std::nullopt;
    const auto& value = document.at(place);
    if (value.is_string()) return value.get<std::string>();
    if (value.is_primitive() && !value.is_null()) return value.dump();
  } catch (const Json::exception&) {
    return std::nullopt;
  }
  return std::nullopt;
}

std::string problem_code(std::string_view json) {
  static constexpr std::string_view kName[] = {"code"};
  std::string code[1];
  if (!read_json_fields(json, kName, code)) return {};
  return code[0];
}

}  // namespace stampede::load
