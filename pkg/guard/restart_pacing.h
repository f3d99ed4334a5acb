// RestartPacing: how long to wait before a dead worker is replaced: at once the first time, ever
// longer when workers keep dying young. The guard asks at each death. Pure.
#pragma once

#include "pkg/base/time.h"

namespace keelvip::guard {

class RestartPacing {
 public:
  static constexpr base::Duration kFirst = std::chrono::milliseconds(10);
  static constexpr base::Duration kLongest = std::chrono::seconds(10);
  /// A worker that lived for so long was healthy: what ends it has nothing to do with its start.
  static constexpr base::Duration kHealthy = std::chrono::seconds(60);

  [[nodiscard]] base::Duration after(base::Duration lived);

 private:
  base::Duration pause_{};
};

}  // namespace keelvip::guard
