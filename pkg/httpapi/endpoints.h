// Endpoints: from a path to a page. Everything comes from the newest Snapshot and is rendered once
// per Snapshot, so that many readers cost little more than one. Server asks it for every request.
// httpapi's thread.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pkg/base/time.h"
#include "pkg/httpapi/http_library.h"
#include "pkg/httpapi/http_statistics.h"
#include "pkg/httpapi/reply.h"
#include "pkg/status/exposition.h"
#include "pkg/status/snapshot.h"

namespace keelvip::httpapi {

/// One loop of the agent for /livez.
struct LoopAge {
  std::string name;      // "speaker", "controller", ...
  base::Duration age{};  // since its last turn
  base::Duration limit{};
};

/// Where the pages come from; called on httpapi's thread for every request.
struct Sources {
  std::function<std::shared_ptr<const status::Snapshot>()> snapshot;  // null: none yet
  std::function<std::vector<LoopAge>()> loops;
};

class Endpoints {
 public:
  /// `statistics` must outlive this object.
  Endpoints(Sources sources, const HttpStatistics& statistics);

  [[nodiscard]] Page serve(const Request& request);
  /// Gives back the memory of rendered pages.
  void forget_rendered();

 private:
  using Text = std::shared_ptr<const std::string>;

  /// Null if there is no Snapshot yet; forgets what was rendered from an older one.
  [[nodiscard]] const status::Snapshot* refresh();
  [[nodiscard]] Page serve_snapshot(const Request& request, const status::Snapshot& snapshot);
  [[nodiscard]] Page metrics(const status::Snapshot& snapshot, status::ExpositionFormat format);
  [[nodiscard]] Page livez(bool verbose) const;
  [[nodiscard]] Page readyz(bool verbose);

  Sources sources_;
  const HttpStatistics& statistics_;

  std::shared_ptr<const status::Snapshot> snapshot_;  // that the following were made from
  Text status_;
  Text virtual_ips_;
  std::array<Text, 2> metrics_;  // by ExpositionFormat
};

}  // namespace keelvip::httpapi
