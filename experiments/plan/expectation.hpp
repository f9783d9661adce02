// What an experiment expects of its audits. Without a word about an audit, a pass and an unknown
// are accepted and a failure is a failure of the run. Audits that are reported for information only
// (fairness) count when the experiment says "pass" or "fail".
//
//   expect: {audit.oversold: fail}     passes only if the audit does fail: a deliberately unsafe
//   cell expect: {audit.fairness: pass}     neither a failure nor an unknown is accepted expect:
//   {audit.undersold: any}     whatever it says
//
// Pure functions over plain data: safe to call from any thread.

#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/fault.hpp"
#include "core/config/tree.hpp"

namespace stampede::plan {

enum class Expected { kPass, kFail, kAny };
enum class AuditState { kPass, kFail, kUnknown };

std::string_view to_string(Expected expected);
std::string_view to_string(AuditState state);
std::optional<AuditState> audit_state_from(std::string_view text);

using Expectations = std::map<std::string, Expected, std::less<>>;  // By audit: "oversold".

// The audits of the platform, as they are named in `expect`.
std::vector<std::string> audit_names();

// Reads the map below `expect`, with dotted or nested keys.
Expectations read_expectations(const config::Tree* tree, const std::string& path,
                               std::span<const std::string> audits, config::Faults& faults);

// Whether an audit ended as it may. `state` is nothing when the audit did not report at all, which
// only breaks an expectation that was stated.
bool as_expected(const Expectations& expectations, std::string_view audit,
                 std::optional<AuditState> state);

}  // namespace stampede::plan
