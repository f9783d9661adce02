#include "experiments/load/json_fields.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace stampede::load {

namespace {

using Json = nlohmann::json;

// Follows nlohmann's SAX interface; returning false ends the parse.
class FieldFinder : public nlohmann::json_sax<Json> {
 public:
  FieldFinder(std::span<const std::string_view> names, std::span<std::string> values)
      : names_(names), values_(values), missing_(names.size()) {}

  bool complete() const { return missing_ == 0; }

  bool null() override { return passed(); }
  bool boolean(bool value) override { return take(value ? "true" : "false"); }
  bool number_integer(number_integer_t value) override { return take(std::to_string(value)); }
  bool number_unsigned(number_unsigned_t value) override { return take(std::to_string(value)); }
  bool number_float(number_float_t, const string_t& text) override { return take(text); }
  bool string(string_t& value) override { return take(value); }
  bool binary(binary_t&) override { return passed(); }
  bool start_object(std::size_t) override { return ++depth_ > 0; }
  bool end_object() override { return --depth_ >= 0; }
  bool start_array(std::size_t) override { return ++depth_ > 1; }  // The top must be an object.
  bool end_array() override { return --depth_ >= 0; }
  bool key(string_t& name) override {
    if (depth_ == 1) {
      const auto found = std::ranges::find(names_, std::string_view(name));
      wanted_ = found == names_.end() ? nullptr
                                      : &values_[static_cast<std::size_t>(found - names_.begin())];
    }
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const Json::exception&) override {
    return false;
  }

 private:
  bool passed() const { return depth_ > 0; }
  bool take(std::string text) {
    if (depth_ != 1 || wanted_ == nullptr) return passed();
    *wanted_ = std::move(text);
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
  return Json::sax_parse(json, &finder) || finder.complete();
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
