#include "pkg/kernel/owner_mark.h"

#include <doctest/doctest.h>

namespace keelvip::kernel {

TEST_CASE("kernels from 5.18 on keep the protocol number") {
  CHECK(choose_owner_mark(false, "5.18.0") == OwnerMark::kProtocol);
  CHECK(choose_owner_mark(false, "6.1.0-18-amd64") == OwnerMark::kProtocol);
  CHECK(choose_owner_mark(false, "5.17.15") == OwnerMark::kLabel);
  CHECK(choose_owner_mark(false, "4.19.0-26-amd64") == OwnerMark::kLabel);
}

TEST_CASE("a kernel that shows a protocol number keeps it, whatever its release") {
  CHECK(choose_owner_mark(true, "5.14.0-427.el9.x86_64") == OwnerMark::kProtocol);
}

TEST_CASE("a release that cannot be read is not trusted with the protocol number") {
  CHECK(choose_owner_mark(false, "") == OwnerMark::kLabel);
  CHECK(choose_owner_mark(false, "unknown") == OwnerMark::kLabel);
}

TEST_CASE("a label begins with the interface and fits the kernel's 15 bytes") {
  CHECK(owner_label("eth0") == "eth0:kv");
  CHECK(owner_label("enp0s31f6abc") == "enp0s31f6abc:kv");
  CHECK(owner_label("enp0s31f6abcd").empty());
}

}  // namespace keelvip::kernel
