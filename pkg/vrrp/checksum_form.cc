#include "pkg/vrrp/checksum_form.h"

#include "pkg/net/checksum.h"
#include "pkg/vrrp/advertisement.h"

namespace keelvip::vrrp {
namespace {

net::ChecksumSum with_pseudo_header(net::ChecksumSum sum, const net::IpAddress& source,
                                    const net::IpAddress& destination, std::size_t length) {
  net::add_pseudo_header(sum, source, destination, kVrrpProtocol,
                         static_cast<std::uint32_t>(length));
  return sum;
}

}  // namespace

VerifiedForms verify_forms(std::span<const std::byte> message, const net::IpAddress& source,
                           const net::IpAddress& destination) {
  net::ChecksumSum sum;
  sum.add(message);
  VerifiedForms forms;
  forms.message_only = sum.finish() == 0;
  forms.pseudo_header = with_pseudo_header(sum, source, destination, message.size()).finish() == 0;
  // Only keepalived up to 1.3.6 sends this one, and only on unicast.
  forms.group_pseudo_header =
      destination != kGroupIpv4 &&
      with_pseudo_header(sum, source, kGroupIpv4, message.size()).finish() == 0;
  return forms;
}

bool verify_message_only(std::span<const std::byte> message) {
  net::ChecksumSum sum;
  sum.add(message);
  return sum.finish() == 0;
}

bool verify_pseudo_header(std::span<const std::byte> message, const net::IpAddress& source,
                          const net::IpAddress& destination) {
  net::ChecksumSum sum;
  sum.add(message);
  return with_pseudo_header(sum, source, destination, message.size()).finish() == 0;
}

std::uint16_t compute_checksum(std::span<const std::byte> message, ChecksumForm form,
                               const net::IpAddress& source, const net::IpAddress& destination) {
  net::ChecksumSum sum;
  sum.add(message);
  if (form == ChecksumForm::kPseudoHeader) {
    sum = with_pseudo_header(sum, source, destination, message.size());
  }
  return sum.finish();
}

}  // namespace keelvip::vrrp
