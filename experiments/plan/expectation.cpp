#include "experiments/plan/expectation.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/config/text.hpp"

namespace stampede::plan {
namespace {

constexpr std::array<std::pair<std::string_view, Expected>, 3> kExpected{
    {{"pass", Expected::kPass}, {"fail", Expected::kFail}, {"any", Expected::kAny}}};
constexpr std::array<std::pair<std::string_view, AuditState>, 3> kStates{
    {{"pass", AuditState::kPass}, {"fail", AuditState::kFail}, {"unknown", AuditState::kUnknown}}};

// Some inversions are the nature of a fast system; an experiment says so when it promises none.
constexpr std::string_view kForInformation = "fairness";

void read_one(Expectations& expectations, const std::string& audit, const config::Tree& value,
              const std::string& path, std::span<const std::string> audits,
              config::Faults& faults) {
  const std::string full = path + ".audit." + audit;
  if (std::ranges::find(audits, audit) == audits.end()) {
    const auto hint = config::suggestion(audit, audits);
    faults.push_back(
        {value.origin, full,
         "no such audit" + (hint.empty() ? "; known: " + config::one_of(audits) : hint)});
    return;
  }
  for (const auto& [name, expected] : kExpected) {
    if (!value.is_scalar() || value.scalar != name) continue;
    expectations[audit] = expected;
    return;
  }
  faults.push_back({value.origin, full,
                    fmt::format("expected \"pass\", \"fail\" or \"any\", got \"{}\"",
                                value.is_scalar() ? value.scalar : "a list or a map")});
}

}  // namespace

std::string_view to_string(Expected expected) {
  for (const auto& [name, value] : kExpected) {
    if (value == expected) return name;
  }
  return "";
}

std::string_view to_string(AuditState state) {
  for (const auto& [name, value] : kStates) {
    if (value == state) return name;
  }
  return "";
}

std::optional<AuditState> audit_state_from(std::string_view text) {
  for (const auto& [name, value] : kStates) {
    if (name == text) return value;
  }
  return std::nullopt;
}

std::vector<std::string> audit_names() {
  return {"orders", "stock", "oversold", "undersold", "coupons",
          "money",  "saga",  "events",   "fairness"};
}

Expectations read_expectations(const config::Tree* tree, const std::string& path,
                               std::span<const std::string> audits, config::Faults& faults) {
  Expectations expectations;
  if (tree == nullptr || tree->kind == config::Tree::Kind::kNull) return expectations;
  if (!tree->is_map()) {
    faults.push_back({tree->origin, path, "expected a map such as {audit.oversold: fail}"});
    return expectations;
  }
  for (const auto& [key, value] : tree->entries) {
    if (key == "audit" && value.is_map()) {
      for (const auto& [audit, word] : value.entries) {
        read_one(expectations, audit, word, path, audits, faults);
      }
    } else if (key.starts_with("audit.")) {
      read_one(expectations, key.substr(6), value, path, audits, faults);
    } else {
      faults.push_back({value.origin, fmt::format("{}.{}", path, key),
                        "expected audit.NAME, for example audit.oversold"});
    }
  }
  return expectations;
}

bool as_expected(const Expectations& expectations, std::string_view audit,
                 std::optional<AuditState> state) {
  const auto stated = expectations.find(audit);
  if (stated == expectations.end()) {
    return state != AuditState::kFail || audit == kForInformation;
  }
  switch (stated->second) {
    case Expected::kPass:
      return state == AuditState::kPass;
    case Expected::kFail:
      return state == AuditState::kFail;
    case Expected::kAny:
      break;
  }
  return true;
}

}  // namespace stampede::plan
