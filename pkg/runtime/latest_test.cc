#include "pkg/runtime/latest.h"

#include <poll.h>

#include <thread>
#include <vector>

#include <doctest/doctest.h>

namespace keelvip::runtime {
namespace {

bool readable(int fd) {
  pollfd poll{fd, POLLIN, 0};
  return ::poll(&poll, 1, 0) == 1;
}

}  // namespace

TEST_CASE("the newest of several values is the one that is read, once") {
  Latest<int> latest;
  CHECK(latest.take() == nullptr);
  CHECK_FALSE(readable(latest.fd()));
  latest.put(1);
  latest.put(2);
  CHECK(readable(latest.fd()));
  const int* value = latest.take();
  REQUIRE(value != nullptr);
  CHECK(*value == 2);
  CHECK_FALSE(readable(latest.fd()));
  CHECK(latest.take() == nullptr);
}

TEST_CASE("a reader beside a busy writer sees whole values, in order, and the last one") {
  constexpr int kLast = 20'000;
  Latest<std::vector<int>> latest;
  std::thread writer([&] {
    for (int i = 1; i <= kLast; ++i) {
      latest.draft().assign(16, i);
      latest.publish();
    }
  });
  int seen = 0;
  bool torn = false;
  bool backwards = false;
  while (seen < kLast) {
    pollfd poll{latest.fd(), POLLIN, 0};
    REQUIRE(::poll(&poll, 1, 10'000) == 1);
    const std::vector<int>* value = latest.take();
    if (value == nullptr) {
      continue;
    }
    torn = torn || *value != std::vector<int>(16, value->front());
    backwards = backwards || value->front() < seen;
    seen = value->front();
  }
  writer.join();
  CHECK_FALSE(torn);
  CHECK_FALSE(backwards);
}

}  // namespace keelvip::runtime
