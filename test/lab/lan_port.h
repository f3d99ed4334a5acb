// A network interface as lan_probe uses it: packet sockets that hear what arrives, with the
// kernel's time stamps, and a batched way to send frames. One thread.
#pragma once

#include <array>
#include <functional>
#include <string>
#include <vector>

#include "lan_frames.h"
#include "lan_record.h"

namespace keelvip::lab {

/// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor();
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

/// Ends the program with `what` and the reason in errno.
[[noreturn]] void die(const std::string& what);

/// The time of day, the clock of the kernel's time stamps.
[[nodiscard]] Time time_of_day();

class Port {
 public:
  /// Opens the interface; dies when it does not exist or packet sockets are forbidden.
  explicit Port(const std::string& name);

  [[nodiscard]] unsigned index() const { return index_; }
  [[nodiscard]] const Origin& origin() const { return origin_; }
  /// Whether `address` is in one of the interface's networks.
  [[nodiscard]] bool reaches(const Address& address) const;
  [[nodiscard]] const std::vector<Descriptor>& sockets() const { return sockets_; }
  /// Reads what has arrived at one of the sockets.
  void read(int socket, const std::function<void(ByteView, Time)>& seen) const;
  void send(const std::vector<Bytes>& frames) const;
  /// Frames that arrived and were dropped for want of buffer.
  [[nodiscard]] unsigned dropped() const;

 private:
  void read_addresses(const std::string& name);

  struct Network {
    Address address;
    Address mask;
  };
  unsigned index_;
  Origin origin_;
  std::vector<Network> networks_;
  std::vector<Descriptor> sockets_;
};

/// A raw ICMP socket of the kernel's own stack: sends echoes as any program would.
class EchoSocket {
 public:
  explicit EchoSocket(bool v6);
  void send(const std::vector<std::pair<Address, Bytes>>& echoes) const;

 private:
  bool v6_;
  Descriptor socket_;
};

}  // namespace keelvip::lab
