// The http thread's loop: drives the endpoints' server. Nothing on the failover path waits for it.
#pragma once

#include <memory>

#include "pkg/agent/channels.h"
#include "pkg/httpapi/server.h"
#include "pkg/runtime/stop_signal.h"

namespace keelvip::agent {

/// The newest Snapshot as the endpoints see it; used by the http thread alone.
class SnapshotReader {
 public:
  explicit SnapshotReader(Channels& channels) : channels_(channels) {}

  /// Null until the first one has been published.
  [[nodiscard]] std::shared_ptr<const status::Snapshot> newest();

 private:
  Channels& channels_;
  std::shared_ptr<const status::Snapshot> newest_;
};

void run_http_loop(httpapi::Server& server, runtime::StopSignal& stop);

}  // namespace keelvip::agent
