#include "cmd/keelvip/output.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <ostream>
#include <streambuf>

#include "cmd/keelvip/exit_code.h"
#include "pkg/base/error.h"

namespace keelvip::cmd {
namespace {

/// Unlike the buffer of std::cout it remembers why the first write failed.
class DescriptorBuffer : public std::streambuf {
 public:
  explicit DescriptorBuffer(int fd) : fd_(fd) { empty(); }

  /// errno of the first write that failed; 0: none.
  [[nodiscard]] int failure() const { return failure_; }

 protected:
  int_type overflow(int_type next) override {
    if (sync() != 0) {
      return traits_type::eof();
    }
    if (!traits_type::eq_int_type(next, traits_type::eof())) {
      sputc(traits_type::to_char_type(next));
    }
    return traits_type::not_eof(next);
  }

  int sync() override {
    for (const char* from = pbase(); from < pptr() && failure_ == 0;) {
      const ssize_t taken = ::write(fd_, from, static_cast<std::size_t>(pptr() - from));
      if (taken >= 0) {
        from += taken;
      } else if (errno != EINTR) {
        failure_ = errno;
      }
    }
    empty();
    return failure_ == 0 ? 0 : -1;
  }

 private:
  void empty() { setp(bytes_.data(), bytes_.data() + bytes_.size()); }

  int fd_;
  int failure_ = 0;
  std::array<char, 8192> bytes_{};
};

/// What was said before a complaint stands before it, also where both go to one terminal.
class Tie {
 public:
  Tie(std::ostream& err, std::ostream& out) : err_(err), before_(err.tie(&out)) {}
  Tie(const Tie&) = delete;
  Tie& operator=(const Tie&) = delete;
  ~Tie() { err_.tie(before_); }

 private:
  std::ostream& err_;
  std::ostream* before_;
};

}  // namespace

int deliver(int fd, std::ostream& err, const std::function<int(std::ostream& out)>& say) {
  DescriptorBuffer buffer(fd);
  std::ostream out(&buffer);
  const Tie tie(err, out);
  const int exit_code = say(out);
  out.flush();
  if (buffer.failure() == 0) {
    return exit_code;
  }
  err << "keelvip: cannot write to standard output: " << base::describe_errno(buffer.failure())
      << '\n';
  return kEnvironment;
}

}  // namespace keelvip::cmd
