// Node: a network namespace with one cable and a Kernel that watches it, for the netns tests.
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>
#include <poll.h>

#include <fmt/format.h>

#include "pkg/kernel/kernel.h"
#include "test/namespaces/network_namespace.h"

namespace keelvip::kernel {

inline constexpr auto kPatience = std::chrono::seconds(60);

// A node with one cable, "eth0"; the other end is "peer0" in the same namespace.
class Node {
 public:
  explicit Node(const KernelSettings& settings = {}) {
    network.ip("link add eth0 type veth peer name peer0");
    // Without link-local addresses: they come and settle in their own time, which would make two
    // readings of the same node differ.
    network.ip("link set eth0 addrgenmode none");
    network.ip("link set peer0 addrgenmode none");
    network.ip("link set peer0 up");
    network.ip("link set eth0 up");
    kernel.emplace(open(settings));
  }

  [[nodiscard]] Kernel open(const KernelSettings& settings = {}) const {
    std::optional<Kernel> result;
    network.inside([&] { result.emplace(Kernel::open(settings).value()); });
    return std::move(*result);
  }

  // Reads notifications until the facts satisfy `condition`.
  bool await(const std::function<bool(const net::HostFacts&)>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (true) {
      REQUIRE(kernel->read_notifications());
      if (condition(kernel->facts())) {
        return true;
      }
      const auto left = deadline - std::chrono::steady_clock::now();
      const auto wait = std::chrono::ceil<std::chrono::milliseconds>(left).count();
      pollfd readable{kernel->fd(), POLLIN, 0};
      if (wait <= 0 || ::poll(&readable, 1, static_cast<int>(wait)) == 0) {
        return false;
      }
    }
  }

  bool await_address(std::string_view prefix, bool present = true) {
    return await([&](const net::HostFacts&) { return (find(prefix) != nullptr) == present; });
  }

  bool await_operational(bool wanted) {
    return await([&](const net::HostFacts&) { return link().operational() == wanted; });
  }

  [[nodiscard]] const net::Link& link() {
    const net::Link* link = kernel->facts().find_link("eth0");
    REQUIRE(link != nullptr);
    return *link;
  }

  [[nodiscard]] const net::Address* find(std::string_view prefix) {
    const auto& addresses = kernel->facts().addresses;
    const auto found =
        std::ranges::find(addresses, net::Prefix::parse(prefix).value(), &net::Address::prefix);
    return found == addresses.end() ? nullptr : &*found;
  }

  [[nodiscard]] net::InterfaceIndex index(std::string_view name = "eth0") {
    const net::Link* link = kernel->facts().find_link(name);
    REQUIRE(link != nullptr);
    return link->index;
  }

  net::AddressStep step(net::StepKind kind, std::string_view prefix) {
    return {kind, index(), net::Prefix::parse(prefix).value(), false};
  }

  std::vector<net::StepDone> apply(const std::vector<net::AddressStep>& steps) {
    std::vector<net::StepDone> all;
    kernel->apply(steps, {.answered = [&all](std::span<const net::StepDone> done) {
                    all.insert(all.end(), done.begin(), done.end());
                  }});
    CHECK(all.size() == steps.size());
    return all;
  }

  base::Result<void> add(std::string_view prefix) {
    return apply({step(net::StepKind::kAdd, prefix)}).at(0).outcome;
  }
  base::Result<void> remove(std::string_view prefix) {
    return apply({step(net::StepKind::kRemove, prefix)}).at(0).outcome;
  }

  test::NetworkNamespace network;
  std::optional<Kernel> kernel;
};

/// `count` host addresses of 10.1.0.0/16 or 2001:db8::/32.
inline std::vector<net::AddressStep> many(Node& node, net::StepKind kind, net::Family family,
                                          std::size_t count) {
  std::vector<net::AddressStep> steps;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string text = family == net::Family::kIpv4
                                 ? fmt::format("10.1.{}.{}/32", i / 250, i % 250 + 1)
                                 : fmt::format("2001:db8::{:x}/128", i + 1);
    steps.push_back(node.step(kind, text));
  }
  return steps;
}

inline std::size_t failures(const std::vector<net::StepDone>& done) {
  return static_cast<std::size_t>(
      std::ranges::count_if(done, [](const net::StepDone& step) { return !step.outcome; }));
}

}  // namespace keelvip::kernel
