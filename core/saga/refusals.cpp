#include "core/saga/refusals.hpp"

#include "core/http/problem.hpp"

namespace stampede::saga {

std::string_view reason_of(RefusalCode code) {
  return code == RefusalCode::kNone ? std::string_view() : http::problem_for(code).code;
}

std::optional<RefusalCode> refusal_of(std::string_view reason) {
  for (auto i = static_cast<int>(RefusalCode::kNone) + 1;
       i <= static_cast<int>(RefusalCode::kSagaTimeout); ++i) {
    const auto code = static_cast<RefusalCode>(i);
    if (reason_of(code) == reason) return code;
  }
  return std::nullopt;
}

}  // namespace stampede::saga
