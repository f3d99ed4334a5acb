#include <doctest/doctest.h>
#include <fmt/format.h>

#include "pkg/api/sample_documents.h"

namespace keelvip::api {
namespace {

std::string with_authentication(std::string_view fields) {
  return with_fields(fmt::format(R"("vrrpVersion": 2, "authentication": {{{}}})", fields));
}

Decoded decode_with_file(const PasswordReader& reader) {
  return decode(parse_one(with_authentication(R"("passwordFile": "secret/vrrp")")), reader).object;
}

PasswordReader file_with(std::string content) {
  return [content = std::move(content)](const std::string& path) -> base::Result<std::string> {
    CHECK(path == "secret/vrrp");
    return content;
  };
}

}  // namespace

TEST_CASE("a password that version 2 cannot carry is refused, not cut, and never shown") {
  const std::string secret = "hunter22x";
  const std::string line = fault(with_authentication(R"("password": "hunter22x")"));
  CHECK(line ==
        "spec.authentication.password: must have 1 to 8 bytes (VRRP version 2 has no room for "
        "more), not 9");
  CHECK(line.find(secret) == std::string::npos);
  CHECK_FALSE(faults(with_authentication(R"("password": "")")).empty());
  CHECK(fault(with_authentication(R"("password": "a\tb")")) ==
        "spec.authentication.password: must be printable ASCII");
  CHECK(fault(with_authentication(R"("password": "ä")")) ==
        "spec.authentication.password: must be printable ASCII");
  CHECK(fault(with_authentication(R"("password": 12345678)")) ==
        "spec.authentication.password: must be a string, not a number: put it in quotes");
}

TEST_CASE("a password that became part of a name, for want of a space, is not shown") {
  const std::string line =
      fault(with_authentication(R"("password:hunter22": null, "password": "a")"));
  CHECK(line ==
        "spec.authentication: unknown field, not shown because it may hold a secret (is there a "
        "space after the colon?); known here: type, password, passwordFile");
}

TEST_CASE("a password stands in the document or in a file, not both and not neither") {
  CHECK(fault(with_authentication(R"("type": "SimpleText")")) ==
        "spec.authentication: must have exactly one of password and passwordFile");
  CHECK(fault(with_authentication(R"("password": "a", "passwordFile": "b")")) ==
        "spec.authentication: must have exactly one of password and passwordFile");
  CHECK(fault(with_authentication(R"("type": "AH", "password": "a")")) ==
        "spec.authentication.type: must be SimpleText, not \"AH\"");
}

TEST_CASE("a password file counts without the newline at its end") {
  for (const char* content : {"s3cret", "s3cret\n", "s3cret\r\n"}) {
    const Decoded vip = decode_with_file(file_with(content));
    REQUIRE(vip.has_value());
    CHECK(vip->spec.authentication->password.reveal() == "s3cret");
    CHECK(vip->spec.authentication->password_file == "secret/vrrp");
  }
}

TEST_CASE("a password file that is no use is an error of its object, without its content") {
  const auto reason = [](const PasswordReader& reader) {
    const Decoded vip = decode_with_file(reader);
    REQUIRE_FALSE(vip.has_value());
    CHECK(vip.error().front().field == "spec.authentication.passwordFile");
    return vip.error().front().reason;
  };
  CHECK(reason(file_with("much too long\n")) ==
        "the password in the file must have 1 to 8 bytes (VRRP version 2 has no room for more), "
        "not 13");
  CHECK(reason(file_with("\n")).find("not 0") != std::string::npos);
  CHECK(reason(file_with("a\n\n")) == "the password in the file must be printable ASCII");
  CHECK(reason([](const std::string&) -> base::Result<std::string> {
          return base::unexpected(base::retry_error("no such file"));
        }) == "no such file");
  CHECK(reason({}) == "no such file can be read here");
}

}  // namespace keelvip::api
