// Finds where one request ends in a growing buffer, strictly: what two readers could understand in
// two ways is malformed. Resumes where it stopped when more bytes have come.
//
// Pistache has a parser of its own, which this replaces: it reserves Content-Length bytes
// unchecked, takes an empty version for HTTP/1.0, and does not say how much input it consumed.
//
// Not safe for concurrent use. It keeps offsets, not pointers, so the buffer may move in between.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/http_server.hpp"
#include "plugins/frontends/http_wire.hpp"

namespace stampede::frontends {

class Framer {
 public:
  enum class Step : std::uint8_t { kNeedMore, kComplete, kMalformed };

  explicit Framer(const HttpServerOptions& options) : options_(&options), rules_(options) {}

  // Looks at the buffer, whose first byte is the request's first. A chunked body is joined in
  // place, so bytes already looked at change and the buffer may shrink; bytes are only ever
  // appended by the caller. After kComplete or kMalformed comes reset().
  Step step(std::string& buffer);

  void reset();

  // After kComplete: the request is the buffer's first consumed() bytes. describe() sets the views
  // of `request`, and `headers`, to parts of `buffer`, which holds at least these bytes.
  std::size_t consumed() const { return raw_; }
  void describe(std::string_view buffer, std::vector<HttpHeader>& headers,
                HttpRequest& request) const;
  Framing framing() const { return rules_.framing(); }

  // After kMalformed.
  const Rejection& rejection() const { return rejection_.value(); }

  // True once, when the head is complete and the client waits for "100 Continue".
  bool take_continue();

 private:
  enum class State : std::uint8_t { kHead, kSized, kChunkSize, kChunkData, kChunkEnd, kLastChunk };
  struct Slice {
    std::size_t at = 0;
    std::size_t size = 0;
    std::string_view of(std::string_view buffer) const { return buffer.substr(at, size); }
  };
  struct HeaderSlices {
    Slice name;
    Slice value;
  };
  using Verdict = HeadRules::Verdict;

  Step reject(Rejection rejection);
  Step step_head(std::string& buffer);
  Step step_body(std::string& buffer);
  Step judge_incomplete_head(std::string_view buffer);
  Verdict read_head(std::string_view head);
  Verdict read_request_line(std::string_view line);
  Verdict read_header_line(std::string_view buffer, std::size_t at, std::size_t size);
  Step read_chunks(std::string& buffer);
  bool read_chunk_size(const std::string& buffer);
  void take_chunk_data(std::string& buffer);
  bool read_line_end(const std::string& buffer, State next);

  const HttpServerOptions* options_;
  HeadRules rules_;
  State state_ = State::kHead;
  bool continue_sent_ = false;
  std::size_t scanned_ = 0;     // No end of the head before this.
  std::size_t body_at_ = 0;     // Where the body begins.
  std::size_t body_end_ = 0;    // Where the part of the body that is in place ends.
  std::size_t raw_ = 0;         // Input before this has been understood.
  std::size_t chunk_left_ = 0;  // Bytes of the present chunk still to come.
  Slice method_;
  Slice target_;
  std::vector<HeaderSlices> headers_;
  std::optional<Rejection> rejection_;
};

}  // namespace stampede::frontends
