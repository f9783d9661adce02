#include "experiments/check/check.hpp"

#include <exception>
#include <stdexcept>

namespace stampede::check {

Report run(const Check& check, Subject subject) {
  History history;
  subject.history = &history;
  Report report;
  try {
    const auto findings = check.run(subject);
    report.broken = findings.text();
    report.not_applicable = findings.not_applicable();
  } catch (const std::exception& error) {  // A plugin's edge: the next check goes on.
    report.broken = std::string("the check was ended by an exception: ") + error.what() + '\n';
  } catch (...) {
    report.broken = "the check was ended by what is not a std::exception\n";
  }
  report.history = history.text();
  return report;
}

const Check& check_of(std::string_view promise, std::span<const std::span<const Check>> groups) {
  for (const auto checks : groups) {
    for (const auto& check : checks) {
      if (check.promise == promise) return check;
    }
  }
  throw std::out_of_range("no check of " + std::string(promise));
}

}  // namespace stampede::check
