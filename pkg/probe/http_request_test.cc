#include "pkg/probe/http_request.h"

#include <algorithm>
#include <string>

#include <doctest/doctest.h>

namespace keelvip::probe {
namespace {

health::HttpProbe probe_of(std::string host, std::string path = "/") {
  return {
      .tls = false, .host = std::move(host), .port = 8080, .path = std::move(path), .headers = {}};
}

HttpRequest request_of(const health::HttpProbe& probe) {
  const auto literal = literal_endpoint(probe.host, probe.port);
  return make_request(probe, literal ? *literal : *literal_endpoint("192.0.2.7", probe.port))
      .value();
}

std::string refusal_of(const health::HttpProbe& probe) {
  const auto request = make_request(probe, *literal_endpoint("192.0.2.7", probe.port));
  return request ? "" : request.error().message;
}

}  // namespace

TEST_CASE("a literal is asked under its address, a name under its name at the address it has") {
  CHECK(request_of(probe_of("10.0.0.1")).url == "http://10.0.0.1:8080/");
  CHECK(request_of(probe_of("10.0.0.1")).connect_to.empty());
  CHECK(request_of(probe_of("fd00::1")).url == "http://[fd00::1]:8080/");
  CHECK(request_of(probe_of("[fd00::1]")).url == "http://[fd00::1]:8080/");
  const HttpRequest named = request_of(probe_of("backend.internal"));
  CHECK(named.url == "http://backend.internal:8080/");
  CHECK(named.connect_to == "backend.internal:8080:192.0.2.7:8080");
}

TEST_CASE("a path is sent as written, except for what a request line cannot carry") {
  CHECK(request_of(probe_of("10.0.0.1", "/a/../b//c?d=e&f=%20")).url ==
        "http://10.0.0.1:8080/a/../b//c?d=e&f=%20");
  CHECK(request_of(probe_of("10.0.0.1", "health")).url == "http://10.0.0.1:8080/health");
  CHECK(request_of(probe_of("10.0.0.1", "")).url == "http://10.0.0.1:8080/");
  CHECK(request_of(probe_of("10.0.0.1", "/a b#c\r\nX: y\xc3\xa4")).url ==
        "http://10.0.0.1:8080/a%20b%23c%0D%0AX:%20y%C3%A4");
  CHECK(request_of(probe_of("10.0.0.1", "@evil.example/")).url ==
        "http://10.0.0.1:8080/@evil.example/");
}

TEST_CASE("over TLS the name of a Host header is the one that the server sees first") {
  health::HttpProbe probe = probe_of("10.0.0.1");
  probe.headers = {{"Host", "www.example.com:8443"}};
  CHECK(request_of(probe).url == "http://10.0.0.1:8080/");
  probe.tls = true;
  CHECK(request_of(probe).url == "https://www.example.com:8080/");
  CHECK(request_of(probe).connect_to == "www.example.com:8080:10.0.0.1:8080");
  probe.headers = {{"Host", "192.0.2.9"}};
  CHECK(request_of(probe).url == "https://10.0.0.1:8080/");
  probe.headers = {{"Host", "[fd00::9]:443"}};
  CHECK(request_of(probe).url == "https://10.0.0.1:8080/");
}

TEST_CASE("a header cannot smuggle another one into the request") {
  health::HttpProbe probe = probe_of("10.0.0.1");
  probe.headers = {{"X-Good", "yes"}};
  const auto lines = request_of(probe).header_lines;
  CHECK(std::find(lines.begin(), lines.end(), "X-Good: yes") != lines.end());
  probe.headers = {{"X-Bad", "a\r\nHost: evil"}};
  CHECK(refusal_of(probe) == "header \"X-Bad\" has a control character or no valid name");
  probe.headers = {{"X-Bad\r\n", "a"}};
  CHECK(refusal_of(probe) == "header \"?\" has a control character or no valid name");
  probe.headers = {{"", "a"}};
  CHECK_FALSE(refusal_of(probe).empty());
}

TEST_CASE("what is neither an address nor a host name is refused") {
  for (const char* host : {"", "a b", "user@host", "host/path", "host:80", "a\nb", "[::1"}) {
    CHECK(refusal_of(probe_of(host)) == "host is neither an address nor a host name");
  }
}

}  // namespace keelvip::probe
