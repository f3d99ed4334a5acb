// admit: whether one virtual router lets a decoded advert in, by its own settings (authentication,
// interval, addresses, ownership). The second half of the receive checks, after decode.h. Pure;
// speaker thread, hot path.
#pragma once

#include "pkg/base/result.h"
#include "pkg/vrrp/address_list.h"
#include "pkg/vrrp/advertisement.h"
#include "pkg/vrrp/rejection.h"
#include "pkg/vrrp/speaker_config.h"

namespace keelvip::vrrp {

/// What is odd about an advert that is let in: to be counted.
struct Admission {
  bool interval_differs = false;
  bool addresses_differ = false;

  friend bool operator==(const Admission&, const Admission&) = default;
};

/// `ours` is the address list of `settings`. The advert is of its version and family.
[[nodiscard]] tl::expected<Admission, Rejection> admit(const RouterSettings& settings,
                                                       const AddressList& ours,
                                                       const Advertisement& advert);

/// Whether a router with the one or the other settings lets in the same adverts.
[[nodiscard]] bool admit_alike(const RouterSettings& a, const RouterSettings& b);

}  // namespace keelvip::vrrp
