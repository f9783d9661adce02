// The journeys of a plan, made ready to be sent: which iteration does what with which values, and
// how a step becomes the bytes of a request. Everything is a function of the plan, its seed and
// the number of the iteration, so that two runs send the same. Immutable after construction; safe
// for concurrent use.

#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/api/result.hpp"
#include "experiments/load/choice.hpp"
#include "experiments/load/plan.hpp"
#include "experiments/load/template.hpp"

namespace stampede::load {

// Which of an iteration's values a step or a journey needs.
struct Uses {
  bool items = false;    // All lines,
  bool product = false;  // or only the first.
  bool coupon = false;
  bool coupon_field = false;  // A coupon, if the iteration has one.
  bool amount = false;
  bool captured = false;

  Uses& operator|=(const Uses& other);
};

struct Step {
  StepSpec spec;
  std::size_t journey = 0;
  std::size_t group = 0;  // Of LoadPlan::groups: who answers it.
  Uses uses;
  Template path;
  Template headers;  // "Name: value\r\n" each, without those about the body.
  Template body;
  bool writes = false;                // Sent with an Idempotency-Key.
  bool wants_body = false;            // Something is read from a success.
  std::string fixed;                  // The whole request, when nothing in it ever changes.
  std::vector<std::size_t> captures;  // Where each of spec.captures goes in Values::captured.
};

// The parts of one request, for any HTTP client.
struct RequestParts {
  std::string method;
  std::string target;                                        // Path and query.
  std::string key;                                           // Its Idempotency-Key; "" for a read.
  std::vector<std::pair<std::string, std::string>> headers;  // The key's too, not the length's.
  std::string body;
};

// Where a request is written; reused.
struct RequestBuffer {
  std::string text;
  std::string body;
};

class JourneyBook {
 public:
  // kInvalid when the mix names an unknown journey or a template an unknown value. The plan's
  // numbers are taken as checked.
  static Result<JourneyBook> compile(const LoadPlan& plan);

  struct Journey {
    std::string name;
    std::size_t first_step = 0;
    std::size_t step_count = 0;
    std::size_t capture_count = 0;
    double until = 0;  // Cumulative share of the mix.
    Uses uses;
  };
  const std::vector<Journey>& journeys() const { return journeys_; }
  const std::vector<Step>& steps() const { return steps_; }
  const std::string& key_prefix() const { return key_prefix_; }

  // Which journey iteration `number` is, and its values.
  const Journey& draw(std::uint64_t number, Values& values) const;

  // The bytes of a request. The view is into the step or the buffer, which is overwritten.
  std::string_view request(const Step& step, const Values& values, RequestBuffer& buffer) const;
  RequestParts parts(const Step& step, const Values& values) const;

  // Whether the values name something that was never seeded.
  bool beyond_seeded(const Values& values) const;

 private:
  explicit JourneyBook(const LoadPlan& plan);
  Result<void> add(const JourneySpec& spec, double until);
  Result<Step> ready(const StepSpec& spec, std::vector<std::string>& captures) const;
  void draw_items(Random& random, std::int64_t count, Values& values) const;
  void write_request(const Step& step, const Values& values, RequestBuffer& buffer) const;

  Target target_;
  std::array<std::size_t, saga::kAreaCount> group_of_;
  std::string key_prefix_;
  std::uint64_t seed_;
  Population seeded_;
  IdChooser user_;
  IdChooser product_;
  IdChooser coupon_;
  Between<std::int64_t> items_;
  Between<std::int64_t> quantity_;
  Between<std::int64_t> amount_;
  double coupon_share_;
  std::vector<Journey> journeys_;
  std::vector<Step> steps_;
};

// The journeys of the platform's own API, one step each.
const std::vector<JourneySpec>& built_in_journeys();

// The plan's journey of that name, or the built-in one; null when there is none.
const JourneySpec* find_journey(const LoadPlan& plan, std::string_view name);
std::vector<std::string> journey_names(const LoadPlan& plan);

// What is wrong with a step's text, in one line; "" when nothing is. `captures` are the names
// captured by the steps before it.
std::string check_step(const StepSpec& spec, const std::vector<std::string>& captures);

}  // namespace stampede::load
