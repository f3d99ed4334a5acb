// Times the controller's share of the failover path: what it takes to turn the Speaker's report
// that N routers became Active into steps, and the kernel's answers into announcements. Prints one
// line per event, the median of many runs. usage: controller_cost [VIPS [RUNS]]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "pkg/reconcile/controller.h"

namespace {

using namespace keelvip;
using Clock = std::chrono::steady_clock;

constexpr std::uint32_t kInterface = 2;

std::shared_ptr<const api::SpecSet> make_specs(int count) {
  auto specs = std::make_shared<api::SpecSet>();
  for (int i = 0; i < count; ++i) {
    api::VirtualIp vip;
    vip.metadata.name = fmt::format("vip-{:04}", i);
    // 255 virtual routers fit on one interface; the rest uses VLANs beside it.
    vip.spec.interface = fmt::format("eth0.{}", i / 255);
    vip.spec.virtual_router_id = static_cast<std::uint8_t>(1 + i % 255);
    vip.spec.addresses = {
        *net::Prefix::parse(fmt::format("10.0.{}.{}/32", 100 + i / 250, 1 + i % 250))};
    specs->accepted.push_back(std::move(vip));
  }
  specs->revision = 1;
  return specs;
}

net::HostFacts make_host(int count) {
  net::HostFacts facts;
  for (std::uint32_t i = 0; i <= static_cast<std::uint32_t>(count) / 255; ++i) {
    net::Link link;
    link.index = {kInterface + i};
    link.name = fmt::format("eth0.{}", i);
    link.mac = {{2, 0, 0, 0, 0, 1}};
    link.ethernet = link.up = link.running = true;
    facts.links.push_back(link);
    facts.addresses.push_back(
        {link.index, *net::Prefix::parse(fmt::format("10.0.{}.1/24", i)), false});
  }
  return facts;
}

void sort_addresses(net::HostFacts& facts) {
  std::ranges::sort(facts.addresses, {},
                    [](const net::Address& a) { return std::pair(a.interface, a.prefix); });
}

class Watch {
 public:
  template <typename Work>
  auto time(const std::string& what, Work&& work) {
    const auto from = Clock::now();
    auto result = work();
    times_[what].push_back(Clock::now() - from);
    return result;
  }

  void print() {
    for (auto& [what, times] : times_) {
      std::ranges::sort(times);
      const auto at = [&](std::size_t percent) {
        const auto nanoseconds = times[(times.size() - 1) * percent / 100];
        return std::chrono::duration<double, std::micro>(nanoseconds).count();
      };
      fmt::print("{:<52} median {:>8.0f} us   p90 {:>8.0f} us\n", what, at(50), at(90));
    }
  }

 private:
  std::map<std::string, std::vector<Clock::duration>> times_;
};

void set_role(vrrp::SpeakerReport& report, vrrp::Role role, base::Now now) {
  for (vrrp::RouterReport& router : report.routers) {
    router.role = role;
    router.reason = vrrp::TransitionReason::kNoResponse;
    router.since = now.instant;
  }
  report.made = now.instant;
}

void run(int count, Watch& watch) {
  using namespace reconcile;
  base::Now now{base::Instant{std::chrono::seconds{1000}}, base::WallTime{}};
  Controller controller({"lb-1", "bench", "0", ""}, now);
  net::HostFacts host = make_host(count);
  const auto before = std::make_shared<const net::HostFacts>(host);
  (void)controller.handle(HostRead{before}, now);
  const auto specs = make_specs(count);
  const Commands started =
      watch.time("1 specs read", [&] { return controller.handle(SpecsRead{specs}, now); });

  vrrp::SpeakerReport report;
  report.config_revision = started.speaker->revision;
  for (const vrrp::RouterConfig& router : started.speaker->routers) {
    report.routers.emplace_back().id = router.id;
  }
  set_role(report, vrrp::Role::kBackup, now);
  (void)controller.handle(SpeakerReported{&report}, now);

  now.instant += std::chrono::milliseconds(100);
  set_role(report, vrrp::Role::kActive, now);
  const Commands takeover = watch.time("2 all Active: report to steps", [&] {
    return controller.handle(SpeakerReported{&report}, now);
  });

  StepsDone done;
  for (const net::AddressStep& step : takeover.steps) {
    host.addresses.push_back({step.interface, step.prefix, true});
    done.answers.push_back({step, {}});
  }
  sort_addresses(host);
  const auto after = std::make_shared<const net::HostFacts>(host);
  (void)watch.time("3 all there: facts to announcements",
                   [&] { return controller.handle(HostRead{after}, now); });
  (void)watch.time("4 all answered", [&] { return controller.handle(done, now); });

  (void)watch.time("5 report without news",
                   [&] { return controller.handle(SpeakerReported{&report}, now); });
  now.instant += std::chrono::seconds(1);
  (void)watch.time("6 config renewed", [&] { return controller.handle(TimePassed{}, now); });

  net::HostFacts drifted = host;
  drifted.addresses.erase(drifted.addresses.end() - 1);
  const auto drift = std::make_shared<const net::HostFacts>(std::move(drifted));
  const Commands repair = watch.time("7 one address lost: facts to step",
                                     [&] { return controller.handle(HostRead{drift}, now); });
  if (repair.steps.size() != 1 || takeover.steps.size() != static_cast<std::size_t>(count)) {
    std::fputs("controller_cost: the controller did not do its work\n", stderr);
    std::exit(1);
  }
  (void)watch.time("8 snapshot", [&] { return controller.snapshot(now); });
}

}  // namespace

int main(int argc, char** argv) {
  const int count = argc > 1 ? std::atoi(argv[1]) : 1000;
  const int runs = argc > 2 ? std::atoi(argv[2]) : 50;
  Watch watch;
  for (int i = 0; i < runs; ++i) {
    run(count, watch);
  }
  fmt::print("{} VIPs, {} runs\n", count, runs);
  watch.print();
  return 0;
}
