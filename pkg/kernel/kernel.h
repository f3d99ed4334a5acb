// Kernel: the node's links and addresses: watched, read and, for addresses, written. It is the only
// writer of kernel state. Passive: the thread that owns it (the agent's kernel thread, because the
// rtnl lock can stall any call) waits for fd(), calls read_notifications(), and resync() every
// kResyncInterval as a safety net. No threads inside, no clock.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pkg/base/result.h"
#include "pkg/base/time.h"
#include "pkg/kernel/acknowledgement.h"
#include "pkg/kernel/facts_table.h"
#include "pkg/kernel/netlink_socket.h"
#include "pkg/kernel/owner_mark.h"
#include "pkg/kernel/request_channel.h"
#include "pkg/net/address_step.h"
#include "pkg/net/host_facts.h"

namespace keelvip::kernel {

/// How often the owner of a Kernel should call resync() although nothing calls for it.
inline constexpr base::Duration kResyncInterval = std::chrono::seconds(60);

struct KernelSettings {
  /// Bytes for notifications that wait to be read; more are lost and lead to a full reading.
  int notification_buffer = 8 * 1024 * 1024;
};

class Kernel {
 public:
  /// What apply() tells while it works. Both may call facts(), removals() and take_changed(),
  /// nothing else of this object.
  struct Progress {
    /// Called before the first address is added, when removals() counts all that will be.
    std::function<void()> adds = [] {};
    /// Called with the steps that were answered since the last call; the span is valid during the
    /// call. facts() already holds what they did.
    std::function<void(std::span<const net::StepDone>)> answered;
  };

  /// Subscribes in the network namespace of the calling thread, then reads everything. Needs no
  /// privileges until apply(). Errors: kReport, or those of resync().
  static base::Result<Kernel> open(const KernelSettings& settings = {});

  /// Readable when read_notifications() has something to do.
  [[nodiscard]] int fd() const { return monitor_.fd(); }

  /// Takes in all that the kernel has told since the last call; after an overrun it reads
  /// everything again. Errors: kResync if that could not be completed: call resync() soon.
  base::Result<void> read_notifications();

  /// Reads everything again. Errors: kResync if other programs kept changing links or addresses
  /// under every attempt; the facts are those of the last attempt then.
  base::Result<void> resync();

  /// Valid until the next call of a member that is not const.
  [[nodiscard]] const net::HostFacts& facts();

  /// Whether facts() may differ from when this was last called.
  [[nodiscard]] bool take_changed();

  /// The steps that would leave nothing of ours on this host, in an order and selection that takes
  /// nobody else's address along. What apply() has yet to add counts as ours, because the kernel
  /// has it before we know.
  [[nodiscard]] std::vector<net::AddressStep> removals();

  /// How addresses are marked as ours; kLabel is worth one warning (see OwnerMark).
  [[nodiscard]] OwnerMark owner_mark() const { return mark_; }

  /// Carries out the steps in order (but see order_steps()), many in one call to the kernel, and
  /// reports the outcome of each, in chunks, so that the first can be announced while the others
  /// are under way. Adding fails with kReport if somebody else has configured the address on that
  /// interface; only what is marked as ours is removed.
  void apply(std::span<const net::AddressStep> steps, const Progress& progress);

 private:
  Kernel(NetlinkSocket monitor, RequestChannel requests);

  base::Result<bool> read_everything(FactsTable& reading);
  void mark_changed();

  void protect_secondaries(std::span<const net::AddressStep> steps);
  [[nodiscard]] bool will_be_ours(const net::AddressStep& step) const;
  std::vector<net::StepDone> apply_chunk(std::span<const net::AddressStep> steps);
  base::Result<void> settle(const net::AddressStep& step,
                            const std::optional<Acknowledgement>& answer);
  base::Result<void> settle_existing(const net::AddressStep& step);
  [[nodiscard]] std::string name_of(net::InterfaceIndex index) const;

  NetlinkSocket monitor_;
  RequestChannel requests_;
  FactsTable table_;
  OwnerMark mark_ = OwnerMark::kProtocol;
  std::span<const net::AddressStep> under_way_;  // during apply(): what has no outcome yet
  bool incomplete_ = true;  // the table may lack something: a full reading is due
  bool changed_ = false;
  bool facts_stale_ = true;
  net::HostFacts facts_;
  std::uint64_t resyncs_ = 0;
  std::uint64_t overruns_ = 0;
};

}  // namespace keelvip::kernel
