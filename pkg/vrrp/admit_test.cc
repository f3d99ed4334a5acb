#include "pkg/vrrp/admit.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace keelvip::vrrp {
namespace {

net::IpAddress ip(const char* text) {
  return *net::IpAddress::parse(text);
}

SimpleText text(std::string_view password) {
  SimpleText bytes{};
  std::ranges::copy(std::as_bytes(std::span(password)), bytes.begin());
  return bytes;
}

/// A virtual router and an advert that fits it.
struct Rig {
  RouterSettings settings;
  Advertisement advert;
  std::vector<std::byte> list;

  explicit Rig(Version version = Version::kV3, const char* address = "192.0.2.100") {
    settings.version = advert.version = version;
    settings.family = advert.family = ip(address).family();
    settings.advert_interval = advert.interval = base::Centiseconds{100};
    settings.addresses = {{ip(address), 0}};
    advert.priority = {150};
    say({address});
  }

  void say(const std::vector<const char*>& addresses) {
    list.clear();
    for (const char* address : addresses) {
      const net::IpAddress parsed = ip(address);
      const auto bytes = std::as_bytes(parsed.bytes());
      list.insert(list.end(), bytes.begin(), bytes.end());
    }
    advert.address_list = list;
    advert.address_count = static_cast<std::uint8_t>(addresses.size());
  }

  [[nodiscard]] tl::expected<Admission, Rejection> result() const {
    AddressList ours;
    ours.assign(settings.addresses);
    return admit(settings, ours, advert);
  }
  [[nodiscard]] bool refused(Rejection rejection) const {
    return !result() && result().error() == rejection;
  }
};

}  // namespace

TEST_CASE("conformance 9: a simple-text password must be equal in all eight bytes") {
  Rig rig(Version::kV2);
  rig.settings.password = text("s3cret");
  rig.advert.auth_type = 1;
  rig.advert.auth_data = text("s3cret");
  CHECK(rig.result().has_value());
  for (const char* wrong : {"S3cret", "s3cre", "s3cret!", "x3cret", ""}) {
    rig.advert.auth_data = text(wrong);
    CHECK(rig.refused(Rejection::kAuthFailure));
  }
  rig.advert.auth_data = text("s3cret");
  rig.advert.auth_data[7] = std::byte{1};
  CHECK(rig.refused(Rejection::kAuthFailure));
}

TEST_CASE("conformance 9: the authentication type must be ours") {
  Rig rig(Version::kV2);
  rig.advert.auth_type = 1;
  CHECK(rig.refused(Rejection::kAuthTypeMismatch));
  rig.advert.auth_type = 2;
  CHECK(rig.refused(Rejection::kAuthTypeMismatch));
  rig.advert.auth_type = 3;
  CHECK(rig.refused(Rejection::kAuthTypeInvalid));
  rig.settings.password = text("s3cret");
  rig.advert.auth_type = 0;
  CHECK(rig.refused(Rejection::kAuthTypeMismatch));
}

TEST_CASE("conformance 8: without authentication the content of the eight bytes does not matter") {
  Rig rig(Version::kV2);
  rig.advert.auth_data = text("garbage");
  CHECK(rig.result().has_value());
}

TEST_CASE("conformance 23: an advert without addresses is refused, a resignation by the setting") {
  Rig rig;
  rig.say({});
  CHECK(rig.refused(Rejection::kEmptyAddressList));
  rig.advert.priority = kResign;
  CHECK(rig.result().has_value());
  rig.settings.acceptance.empty_resignation = false;
  CHECK(rig.refused(Rejection::kEmptyAddressList));
}

TEST_CASE("conformance 24: v2 refuses another interval") {
  Rig rig(Version::kV2);
  rig.advert.interval = base::Centiseconds{200};
  CHECK(rig.refused(Rejection::kInterval));
}

TEST_CASE("conformance 25, 26: v3 takes another interval, which is noted, but not zero") {
  Rig rig;
  rig.advert.interval = base::Centiseconds{300};
  CHECK(rig.result() == Admission{.interval_differs = true});
  rig.advert.interval = base::Centiseconds{0};
  CHECK(rig.refused(Rejection::kInterval));
}

TEST_CASE("conformance 27: v3 takes other addresses, which is noted, and any order, which is not") {
  Rig rig;
  rig.settings.addresses = {{ip("192.0.2.100"), 0}, {ip("192.0.2.101"), 0}};
  rig.say({"192.0.2.101", "192.0.2.100"});
  CHECK(rig.result() == Admission{});
  rig.say({"192.0.2.100"});
  CHECK(rig.result() == Admission{.addresses_differ = true});
  rig.say({"192.0.2.100", "192.0.2.102"});
  CHECK(rig.result() == Admission{.addresses_differ = true});
}

TEST_CASE("conformance 27: v2 refuses other addresses where configured, unless from the owner") {
  Rig rig(Version::kV2);
  rig.say({"192.0.2.101"});
  CHECK(rig.result() == Admission{.addresses_differ = true});
  rig.settings.acceptance.require_same_addresses_v2 = true;
  CHECK(rig.refused(Rejection::kAddressList));
  rig.advert.priority = kOwner;
  CHECK(rig.result().has_value());
}

TEST_CASE("conformance 28: a first address that is not link-local is noted, or refused if strict") {
  Rig rig(Version::kV3, "fe80::100");
  rig.settings.addresses.push_back({ip("2001:db8::100"), 0});
  rig.say({"fe80::100", "2001:db8::100"});
  CHECK(rig.result() == Admission{});
  rig.say({"2001:db8::100", "fe80::100"});
  CHECK(rig.result() == Admission{.addresses_differ = true});
  rig.settings.acceptance.require_link_local = true;
  CHECK(rig.refused(Rejection::kAddressList));
}

TEST_CASE("peers that all name one global IPv6 address agree") {
  Rig rig(Version::kV3, "2001:db8::100");
  CHECK(rig.result() == Admission{});
}

TEST_CASE("conformance 32: an owner listens in v3 and not in v2, and the setting inverts it") {
  Rig three(Version::kV3);
  three.settings.priority = kOwner;
  CHECK(three.result().has_value());
  three.settings.acceptance.invert_owner_listening = true;
  CHECK(three.refused(Rejection::kOwnerIgnores));
  Rig two(Version::kV2);
  two.settings.priority = kOwner;
  CHECK(two.refused(Rejection::kOwnerIgnores));
  two.settings.acceptance.invert_owner_listening = true;
  CHECK(two.result().has_value());
}

}  // namespace keelvip::vrrp
