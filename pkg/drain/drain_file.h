// DrainFile: the file whose presence takes this node out of service, `drained` in the state
// directory. Its first line says why, for people; its time stamp says since when. The agent's drain
// thread and the commands `drain` and `undrain` read and write it; whoever has the right to write
// the directory decides, with any tool.
#pragma once

#include <string>
#include <string_view>

#include "pkg/base/result.h"
#include "pkg/base/time.h"

namespace keelvip::drain {

inline constexpr const char* kDefaultDirectory = "/var/lib/keelvip";

/// What the file says.
struct Order {
  bool drained = false;
  std::string reason;    // one line; empty: none given
  base::WallTime since;  // while drained

  friend bool operator==(const Order&, const Order&) = default;
};

class DrainFile {
 public:
  /// A longer reason is cut.
  static constexpr std::size_t kMaxReasonBytes = 256;

  explicit DrainFile(std::string directory);

  [[nodiscard]] const std::string& directory() const { return directory_; }
  [[nodiscard]] const std::string& path() const { return path_; }

  /// Anything by that name drains the node, whatever it holds. Errors: kRetry if it cannot be known
  /// whether it is there.
  [[nodiscard]] base::Result<Order> read() const;

  /// Drains the node, so that it survives a crash of the machine. Already drained: only a reason
  /// that differs is written, and the time stays. Errors: kReport, in words that say what to do.
  [[nodiscard]] base::Result<void> write(std::string_view reason) const;

  /// Ends that; no error if there is nothing to end.
  [[nodiscard]] base::Result<void> remove() const;

  /// Makes the directory if it is missing and its parent is not. Errors: kReport.
  [[nodiscard]] base::Result<void> make_directory() const;

  /// Errors: kReport if this process could not write the file.
  [[nodiscard]] base::Result<void> check_writable() const;

 private:
  std::string directory_;
  std::string path_;
};

}  // namespace keelvip::drain
