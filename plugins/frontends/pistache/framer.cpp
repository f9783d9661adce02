#include "plugins/frontends/pistache/framer.hpp"

#include <algorithm>
#include <cstring>

namespace stampede::frontends {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kHeadEnd = "\r\n\r\n";
constexpr std::size_t kMaxChunkDigits = 8;
// Beyond the target, a request line holds a method, a version and two spaces.
constexpr std::size_t kRequestLineExtra = 64;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

void Framer::reset() {
  rules_ = HeadRules(*options_);
  state_ = State::kHead;
  continue_sent_ = false;
  scanned_ = body_at_ = body_end_ = raw_ = chunk_left_ = 0;
  headers_.clear();
  rejection_.reset();
}

Framer::Step Framer::reject(Rejection rejection) {
  rejection_ = std::move(rejection);
  return Step::kMalformed;
}

bool Framer::take_continue() {
  if (state_ == State::kHead || !rules_.expects_continue() || continue_sent_) return false;
  continue_sent_ = true;
  return true;
}

Framer::Step Framer::step(std::string& buffer) {
  if (state_ == State::kHead) {
    if (const auto step = step_head(buffer); step != Step::kComplete) return step;
  }
  return step_body(buffer);
}

Framer::Step Framer::step_head(std::string& buffer) {
  if (!buffer.empty() && !is_token_character(buffer[0])) {
    return reject(malformed("The request does not begin with a method"));
  }
  const auto end = buffer.find(kHeadEnd, scanned_);
  if (end == std::string::npos || end > options_->max_header_bytes) {
    return judge_incomplete_head(buffer);
  }
  if (auto verdict = read_head(std::string_view(buffer).substr(0, end + kLineEnd.size()))) {
    return reject(std::move(*verdict));
  }
  body_at_ = body_end_ = raw_ = end + kHeadEnd.size();
  state_ = rules_.chunked() ? State::kChunkSize : State::kSized;
  return Step::kComplete;
}

// Refuses as soon as it is clear that the head cannot become a good one.
Framer::Step Framer::judge_incomplete_head(std::string_view buffer) {
  const auto first_line = std::min(buffer.find(kLineEnd), buffer.size());
  if (first_line > options_->max_uri_bytes + kRequestLineExtra) {
    return reject(uri_too_long(*options_));
  }
  if (buffer.size() > options_->max_header_bytes) return reject(headers_too_large(*options_));
  for (auto at = buffer.find('\n', scanned_); at != std::string_view::npos;
       at = buffer.find('\n', at + 1)) {
    if (at == 0 || buffer[at - 1] != '\r') {
      return reject(malformed("A line of the head does not end in CR LF"));
    }
  }
  scanned_ = buffer.size() < kHeadEnd.size() ? 0 : buffer.size() - kHeadEnd.size() + 1;
  return Step::kNeedMore;
}

// `head` is everything up to the CR LF of the last header, inclusive.
Framer::Verdict Framer::read_head(std::string_view head) {
  const auto first = head.find(kLineEnd);
  if (auto verdict = read_request_line(head.substr(0, first))) return verdict;
  for (auto at = first + kLineEnd.size(); at < head.size();) {
    const auto end = head.find(kLineEnd, at);
    if (auto verdict = read_header_line(head, at, end - at)) return verdict;
    at = end + kLineEnd.size();
  }
  return rules_.finish();
}

Framer::Verdict Framer::read_request_line(std::string_view line) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) {
    return malformed("The request line is not a method, a target and a version");
  }
  method_ = {0, first};
  target_ = {first + 1, last - first - 1};
  return rules_.request_line(method_.of(line), target_.of(line), line.substr(last + 1));
}

Framer::Verdict Framer::read_header_line(std::string_view buffer, std::size_t at,
                                         std::size_t size) {
  const auto line = buffer.substr(at, size);
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return malformed("A header line has no colon");
  const auto value = trim(line.substr(colon + 1));
  // An empty value has no place of its own.
  const auto value_at =
      value.empty() ? at + size : static_cast<std::size_t>(value.data() - buffer.data());
  headers_.push_back({.name = {at, colon}, .value = {value_at, value.size()}});
  return rules_.header(line.substr(0, colon), value);
}

Framer::Step Framer::step_body(std::string& buffer) {
  if (state_ != State::kSized) return read_chunks(buffer);
  if (buffer.size() - body_at_ < rules_.content_length()) return Step::kNeedMore;
  raw_ = body_end_ = body_at_ + rules_.content_length();
  return Step::kComplete;
}

// Neither chunk extensions nor trailers are accepted: nobody sends them but who probes parsers.
Framer::Step Framer::read_chunks(std::string& buffer) {
  for (;;) {
    bool advanced = true;
    switch (state_) {
      case State::kChunkSize:
        advanced = read_chunk_size(buffer);
        break;
      case State::kChunkData:
        take_chunk_data(buffer);
        advanced = chunk_left_ == 0;
        break;
      case State::kChunkEnd:
        advanced = read_line_end(buffer, State::kChunkSize);
        break;
      case State::kLastChunk:
        advanced = read_line_end(buffer, State::kHead);
        break;
      case State::kHead:
      case State::kSized:
        break;
    }
    if (rejection_) return Step::kMalformed;
    if (state_ == State::kHead) return Step::kComplete;
    if (!advanced) {
      // Closing the gap keeps the buffer no larger than the body it holds.
      buffer.erase(body_end_, raw_ - body_end_);
      raw_ = body_end_;
      return Step::kNeedMore;
    }
  }
}

bool Framer::read_chunk_size(const std::string& buffer) {
  const auto end = buffer.find(kLineEnd, raw_);
  const auto known = std::min(end, buffer.size()) - raw_;
  if (known > kMaxChunkDigits + 1 || (end != std::string::npos && known > kMaxChunkDigits)) {
    reject(malformed("A chunk's size is not one to eight hexadecimal digits"));
    return false;
  }
  if (end == std::string::npos) return false;
  std::size_t size = 0;
  for (auto at = raw_; at < end; ++at) {
    const int digit = hex_digit(buffer[at]);
    if (digit < 0) reject(malformed("A chunk's size is not one to eight hexadecimal digits"));
    size = size * 16 + static_cast<std::size_t>(std::max(digit, 0));
  }
  if (end == raw_) reject(malformed("A chunk's size is missing"));
  if (body_end_ - body_at_ + size > options_->max_body_bytes && !rejection_) {
    reject(body_too_large(*options_));
  }
  raw_ = end + kLineEnd.size();
  chunk_left_ = size;
  state_ = size == 0 ? State::kLastChunk : State::kChunkData;
  return true;
}

void Framer::take_chunk_data(std::string& buffer) {
  const auto size = std::min(chunk_left_, buffer.size() - raw_);
  std::memmove(buffer.data() + body_end_, buffer.data() + raw_, size);
  body_end_ += size;
  raw_ += size;
  chunk_left_ -= size;
  if (chunk_left_ == 0) state_ = State::kChunkEnd;
}

bool Framer::read_line_end(const std::string& buffer, State next) {
  if (buffer.size() - raw_ < kLineEnd.size()) return false;
  if (buffer.compare(raw_, kLineEnd.size(), kLineEnd) != 0) {
    reject(malformed("A chunk does not end where its size says"));
    return false;
  }
  raw_ += kLineEnd.size();
  state_ = next;
  return true;
}

void Framer::describe(std::string_view buffer, std::vector<HttpHeader>& headers,
                      HttpRequest& request) const {
  headers.reserve(headers_.size());
  for (const auto& [name, value] : headers_) {
    headers.push_back({name.of(buffer), value.of(buffer)});
  }
  const auto [path, query] = split_target(target_.of(buffer));
  request.method = method_.of(buffer);
  request.path = path;
  request.query = query;
  request.headers = headers;
  request.body = buffer.substr(body_at_, body_end_ - body_at_);
}

}  // namespace stampede::frontends
