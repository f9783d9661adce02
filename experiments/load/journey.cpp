#include "experiments/load/journey.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "core/config/text.hpp"
#include "core/http/hosting.hpp"

namespace stampede::load {

namespace {

bool is_write(const StepSpec& spec) { return spec.method != "GET" && spec.method != "HEAD"; }

std::string join_headers(const StepSpec& spec) {
  std::string text;
  for (const auto& [name, value] : spec.headers)
    text.append(name).append(": ").append(value).append("\r\n");
  return text;
}

bool has_control(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

Uses uses_of(const Template& text) {
  using Slot = Template::Slot;
  return {.items = text.uses(Slot::kItems),
          .product = text.uses(Slot::kProduct) || text.uses(Slot::kQuantity),
          .coupon = text.uses(Slot::kCoupon),
          .coupon_field = text.uses(Slot::kCouponField),
          .amount = text.uses(Slot::kAmount),
          .captured = text.uses(Slot::kCaptured)};
}

std::string unknown_placeholder(const std::string& name, const std::vector<std::string>& captures) {
  auto known = placeholder_names();
  known.insert(known.end(), captures.begin(), captures.end());
  return "{" + name + "} is neither a drawn value nor captured by an earlier step" +
         config::suggestion(name, known);
}

}  // namespace

Uses& Uses::operator|=(const Uses& other) {
  items |= other.items;
  product |= other.product;
  coupon |= other.coupon;
  coupon_field |= other.coupon_field;
  amount |= other.amount;
  captured |= other.captured;
  return *this;
}

std::string check_step(const StepSpec& spec, const std::vector<std::string>& captures) {
  if (!spec.path.starts_with('/')) return "the path must start with '/', not " + spec.path;
  if (has_control(spec.path) || spec.path.find(' ') != std::string::npos) {
    return "the path must have no spaces or control characters";
  }
  for (const auto& [name, value] : spec.headers) {
    if (name.empty() || name.find_first_of(": \t") != std::string::npos || has_control(name) ||
        has_control(value)) {
      return "\"" + name + "\" is no header";
    }
  }
  if (!is_write(spec) && !spec.body.empty()) return spec.method + " takes no body";
  std::vector<std::string> unknown;
  const Template path(spec.path, Template::Place::kPath, captures, unknown);
  const Template headers(join_headers(spec), Template::Place::kHeader, captures, unknown);
  const Template body(spec.body, Template::Place::kBody, captures, unknown);
  return unknown.empty() ? "" : unknown_placeholder(unknown.front(), captures);
}

JourneyBook::JourneyBook(const LoadPlan& plan)
    : target_(plan.target),
      group_of_(plan.group_of),
      key_prefix_(plan.key_prefix),
      seed_(plan.seed),
      seeded_(plan.seeded),
      user_(plan.user, plan.drawn.users),
      product_(plan.product, plan.drawn.products),
      coupon_(plan.coupon, plan.drawn.coupons),
      items_(plan.items),
      quantity_(plan.quantity),
      amount_(plan.amount),
      coupon_share_(plan.coupon_share) {}

Result<JourneyBook> JourneyBook::compile(const LoadPlan& plan) {
  JourneyBook book(plan);
  double sum = 0;
  for (const auto& [name, weight] : plan.mix) sum += weight;
  if (!(sum > 0)) return fail(ErrorCode::kInvalid, "load.mix: at least one weight must be above 0");
  double until = 0;
  for (const auto& [name, weight] : plan.mix) {
    if (weight <= 0) continue;
    const auto* spec = find_journey(plan, name);
    if (spec == nullptr) {
      return fail(ErrorCode::kInvalid, "load.mix: no journey is called \"" + name + "\"" +
                                           config::suggestion(name, journey_names(plan)));
    }
    until += weight / sum;
    if (auto added = book.add(*spec, until); !added) return tl::unexpected(added.error());
  }
  return book;
}

Result<void> JourneyBook::add(const JourneySpec& spec, double until) {
  Journey journey{.name = spec.name, .first_step = steps_.size(), .until = until};
  std::vector<std::string> captures;
  for (const auto& step_spec : spec.steps) {
    auto step = ready(step_spec, captures);
    if (!step) return tl::unexpected(step.error());
    step->journey = journeys_.size();
    journey.uses |= step->uses;
    steps_.push_back(std::move(*step));
  }
  journey.step_count = steps_.size() - journey.first_step;
  journey.capture_count = captures.size();
  journeys_.push_back(std::move(journey));
  return {};
}

Result<Step> JourneyBook::ready(const StepSpec& spec, std::vector<std::string>& captures) const {
  if (const auto wrong = check_step(spec, captures); !wrong.empty()) {
    return fail(ErrorCode::kInvalid, "load.journeys: step " + spec.name + ": " + wrong);
  }
  Step step{.spec = spec, .writes = is_write(spec)};
  const auto service = http::service_of(spec.path.substr(0, spec.path.find('?')));
  if (service) step.group = group_of_.at(saga::index_of(*service));
  std::vector<std::string> unknown;  // Stays empty: the step was checked.
  step.path = Template(target_.base_path + spec.path, Template::Place::kPath, captures, unknown);
  const bool numeric_v6 = target_.host.find(':') != std::string::npos;
  const auto host = numeric_v6 ? "[" + target_.host + "]" : target_.host;
  auto headers = "Host: " + host + ":" + std::to_string(target_.port) + "\r\n";
  if (step.writes) headers += "Idempotency-Key: {key}\r\n";
  if (!spec.body.empty()) headers += "Content-Type: application/json\r\n";
  headers += join_headers(spec);
  step.headers = Template(headers, Template::Place::kHeader, captures, unknown);
  step.body = Template(spec.body, Template::Place::kBody, captures, unknown);
  for (const auto* text : {&step.path, &step.headers, &step.body}) step.uses |= uses_of(*text);
  for (const auto& capture : spec.captures) {
    const auto known = std::ranges::find(captures, capture.name);
    step.captures.push_back(static_cast<std::size_t>(known - captures.begin()));
    if (known == captures.end()) captures.push_back(capture.name);
  }
  step.wants_body = !spec.captures.empty() || spec.kind == OperationKind::kOrder;
  if (step.path.constant() && step.headers.constant() && step.body.constant()) {
    RequestBuffer buffer;
    write_request(step, {}, buffer);
    step.fixed = buffer.text;
  }
  return step;
}

const JourneyBook::Journey& JourneyBook::draw(std::uint64_t number, Values& values) const {
  Random random(seed_, number);
  const auto* journey = &journeys_.front();
  if (journeys_.size() > 1) {
    const double at = random.real();
    while (at >= journey->until && journey != &journeys_.back()) ++journey;
  }
  values.iteration = number;
  values.user = user_.draw(random, number);
  values.items.clear();
  const auto& uses = journey->uses;
  if (uses.items) {
    draw_items(random, random.between(items_.min, items_.max), values);
  } else if (uses.product) {
    draw_items(random, 1, values);
  }
  values.coupon = 0;
  if (uses.coupon || (uses.coupon_field && random.real() < coupon_share_)) {
    values.coupon = coupon_.draw(random, number);
  }
  values.amount = uses.amount ? random.between(amount_.min, amount_.max) : 0;
  values.captured.resize(journey->capture_count);
  return *journey;
}

void JourneyBook::draw_items(Random& random, std::int64_t count, Values& values) const {
  const auto taken = [&values](std::int64_t product) {
    return std::ranges::find(values.items, product, &Item::product) != values.items.end();
  };
  for (std::int64_t i = 0; i < count; ++i) {
    auto product = product_.draw(random, values.iteration);
    // A skewed choice repeats itself: after a few attempts the next free id is taken instead.
    for (int attempt = 0; attempt < 8 && taken(product); ++attempt) {
      product = product_.draw(random, values.iteration);
    }
    while (taken(product)) product = product % product_.count() + 1;
    values.items.push_back({product, random.between(quantity_.min, quantity_.max)});
  }
}

std::string_view JourneyBook::request(const Step& step, const Values& values,
                                      RequestBuffer& buffer) const {
  if (!step.fixed.empty()) return step.fixed;
  write_request(step, values, buffer);
  return buffer.text;
}

void JourneyBook::write_request(const Step& step, const Values& values,
                                RequestBuffer& buffer) const {
  auto& text = buffer.text;
  text.clear();
  text += step.spec.method;
  text += ' ';
  step.path.append_to(text, values, key_prefix_);
  text += " HTTP/1.1\r\n";
  step.headers.append_to(text, values, key_prefix_);
  if (step.writes) {
    buffer.body.clear();
    step.body.append_to(buffer.body, values, key_prefix_);
    std::array<char, 24> digits{};
    const auto end =
        std::to_chars(digits.data(), digits.data() + digits.size(), buffer.body.size()).ptr;
    text += "Content-Length: ";
    text.append(digits.data(), end);
    text += "\r\n\r\n";
    text += buffer.body;
  } else {
    text += "\r\n";
  }
}

RequestParts JourneyBook::parts(const Step& step, const Values& values) const {
  RequestParts parts{.method = step.spec.method};
  step.path.append_to(parts.target, values, key_prefix_);
  step.body.append_to(parts.body, values, key_prefix_);
  if (step.writes) append_key(parts.key, key_prefix_, values.sequence);
  std::string headers;
  step.headers.append_to(headers, values, key_prefix_);
  std::size_t at = 0;
  while (at < headers.size()) {
    const auto colon = headers.find(": ", at);
    const auto end = headers.find("\r\n", colon);
    parts.headers.emplace_back(headers.substr(at, colon - at),
                               headers.substr(colon + 2, end - colon - 2));
    at = end + 2;
  }
  return parts;
}

bool JourneyBook::beyond_seeded(const Values& values) const {
  return values.user > seeded_.users || values.coupon > seeded_.coupons ||
         std::ranges::any_of(values.items,
                             [this](const Item& item) { return item.product > seeded_.products; });
}

}  // namespace stampede::load
