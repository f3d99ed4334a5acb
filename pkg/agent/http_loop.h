// The http thread's loop: drives the endpoints' server. Nothing on the failover path waits for it.
#pragma once

#include <memory>

#include "pkg/agent/channels.h"
#include "pkg/httpapi/server.h"
#include "pkg/runtime/stop_signal.h"

namespace keelvip::agent {

/// Where the endpoints get their Snapshots; used by the http thread alone.
class SnapshotReader {
 public:
  explicit SnapshotReader(Channels& channels) : channels_(channels) {}

  /// What the controller says now, or said a moment ago; the last it said if it does not answer.
  /// Null if it has never answered.
  [[nodiscard]] std::shared_ptr<const status::Snapshot> newest();

 private:
  Channels& channels_;
  std::shared_ptr<const status::Snapshot> newest_;
  base::Instant asked_{};
};

void run_http_loop(httpapi::Server& server, runtime::StopSignal& stop);

}  // namespace keelvip::agent
