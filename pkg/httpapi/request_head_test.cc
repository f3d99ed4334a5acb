#include "pkg/httpapi/request_head.h"

#include <string>
#include <variant>

#include <doctest/doctest.h>

namespace keelvip::httpapi {
namespace {

/// The status code of a refusal; 0 if it is let through.
int refusal_of(const std::string& head) {
  const auto read = read_head(head);
  const auto* refused = std::get_if<Reply>(&read);
  return refused == nullptr ? 0 : refused->status;
}

RequestHead accepted(const std::string& head) {
  return std::get<RequestHead>(read_head(head));
}

TEST_CASE("only the headers that mean something here reach the library") {
  const RequestHead head = accepted(
      "GET /metrics?x=1 HTTP/1.1\r\nHost: a\r\nRange: bytes=0-1,0-1\r\n"
      "Accept-Encoding: br\r\naccept:  text/plain \r\nExpect: 100-continue\r\n\r\n");
  CHECK(head.forwarded == "GET /metrics?x=1 HTTP/1.1\r\nAccept: text/plain\r\n\r\n");
  CHECK(head.keep_alive);
}

TEST_CASE("a connection is kept for HTTP/1.1 unless close is asked for") {
  CHECK(accepted("GET / HTTP/1.1\r\n\r\n").keep_alive);
  CHECK_FALSE(accepted("GET / HTTP/1.0\r\n\r\n").keep_alive);
  CHECK_FALSE(accepted("GET / HTTP/1.1\r\nConnection: upgrade, Close\r\n\r\n").keep_alive);
}

TEST_CASE("other methods are refused as such") {
  CHECK(refusal_of("POST / HTTP/1.1\r\n\r\n") == 405);
  CHECK(refusal_of("DELETE /status HTTP/1.1\r\nContent-Length: 5\r\n\r\n") == 405);
  CHECK(refusal_of("BREW / HTTP/1.1\r\n\r\n") == 405);
  CHECK(refusal_of("HEAD / HTTP/1.1\r\n\r\n") == 0);
}

TEST_CASE("bodies are refused, an empty one is none") {
  CHECK(refusal_of("GET / HTTP/1.1\r\nContent-Length: 5\r\n\r\n") == 413);
  CHECK(refusal_of("GET / HTTP/1.1\r\nContent-Length: 0\r\nContent-Length: 9\r\n\r\n") == 413);
  CHECK(refusal_of("GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n") == 413);
  CHECK(refusal_of("GET / HTTP/1.1\r\nContent-Length: 0\r\n\r\n") == 0);
}

TEST_CASE("malformed heads are refused") {
  CHECK(refusal_of("\r\n\r\n") == 400);
  CHECK(refusal_of("GET /\r\n\r\n") == 400);
  CHECK(refusal_of("GET  / HTTP/1.1\r\n\r\n") == 400);
  CHECK(refusal_of("GET / x HTTP/1.1\r\n\r\n") == 400);
  CHECK(refusal_of("GET http://x/ HTTP/1.1\r\n\r\n") == 400);
  CHECK(refusal_of("GET / HTTP/2.0\r\n\r\n") == 400);
  CHECK(refusal_of("GET /\x01 HTTP/1.1\r\n\r\n") == 400);
  CHECK(refusal_of("G\xc3\xa9T / HTTP/1.1\r\n\r\n") == 400);
  CHECK(refusal_of("GET / HTTP/1.1\r\nContent-Length : 5\r\n\r\n") == 400);
  CHECK(refusal_of("GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n") == 400);
  CHECK(refusal_of("GET / HTTP/1.1\r\nno colon\r\n\r\n") == 400);
  CHECK(refusal_of(std::string("GET / HTTP/1.1\r\nA: b\0c\r\n\r\n", 26)) == 400);
}

TEST_CASE("a hundred headers pass, one more does not") {
  std::string head = "GET / HTTP/1.1\r\n";
  for (int i = 0; i < 100; ++i) {
    head += "a: b\r\n";
  }
  CHECK(refusal_of(head + "\r\n") == 0);
  CHECK(refusal_of(head + "a: b\r\n\r\n") == 431);
}

TEST_CASE("the end of a head is found however it is cut") {
  const std::string head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  for (std::size_t cut = 0; cut < head.size(); ++cut) {
    HeadScanner scanner;
    CHECK(scanner.scan(std::string_view(head).substr(0, cut)) == HeadScanner::Verdict::kIncomplete);
    CHECK(scanner.scan(head + "GET /next") == HeadScanner::Verdict::kComplete);
    CHECK(scanner.length() == head.size());
  }
  HeadScanner scanner;
  CHECK(scanner.scan("GET / HTTP/1.1\n") == HeadScanner::Verdict::kBareNewline);
}

}  // namespace
}  // namespace keelvip::httpapi
