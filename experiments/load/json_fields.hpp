// Takes single values out of a JSON response without building a document where it can be avoided:
// the generator reads two fields of each order, and must stay cheap. Pure.

#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace stampede::load {

// The top-level fields of an object that are called one of `names`, as text: strings without their
// quotes, numbers and booleans as JSON writes them. Reading stops when all were seen. Each place in
// `values` is emptied first, and stays empty when its field is absent, null or no scalar. False
// when the text is no JSON object as far as it was read.
bool read_json_fields(std::string_view json, std::span<const std::string_view> names,
                      std::span<std::string> values);

// The scalar at a top-level field ("orderId") or a JSON pointer ("/items/0/productId").
std::optional<std::string> read_json_value(std::string_view json, std::string_view pointer);

// The `code` of problem details, or "".
std::string problem_code(std::string_view json);

}  // namespace stampede::load
