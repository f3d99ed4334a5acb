// TemporaryDirectory: a directory of its own for a test, gone with it. Test code only, of specfile
// and of the commands that read specs: a call that fails fails the test. The thread of the
// test.
#pragma once

#include <string>
#include <string_view>

namespace keelvip::specfile {

class TemporaryDirectory {
 public:
  TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory();

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string path(std::string_view name) const;

  /// In place, as `cat >` does it.
  void write(std::string_view name, std::string_view content) const;
  /// Under another name first, as editors do it.
  void replace(std::string_view name, std::string_view content) const;
  void make_directory(std::string_view name) const;
  void link(std::string_view name, std::string_view target) const;
  void rename(std::string_view from, std::string_view to) const;
  void remove(std::string_view name) const;

 private:
  std::string path_;
};

/// A VirtualIP document that a name, a virtual router ID and the last byte of an address tell from
/// others.
[[nodiscard]] std::string vip_document(std::string_view name, int vrid, int host);

}  // namespace keelvip::specfile
