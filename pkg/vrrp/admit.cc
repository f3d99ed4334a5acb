#include "pkg/vrrp/admit.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace keelvip::vrrp {
namespace {

/// Takes the same time wherever the difference is, so that a password cannot be found byte by byte.
bool equal_in_constant_time(const SimpleText& a, const SimpleText& b) {
  std::byte difference{0};
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference |= a[i] ^ b[i];
  }
  return difference == std::byte{0};
}

/// RFC 2338 5.3.6. The authentication data of type 0 is ignored (RFC 3768 5.3.10).
std::optional<Rejection> check_authentication(const RouterSettings& settings,
                                              const Advertisement& advert) {
  if (advert.version != Version::kV2) {
    return std::nullopt;
  }
  if (advert.auth_type > static_cast<std::uint8_t>(AuthType::kAuthenticationHeader)) {
    return Rejection::kAuthTypeInvalid;
  }
  const AuthType expected = settings.password ? AuthType::kSimpleText : AuthType::kNone;
  if (static_cast<AuthType>(advert.auth_type) != expected) {
    return Rejection::kAuthTypeMismatch;
  }
  if (settings.password && !equal_in_constant_time(*settings.password, advert.auth_data)) {
    return Rejection::kAuthFailure;
  }
  return std::nullopt;
}

bool interval_acceptable(const RouterSettings& settings, const Advertisement& advert) {
  // v2 has no way to agree on an interval (RFC 3768 7.1); v3 adopts any but zero (erratum 8301).
  return advert.version == Version::kV2 ? advert.interval == settings.advert_interval
                                        : advert.interval.count() != 0;
}

/// RFC 9568 5.2.9 and erratum 8300: the first IPv6 address is the virtual router's link-local one.
bool lacks_link_local(const Advertisement& advert) {
  return advert.family == net::Family::kIpv6 &&
         !net::IpAddress::from_bytes(net::Family::kIpv6, advert.address_list.first(16))
              .is_link_local();
}

bool owner_ignores(const RouterSettings& settings) {
  const bool by_version = settings.version == Version::kV2;
  return settings.priority == kOwner && by_version != settings.acceptance.invert_owner_listening;
}

}  // namespace

tl::expected<Admission, Rejection> admit(const RouterSettings& settings, const AddressList& ours,
                                         const Advertisement& advert) {
  const AcceptancePolicy& policy = settings.acceptance;
  if (const auto rejection = check_authentication(settings, advert)) {
    return base::unexpected(*rejection);
  }
  const bool empty = advert.address_count == 0;
  if (empty && !(advert.priority == kResign && policy.empty_resignation)) {
    return base::unexpected(Rejection::kEmptyAddressList);
  }
  if (!interval_acceptable(settings, advert)) {
    return base::unexpected(Rejection::kInterval);
  }
  Admission admission;
  admission.interval_differs = advert.interval != settings.advert_interval;
  if (!empty) {
    if (policy.require_link_local && lacks_link_local(advert)) {
      return base::unexpected(Rejection::kAddressList);
    }
    // Who is configured without a link-local address gets the like from its peers: nothing odd.
    admission.addresses_differ = !ours.matches(advert.address_list) ||
                                 (lacks_link_local(advert) && ours.starts_link_local());
    if (admission.addresses_differ && advert.version == Version::kV2 &&
        policy.require_same_addresses_v2 && advert.priority != kOwner) {
      return base::unexpected(Rejection::kAddressList);
    }
  }
  if (owner_ignores(settings)) {
    return base::unexpected(Rejection::kOwnerIgnores);
  }
  return admission;
}

bool admit_alike(const RouterSettings& a, const RouterSettings& b) {
  const bool own_alike = (a.priority == kOwner) == (b.priority == kOwner);
  return same_virtual_router(a, b) && own_alike && a.primary == b.primary &&
         a.password == b.password && a.advert_interval == b.advert_interval &&
         a.checksum == b.checksum && a.acceptance == b.acceptance &&
         std::ranges::equal(a.addresses, b.addresses, {}, &AdvertisedAddress::address,
                            &AdvertisedAddress::address);
}

}  // namespace keelvip::vrrp
