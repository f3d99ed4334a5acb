#include "pkg/kernel/acknowledgement.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>

#include <linux/netlink.h>

#include <fmt/format.h>

#include "pkg/kernel/attributes.h"

namespace keelvip::kernel {

namespace {

// Where the extended ack's attributes begin: after the errno (NLMSG_DONE) or after the errno and
// the request it answers, of which a capped ack repeats the header only.
std::size_t attributes_offset(const nlmsghdr& header, std::span<const std::byte> message) {
  if (header.nlmsg_type == NLMSG_DONE) {
    return NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(int));
  }
  std::size_t request_size = NLMSG_HDRLEN;
  if ((header.nlmsg_flags & NLM_F_CAPPED) == 0) {
    nlmsgerr body{};
    std::memcpy(&body, message.data() + NLMSG_HDRLEN, sizeof(body));
    request_size = NLMSG_ALIGN(std::size_t{body.msg.nlmsg_len});
  }
  return NLMSG_HDRLEN + sizeof(int) + request_size;
}

base::ErrorCode code_for(int error) {
  switch (error) {
    case ENODEV:  // the interface went away; it may come back
    case ENOMEM:
    case ENOBUFS:
    case EBUSY:
    case EAGAIN:
    case EINTR:
      return base::ErrorCode::kRetry;
    default:
      return base::ErrorCode::kReport;
  }
}

}  // namespace

std::optional<Acknowledgement> parse_acknowledgement(std::span<const std::byte> message) {
  nlmsghdr header{};
  if (message.size() < NLMSG_HDRLEN + sizeof(int)) {
    return std::nullopt;
  }
  std::memcpy(&header, message.data(), sizeof(header));
  const bool is_error = header.nlmsg_type == NLMSG_ERROR;
  if (is_error && message.size() < NLMSG_HDRLEN + sizeof(nlmsgerr)) {
    return std::nullopt;
  }

  int negative_errno = 0;
  std::memcpy(&negative_errno, message.data() + NLMSG_HDRLEN, sizeof(negative_errno));
  if (negative_errno == std::numeric_limits<int>::min()) {
    return std::nullopt;  // it cannot be negated
  }
  // A dump ends with a count instead of an errno in some kernels.
  Acknowledgement acknowledgement{.error = std::max(0, -negative_errno), .text = {}};
  const std::size_t offset = attributes_offset(header, message);
  if ((header.nlmsg_flags & NLM_F_ACK_TLVS) != 0 && offset < message.size()) {
    if (const auto attributes = Attributes::parse(message.subspan(offset))) {
      acknowledgement.text = attributes->text(NLMSGERR_ATTR_MSG).value_or("");
    }
  }
  return acknowledgement;
}

base::Error to_error(const Acknowledgement& refusal) {
  std::string message = base::describe_errno(refusal.error);
  if (!refusal.text.empty()) {
    message += fmt::format(": {}", refusal.text);
  }
  return {code_for(refusal.error), std::move(message)};
}

}  // namespace keelvip::kernel
