#include "pkg/kernel/request.h"

#include <string>

#include <netlink/attr.h>
#include <netlink/msg.h>

#include "pkg/base/check.h"

namespace keelvip::kernel {

namespace {

// Every request of ours fits: an address with label and lifetimes takes about 120 bytes.
constexpr std::size_t kMaxSize = 512;

}  // namespace

void Request::FreeMessage::operator()(nl_msg* message) const {
  nlmsg_free(message);
}

Request::Request(std::uint16_t type, std::uint16_t flags, std::uint32_t sequence)
    : message_(nlmsg_alloc_size(kMaxSize)) {
  KEELVIP_CHECK(message_ != nullptr);
  KEELVIP_CHECK(nlmsg_put(message_.get(), 0, sequence, type, 0, NLM_F_REQUEST | flags) != nullptr);
}

void Request::put_fixed(std::span<const std::byte> header) {
  // libnl only reads it.
  void* data = const_cast<std::byte*>(header.data());
  KEELVIP_CHECK(nlmsg_append(message_.get(), data, header.size(), NLMSG_ALIGNTO) == 0);
}

void Request::put_bytes(int attribute, std::span<const std::byte> value) {
  const int size = static_cast<int>(value.size());
  KEELVIP_CHECK(nla_put(message_.get(), attribute, size, value.data()) == 0);
}

void Request::put_u8(int attribute, std::uint8_t value) {
  KEELVIP_CHECK(nla_put_u8(message_.get(), attribute, value) == 0);
}

void Request::put_u32(int attribute, std::uint32_t value) {
  KEELVIP_CHECK(nla_put_u32(message_.get(), attribute, value) == 0);
}

void Request::put_text(int attribute, std::string_view value) {
  KEELVIP_CHECK(nla_put_string(message_.get(), attribute, std::string(value).c_str()) == 0);
}

void Request::begin_nest(int attribute) {
  nlattr* nest = nla_nest_start(message_.get(), attribute);
  KEELVIP_CHECK(nest != nullptr);
  nests_.push_back(nest);
}

void Request::end_nest() {
  KEELVIP_CHECK(!nests_.empty());
  nla_nest_end(message_.get(), static_cast<nlattr*>(nests_.back()));
  nests_.pop_back();
}

void Request::append_to(std::vector<std::byte>& out) const {
  KEELVIP_CHECK(nests_.empty());
  const nlmsghdr* header = nlmsg_hdr(message_.get());
  const auto bytes = std::as_bytes(std::span(header, 1)).data();
  out.insert(out.end(), bytes, bytes + header->nlmsg_len);
  out.resize(NLMSG_ALIGN(out.size()));
}

}  // namespace keelvip::kernel
