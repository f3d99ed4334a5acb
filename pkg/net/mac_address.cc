#include "pkg/net/mac_address.h"

#include <charconv>

#include <fmt/format.h>

namespace keelvip::net {

base::Result<MacAddress> MacAddress::parse(std::string_view text) {
  MacAddress mac;
  bool valid = text.size() == 17;
  for (std::size_t i = 0; valid && i < mac.bytes.size(); ++i) {
    const char* group = text.data() + 3 * i;
    const auto [end, error] = std::from_chars(group, group + 2, mac.bytes[i], 16);
    valid = error == std::errc{} && end == group + 2 && (i == 5 || *end == ':');
  }
  if (!valid) {
    return base::unexpected(base::report_error(fmt::format("\"{}\" is not a MAC address", text)));
  }
  return mac;
}

bool MacAddress::is_zero() const {
  return *this == MacAddress{};
}

std::string MacAddress::to_string() const {
  return fmt::format("{:02x}:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}", bytes[0], bytes[1], bytes[2],
                     bytes[3], bytes[4], bytes[5]);
}

}  // namespace keelvip::net
