// Request: one rtnetlink request under construction, a thin owner of libnl's message builder so
// that libnl stays in request.cc. Internal to `kernel`; used on its thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

struct nl_msg;

namespace keelvip::kernel {

class Request {
 public:
  /// `type` is an RTM_ constant, `flags` are NLM_F_ bits besides NLM_F_REQUEST.
  Request(std::uint16_t type, std::uint16_t flags, std::uint32_t sequence);

  /// Appends the fixed structure that follows the netlink header (ifaddrmsg, ifinfomsg).
  template <typename Header>
  void put_header(const Header& header) {
    put_fixed(std::as_bytes(std::span(&header, 1)));
  }

  void put_bytes(int attribute, std::span<const std::byte> value);
  void put_u8(int attribute, std::uint8_t value);
  void put_u32(int attribute, std::uint32_t value);
  void put_text(int attribute, std::string_view value);

  /// Opens an attribute that holds attributes; what is put next goes into it.
  void begin_nest(int attribute);
  void end_nest();

  /// Appends the finished message to `out`, aligned for the next one.
  void append_to(std::vector<std::byte>& out) const;

 private:
  struct FreeMessage {
    void operator()(nl_msg* message) const;
  };

  void put_fixed(std::span<const std::byte> header);

  std::unique_ptr<nl_msg, FreeMessage> message_;
  std::vector<void*> nests_;
};

}  // namespace keelvip::kernel
