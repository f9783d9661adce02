#include "experiments/audit/audit.hpp"

namespace stampede::audit {

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass:
      return "pass";
    case Verdict::kFail:
      return "fail";
    case Verdict::kUnknown:
      return "unknown";
  }
  return "unknown";
}

std::vector<Finding> audit_all(const Books& books) {
  return {orders_exist(books), stock_conserved(books), oversold(books),
          undersold(books),    coupons(books),         money(books),
          saga(books),         events(books),          fairness(books)};
}

std::vector<Finding> all_unknown(const std::string& why) {
  std::vector<Finding> findings;
  for (const auto* name : {"orders", "stock", "oversold", "undersold", "coupons", "money", "saga",
                           "events", "fairness"}) {
    findings.push_back({.name = name,
                        .verdict = Verdict::kUnknown,
                        .summary = why,
                        .informative = std::string_view(name) == "fairness"});
  }
  return findings;
}

}  // namespace stampede::audit
