#include <algorithm>

#include "pkg/api/decode_parts.h"
#include "pkg/net/ip_address.h"

namespace keelvip::api {
namespace {

bool is_lower_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_letter_or_digit(char c) {
  return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z');
}

}  // namespace

bool is_dns_label(std::string_view name) {
  return !name.empty() && name.size() <= 63 && is_lower_or_digit(name.front()) &&
         is_lower_or_digit(name.back()) && std::all_of(name.begin(), name.end(), [](char c) {
           return is_lower_or_digit(c) || c == '-';
         });
}

bool is_dns_subdomain(std::string_view name) {
  if (name.empty() || name.size() > 253 || name.back() == '.') {
    return false;
  }
  while (!name.empty()) {
    const std::size_t dot = std::min(name.find('.'), name.size());
    // Kubernetes bounds the whole name, not its labels.
    const std::string_view label = name.substr(0, dot);
    if (label.empty() || label.front() == '-' || label.back() == '-' ||
        !std::all_of(label.begin(), label.end(),
                     [](char c) { return is_lower_or_digit(c) || c == '-'; })) {
      return false;
    }
    name.remove_prefix(std::min(dot + 1, name.size()));
  }
  return true;
}

bool is_host(std::string_view text) {
  if (net::IpAddress::parse(text)) {
    return true;
  }
  // Digits and dots that are no address would go to the resolver, which has its own readings.
  const bool looks_like_address = text.find_first_not_of("0123456789.") == std::string_view::npos;
  return !text.empty() && text.size() <= 253 && !looks_like_address &&
         is_letter_or_digit(text.front()) && text.find("..") == std::string_view::npos &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return is_letter_or_digit(c) || c == '-' || c == '.' || c == '_';
         });
}

}  // namespace keelvip::api
