#include "pkg/kernel/acknowledgement.h"

#include <cerrno>
#include <cstring>
#include <limits>
#include <vector>

#include <doctest/doctest.h>
#include <linux/netlink.h>

namespace keelvip::kernel {
namespace {

void append(std::vector<std::byte>& out, const void* data, std::size_t size) {
  const auto* bytes = static_cast<const std::byte*>(data);
  out.insert(out.end(), bytes, bytes + size);
  out.resize(NLMSG_ALIGN(out.size()));
}

// `echoed` bytes of the request follow the errno, as an uncapped ack has them.
std::vector<std::byte> answer(int error, std::string_view text, std::size_t echoed) {
  nlmsghdr header{};
  header.nlmsg_type = NLMSG_ERROR;
  header.nlmsg_flags = static_cast<std::uint16_t>((text.empty() ? 0 : NLM_F_ACK_TLVS) |
                                                  (echoed == 0 ? NLM_F_CAPPED : 0));
  nlmsgerr body{};
  body.error = error;
  body.msg.nlmsg_len = static_cast<std::uint32_t>(NLMSG_HDRLEN + echoed);
  std::vector<std::byte> bytes;
  append(bytes, &header, sizeof(header));
  append(bytes, &body, sizeof(body));
  bytes.resize(bytes.size() + (echoed + 3) / 4 * 4);
  if (!text.empty()) {
    const std::string terminated(text);
    const nlattr attribute{static_cast<std::uint16_t>(sizeof(nlattr) + text.size() + 1),
                           NLMSGERR_ATTR_MSG};
    append(bytes, &attribute, sizeof(attribute));
    append(bytes, terminated.c_str(), terminated.size() + 1);
  }
  return bytes;
}

}  // namespace

TEST_CASE("an acknowledgement without error is a success") {
  CHECK(parse_acknowledgement(answer(0, "", 0)) == Acknowledgement{});
}

TEST_CASE("a refusal comes with its number and the kernel's sentence") {
  const Acknowledgement expected{EADDRNOTAVAIL, "ipv4: Address not found"};
  CHECK(parse_acknowledgement(answer(-EADDRNOTAVAIL, expected.text, 0)) == expected);
  CHECK(parse_acknowledgement(answer(-EADDRNOTAVAIL, expected.text, 36)) == expected);
}

TEST_CASE("a refusal reads as a sentence for people") {
  CHECK(to_error({EINVAL, "Invalid prefix"}) ==
        base::report_error("Invalid argument (EINVAL): Invalid prefix"));
  CHECK(to_error({ENODEV, ""}) == base::retry_error("No such device (ENODEV)"));
}

TEST_CASE("an error number without a positive counterpart is none of an errno") {
  CHECK(parse_acknowledgement(answer(std::numeric_limits<int>::min(), "", 0)) == std::nullopt);
}

TEST_CASE("a cut acknowledgement is refused") {
  const auto bytes = answer(-EINVAL, "", 0);
  for (std::size_t size = 0; size < NLMSG_HDRLEN + sizeof(nlmsgerr); ++size) {
    CHECK_FALSE(parse_acknowledgement(std::span(bytes).first(size)));
  }
}

}  // namespace keelvip::kernel
