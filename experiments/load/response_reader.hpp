// Parses one HTTP response with Beast's parser, keeping only what the generator needs: no container
// of header fields is built, and a body that nobody wants is counted off, not copied. One object
// for each response; used by one thread.

#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

namespace stampede::load {

class ResponseReader : public boost::beast::http::basic_parser<false> {
 public:
  // Strings are emptied and filled. A body is kept when `wants_body`, and always when the status is
  // an error's, as far as the first 64 KiB.
  ResponseReader(std::string& body, bool wants_body, std::string* server_timing)
      : body_(body), wants_body_(wants_body), server_timing_(server_timing) {
    body_.clear();
    if (server_timing_ != nullptr) server_timing_->clear();
    eager(true);
    header_limit(64 * 1024);
    body_limit(kNoLimit);  // Not boost::none: Boost 1.74 takes that for a limit of zero.
  }

  int status() const { return status_; }
  std::int64_t received_us() const { return received_us_; }  // -1: the server did not say.

 private:
  using Code = boost::beast::error_code;
  using Text = boost::beast::string_view;
  static constexpr std::size_t kMostBody = 65'536;
  static constexpr std::uint64_t kNoLimit = std::uint64_t{1} << 62U;
  static constexpr int kFirstError = 400;

  void on_request_impl(boost::beast::http::verb, Text, Text, int, Code&) override {}
  void on_response_impl(int code, Text, int, Code&) override { status_ = code; }
  void on_field_impl(boost::beast::http::field field, Text name, Text value, Code&) override {
    if (field != boost::beast::http::field::unknown) return;
    if (name.size() == kReceived.size() && boost::beast::iequals(name, kReceived)) {
      std::from_chars(value.data(), value.data() + value.size(), received_us_);
    } else if (server_timing_ != nullptr && boost::beast::iequals(name, "Server-Timing")) {
      if (!server_timing_->empty()) *server_timing_ += ',';
      server_timing_->append(value.data(), value.size());
    }
  }
  void on_header_impl(Code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, Code&) override {}
  std::size_t on_body_impl(Text text, Code&) override { return keep(text); }
  void on_chunk_header_impl(std::uint64_t, Text, Code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, Text text, Code&) override { return keep(text); }
  void on_finish_impl(Code&) override {}

  std::size_t keep(Text text) {
    if (wants_body_ || status_ >= kFirstError) {
      body_.append(text.data(),
                   std::min(text.size(), kMostBody - std::min(kMostBody, body_.size())));
    }
    return text.size();
  }

  static constexpr boost::beast::string_view kReceived{"X-Stampede-Received"};

  std::string& body_;
  const bool wants_body_;
  std::string* const server_timing_;
  int status_ = 0;
  std::int64_t received_us_ = -1;
};

}  // namespace stampede::load
