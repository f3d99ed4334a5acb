// NetworkNamespace: an empty network of its own for a test, made in the test's process and gone
// with the object. Sockets belong to the namespace that their thread was in when it opened them,
// so one process can be several nodes. Needs root; without it the constructor throws, and the test
// fails.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace keelvip::test {

class NetworkNamespace {
 public:
  /// Creates it with `lo` up; the calling thread stays where it is.
  NetworkNamespace();
  ~NetworkNamespace();
  NetworkNamespace(const NetworkNamespace&) = delete;
  NetworkNamespace& operator=(const NetworkNamespace&) = delete;

  /// Calls `work` with the calling thread inside.
  void inside(const std::function<void()>& work) const;

  /// Runs `ip ARGUMENTS` inside; throws unless it succeeds.
  void ip(std::string_view arguments) const;
  /// Runs `ip -batch` with these lines inside; throws unless all succeed.
  void ip_batch(const std::string& lines) const;
  /// Runs a shell command inside; throws unless it succeeds.
  void shell(const std::string& command) const;
  /// What the command prints.
  [[nodiscard]] std::string output_of(const std::string& command) const;

  /// A name for `ip link ... netns`, valid as long as the object.
  [[nodiscard]] std::string path() const;

 private:
  int fd_ = -1;
};

/// Waits until `condition` holds; throws `what` after a minute. For what the kernel does in its own
/// time, such as noticing a carrier.
void wait_until(std::string_view what, const std::function<bool()>& condition);

/// Waits until the interface has a link-local address in use. Until then the kernel drops even the
/// multicast that a socket has joined.
void await_ipv6(const NetworkNamespace& network, std::string_view interface);

/// Makes a cable: a veth pair with one end in each namespace, both up and ready in IPv4 and IPv6,
/// with no address but the link-local one.
void connect(const NetworkNamespace& left, std::string_view left_name,
             const NetworkNamespace& right, std::string_view right_name);

}  // namespace keelvip::test
