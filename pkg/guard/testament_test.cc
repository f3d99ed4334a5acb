#include "pkg/guard/testament.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <vector>

#include <doctest/doctest.h>

namespace keelvip::guard {

namespace {

net::FrameBatch frames(std::size_t count, std::size_t size, std::uint8_t fill = 0) {
  net::FrameBatch batch;
  for (std::size_t i = 0; i < count; ++i) {
    std::ranges::fill(batch.append({static_cast<std::uint32_t>(i + 1)}, size), std::byte{fill});
  }
  return batch;
}

std::vector<net::AddressStep> steps(std::size_t count, std::uint8_t last = 1) {
  std::vector<net::AddressStep> all;
  for (std::size_t i = 0; i < count; ++i) {
    all.push_back({net::StepKind::kRemove,
                   {static_cast<std::uint32_t>(i + 1)},
                   {net::IpAddress::v4({10, 0, 0, last}), 24}});
  }
  return all;
}

/// Whether every word and removal is of one generation: as many as it says, filled with it.
bool is_whole(const Testament& testament) {
  for (std::size_t i = 0; i < testament.words(); ++i) {
    const auto bytes = testament.word(i).bytes;
    const auto generation = static_cast<std::uint8_t>(testament.words());
    if (bytes.size() != 100U + generation ||
        !std::ranges::all_of(bytes, [&](std::byte b) { return b == std::byte{generation}; })) {
      return false;
    }
  }
  const auto removals = testament.removals();
  return std::ranges::all_of(removals,
                             [&](const Removal& r) { return r.address[3] == removals.size(); });
}

/// Writes testaments of ever other sizes for ever, and counts them.
[[noreturn]] void write_for_ever(Testament& testament, std::atomic<std::uint32_t>& rounds) {
  for (;; ++rounds) {
    const auto generation = static_cast<std::uint8_t>(rounds % 200 + 1);
    testament.write_last_words(frames(generation, 100U + generation, generation));
    testament.write_removals(steps(generation, generation));
  }
}

}  // namespace

TEST_CASE("what the worker wrote last is what the guard reads") {
  auto testament = Testament::create();
  REQUIRE(testament);
  CHECK(testament->words() == 0);
  CHECK(testament->removals().empty());
  CHECK_FALSE(testament->ready());

  testament->write_last_words(frames(3, 60));
  testament->write_last_words(frames(2, 46, 7));
  REQUIRE(testament->words() == 2);
  CHECK(testament->word(1).interface == net::InterfaceIndex{2});
  CHECK(testament->word(1).bytes.size() == 46);
  CHECK(testament->word(1).bytes[45] == std::byte{7});

  const net::Prefix six{*net::IpAddress::parse("2001:db8::9"), 64};
  testament->write_removals(
      std::vector{steps(1).front(), net::AddressStep{net::StepKind::kRemove, {5}, six}});
  REQUIRE(testament->removals().size() == 2);
  CHECK(testament->removals()[0].family == AF_INET);
  CHECK(testament->removals()[1].family == AF_INET6);
  CHECK(testament->removals()[1].interface == 5);
  CHECK(testament->removals()[1].prefix_length == 64);
  CHECK(testament->removals()[1].address[15] == 9);

  testament->announce_ready();
  CHECK(testament->ready());
  testament->clear();
  CHECK(testament->words() == 0);
  CHECK(testament->removals().empty());
  CHECK_FALSE(testament->ready());
}

TEST_CASE("an order to drain outlives the worker that has not obeyed it") {
  auto testament = Testament::create();
  REQUIRE(testament);
  CHECK(testament->drain_order() == 0);
  testament->drain_order() = SIGUSR1;
  testament->clear();
  CHECK(testament->drain_order() == SIGUSR1);
}

TEST_CASE("what does not fit is left out and counted, and the rest is there") {
  auto testament = Testament::create();
  REQUIRE(testament);
  testament->write_last_words(frames(Testament::kMaxWords + 5, 46));
  testament->write_removals(steps(Testament::kMaxRemovals + 7));
  CHECK(testament->words() == Testament::kMaxWords);
  CHECK(testament->removals().size() == Testament::kMaxRemovals);
  CHECK(testament->left_out() == LeftOut{5, 7});

  testament->write_last_words(frames(5, Testament::kMaxWordBytes / 4));
  CHECK(testament->words() == 4);
  CHECK(testament->left_out() == LeftOut{1, 7});

  testament->write_last_words(frames(1, 46));
  testament->write_removals({});
  CHECK(testament->left_out() == LeftOut{0, 0});
}

TEST_CASE("a worker that is killed in the midst of writing leaves a whole testament") {
  auto testament = Testament::create();
  REQUIRE(testament);
  auto* rounds = static_cast<std::atomic<std::uint32_t>*>(
      ::mmap(nullptr, sizeof(std::atomic<std::uint32_t>), PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  for (std::uint32_t death = 0; death < 300; ++death) {
    *rounds = death;
    const pid_t worker = ::fork();
    if (worker == 0) {
      write_for_ever(*testament, *rounds);
    }
    // Somewhere in its second testament or later: where exactly is the scheduler's choice.
    while (*rounds <= death + death % 5) {
      ::sched_yield();
    }
    ::kill(worker, SIGKILL);
    ::waitpid(worker, nullptr, 0);
    REQUIRE(testament->words() > 0);
    REQUIRE(is_whole(*testament));
  }
  ::munmap(rounds, sizeof *rounds);
}

}  // namespace keelvip::guard
