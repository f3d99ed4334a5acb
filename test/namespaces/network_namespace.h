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

/// Makes a cable: a veth pair with one end in each namespace, both up, without addresses but IPv6
/// link-local ones that skip duplicate detection.
void connect(const NetworkNamespace& left, std::string_view left_name,
             const NetworkNamespace& right, std::string_view right_name);

}  // namespace keelvip::test
