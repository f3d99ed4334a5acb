// Opens the listening socket of the endpoints. The agent calls it once at start, on the main thread
// and before it gives its privileges up, so that a port below 1024 can be had and a port in use
// ends the program before it touches the network.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "pkg/base/result.h"
#include "pkg/runtime/unique_fd.h"

namespace keelvip::httpapi {

/// The file of a listening unix socket, which goes with it; empty: there is none.
class SocketFile {
 public:
  SocketFile() = default;
  explicit SocketFile(std::string path) : path_(std::move(path)) {}
  SocketFile(SocketFile&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  SocketFile& operator=(SocketFile&& other) noexcept {
    std::swap(path_, other.path_);
    return *this;
  }
  SocketFile(const SocketFile&) = delete;
  SocketFile& operator=(const SocketFile&) = delete;
  ~SocketFile();

 private:
  std::string path_;
};

struct Listener {
  runtime::UniqueFd fd;  // non-blocking, listening
  std::string address;   // where it really listens: "127.0.0.1:9477", "[::1]:9477", "unix:/path"
  SocketFile file;
};

/// `where` is "ADDR:PORT" with an IPv4 address, an IPv6 address in brackets or nothing (":9477":
/// every address), port 0 for any free one; or "unix:/path". Errors: kReport, with words such as
/// "address already in use"; never two processes on one port.
[[nodiscard]] base::Result<Listener> open_listener(std::string_view where);

/// Whether `where` is written as open_listener wants it; whether it can be had is another question.
[[nodiscard]] base::Result<void> check_listen_address(std::string_view where);

}  // namespace keelvip::httpapi
