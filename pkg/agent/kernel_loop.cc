#include "pkg/agent/kernel_loop.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "pkg/base/check.h"
#include "pkg/runtime/clock.h"
#include "pkg/runtime/event_loop.h"
#include "pkg/runtime/log.h"

namespace keelvip::agent {
namespace {

/// How soon to read everything again when the last attempt was disturbed.
constexpr base::Duration kDisturbedPause = std::chrono::milliseconds(20);

class KernelLoop {
 public:
  KernelLoop(kernel::Kernel& kernel, Channels& channels, guard::Testament& testament)
      : kernel_(kernel), channels_(channels), testament_(testament) {
    watch(kernel_.fd(), [this] { read_notifications(); });
    watch(channels_.steps.fd(), [this] { apply_waiting_steps(); });
  }

  void run(runtime::Heartbeat& heartbeat, runtime::StopSignal& stop) {
    watch(stop.fd(), [] {});
    publish_facts();
    next_resync_ = runtime::monotonic_now() + kernel::kResyncInterval;
    while (!stop.requested()) {
      const base::Instant now = runtime::monotonic_now();
      heartbeat.beat(now);
      if (now >= next_resync_) {
        next_resync_ = now + kernel::kResyncInterval;
        resync_soon_unless(kernel_.resync());
      }
      if (kernel_.take_changed()) {
        publish_facts();
      }
      warn_of_left_out();
      loop_.wait(std::min(now + kIdleTurn, next_resync_));
    }
  }

 private:
  void watch(int fd, runtime::EventLoop::Handler handler) {
    KEELVIP_CHECK(loop_.watch(fd, runtime::Interest::kRead, std::move(handler)).has_value());
  }

  void warn_of_left_out() {
    const guard::LeftOut left_out = testament_.left_out();
    if (left_out != std::exchange(left_out_, left_out) && left_out != guard::LeftOut{}) {
      runtime::log_event(runtime::LogLevel::kWarn, "The guard has no room for all",
                         {{"routers", std::to_string(left_out.routers)},
                          {"addresses", std::to_string(left_out.addresses)}});
    }
  }

  void read_notifications() { resync_soon_unless(kernel_.read_notifications()); }

  void resync_soon_unless(const base::Result<void>& complete) {
    if (!complete) {
      runtime::log_event(runtime::LogLevel::kWarn, "Reading of links and addresses was disturbed",
                         {{"err", complete.error().message}});
      next_resync_ = runtime::monotonic_now() + kDisturbedPause;
    }
  }

  void on_answered(std::span<const net::StepDone> done) {
    publish_facts();
    channels_.steps_done.put(std::vector(done.begin(), done.end()));
  }

  /// An outcome must never reach the controller ahead of the facts that contain what it did, or the
  /// controller would order the same step again.
  void apply_waiting_steps() {
    auto letters = channels_.steps.take();
    for (const std::vector<net::AddressStep>& steps : letters.items) {
      kernel_.apply(steps, progress_);
    }
    read_notifications();
  }

  void publish_facts() {
    write_removals();
    channels_.host_facts.put(std::make_shared<const net::HostFacts>(kernel_.facts()));
  }

  void write_removals() { testament_.write_removals(kernel_.removals()); }

  kernel::Kernel& kernel_;
  Channels& channels_;
  guard::Testament& testament_;
  runtime::EventLoop loop_;
  base::Instant next_resync_ = base::kNever;
  guard::LeftOut left_out_;
  const kernel::Kernel::Progress progress_{
      .adds = [this] { write_removals(); },
      .answered = [this](std::span<const net::StepDone> done) { on_answered(done); }};
};

}  // namespace

void run_kernel_loop(kernel::Kernel& kernel, Channels& channels, guard::Testament& testament,
                     runtime::Heartbeat& heartbeat, runtime::StopSignal& stop) {
  const guard::Lifeline::Hold life(testament.kernel_line());
  KernelLoop(kernel, channels, testament).run(heartbeat, stop);
}

}  // namespace keelvip::agent
