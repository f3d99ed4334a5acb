// Input: a byte that says where the network cuts the rest in two, and what a client sends. The
// answers are well-formed, counted, and the same however the bytes arrive.
#include <sys/socket.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <memory>
#include <numeric>
#include <string>
#include <utility>

#include "input.h"
#include "libfuzzer.h"
#include "pkg/api/json_parser.h"
#include "pkg/base/check.h"
#include "pkg/httpapi/connection.h"
#include "pkg/httpapi/endpoints.h"
#include "pkg/status/example_snapshot.h"

namespace keelvip::fuzz {
namespace {

using httpapi::Connection;
using httpapi::HttpStatistics;
using httpapi::Page;
using httpapi::Request;

constexpr base::Instant kNow{};

bool is_sent(int status) {
  const auto& codes = HttpStatistics::kCodes;
  return std::find(codes.begin(), codes.end(), status) != codes.end();
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\t'; });
}

/// The real endpoints behind a body that is short and never looks like the head of an answer.
class Site {
 public:
  Page serve(const Request& request) {
    Page page = endpoints_.serve(request);
    KEELVIP_CHECK(is_sent(page.status));
    KEELVIP_CHECK(page.body != nullptr);
    KEELVIP_CHECK(!page.content_type.empty() && !has_control(page.content_type));
    if (page.content_type == httpapi::kJson && page.body->size() < 4096) {
      const auto parsed = api::parse_json(*page.body);
      KEELVIP_CHECK(parsed.size() == 1 && parsed.front().has_value());
    }
    page.body = std::make_shared<const std::string>(std::to_string(request.path.size()));
    return page;
  }

 private:
  HttpStatistics statistics_;
  httpapi::Endpoints endpoints_{
      {.snapshot =
           [] {
             static const auto kSnapshot =
                 std::make_shared<const status::Snapshot>(status::example_snapshot());
             return kSnapshot;
           },
       .loops = [] { return std::vector<httpapi::LoopAge>{}; }},
      statistics_};
};

/// One client's connection from its first byte to its last.
class Dialogue {
 public:
  Dialogue() {
    std::array<int, 2> ends{};
    KEELVIP_CHECK(
        ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) == 0);
    client_.reset(ends[0]);
    connection_ = std::make_unique<Connection>(runtime::UniqueFd(ends[1]), limits_, kNow);
  }

  void say(std::string_view bytes) {
    while (connection_ && !bytes.empty()) {
      const ssize_t count = ::send(client_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count > 0) {
        bytes.remove_prefix(static_cast<std::size_t>(count));
      }
      drive();
    }
  }
  void finish() {
    ::shutdown(client_.get(), SHUT_WR);
    drive();
    KEELVIP_CHECK(!connection_);
  }

  [[nodiscard]] const std::string& heard() const { return heard_; }
  [[nodiscard]] std::uint64_t replies() const {
    return std::accumulate(statistics_.replies.begin(), statistics_.replies.end(),
                           std::uint64_t{0});
  }

 private:
  void drive() {
    bool more = connection_ != nullptr;
    while (more) {
      const bool alive = connection_->advance({library_, statistics_, limits_}, kNow);
      listen();
      more = alive && connection_->wants_to_write();
      if (!alive) {
        connection_.reset();
      }
    }
  }
  void listen() {
    std::array<char, 65536> bytes;
    ssize_t count = 0;
    while ((count = ::recv(client_.get(), bytes.data(), bytes.size(), 0)) > 0) {
      heard_.append(bytes.data(), static_cast<std::size_t>(count));
    }
  }

  Site site_;
  httpapi::HttpLibrary library_{[this](const Request& request) { return site_.serve(request); }};
  HttpStatistics statistics_;
  httpapi::Limits limits_;
  runtime::UniqueFd client_;
  std::unique_ptr<Connection> connection_;
  std::string heard_;
};

/// The number of answers in `text`.
std::uint64_t check_answers(std::string_view text) {
  constexpr std::string_view kVersion = "HTTP/1.1 ";
  constexpr std::string_view kLength = "Content-Length: ";
  std::uint64_t answers = 0;
  for (; !text.empty(); ++answers) {
    KEELVIP_CHECK(text.starts_with(kVersion));
    const std::size_t end = text.find("\r\n\r\n");
    KEELVIP_CHECK(end != std::string_view::npos);
    const std::string_view head = text.substr(0, end + 2);
    text.remove_prefix(end + 4);
    int status = 0;
    std::from_chars(head.data() + kVersion.size(), head.data() + head.size(), status);
    KEELVIP_CHECK(is_sent(status));
    const std::size_t at = head.find(kLength);
    KEELVIP_CHECK(at != std::string_view::npos);
    std::size_t length = 0;
    std::from_chars(head.data() + at + kLength.size(), head.data() + head.size(), length);
    // The answer to HEAD has a length and no body; no body begins as an answer does.
    if (!text.empty() && !text.starts_with(kVersion)) {
      KEELVIP_CHECK(length <= text.size());
      text.remove_prefix(length);
    }
  }
  return answers;
}

std::string answers_to(std::string_view first, std::string_view second) {
  Dialogue dialogue;
  dialogue.say(first);
  dialogue.say(second);
  dialogue.finish();
  KEELVIP_CHECK(check_answers(dialogue.heard()) == dialogue.replies());
  return dialogue.heard();
}

}  // namespace
}  // namespace keelvip::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  keelvip::fuzz::Input input(data, size);
  const std::size_t cut = input.u8();
  const std::string_view text = input.take_text();
  const std::size_t first = std::min(cut, text.size());
  KEELVIP_CHECK(keelvip::fuzz::answers_to(text, "") ==
                keelvip::fuzz::answers_to(text.substr(0, first), text.substr(first)));
  return 0;
}
