#include "pkg/specfile/temporary_directory.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace keelvip::specfile {

TemporaryDirectory::TemporaryDirectory() {
  std::string pattern = (std::filesystem::temp_directory_path() / "keelvip-XXXXXX").string();
  REQUIRE(::mkdtemp(pattern.data()) != nullptr);
  path_ = pattern;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TemporaryDirectory::path(std::string_view name) const {
  return fmt::format("{}/{}", path_, name);
}

void TemporaryDirectory::write(std::string_view name, std::string_view content) const {
  std::ofstream stream(path(name), std::ios::binary | std::ios::trunc);
  stream << content;
  stream.close();
  REQUIRE(stream.good());
}

void TemporaryDirectory::replace(std::string_view name, std::string_view content) const {
  write(".new", content);
  rename(".new", name);
}

void TemporaryDirectory::make_directory(std::string_view name) const {
  REQUIRE(std::filesystem::create_directory(path(name)));
}

void TemporaryDirectory::link(std::string_view name, std::string_view target) const {
  std::filesystem::create_symlink(target, path(name));
}

void TemporaryDirectory::rename(std::string_view from, std::string_view to) const {
  std::filesystem::rename(path(from), path(to));
}

void TemporaryDirectory::remove(std::string_view name) const {
  REQUIRE(std::filesystem::remove_all(path(name)) > 0);
}

std::string vip_document(std::string_view name, int vrid, int host) {
  return fmt::format(
      "apiVersion: keelvip.io/v1alpha1\n"
      "kind: VirtualIP\n"
      "metadata:\n"
      "  name: {}\n"
      "spec:\n"
      "  addresses: [192.0.2.{}/24]\n"
      "  interface: eth0\n"
      "  virtualRouterID: {}\n",
      name, host, vrid);
}

}  // namespace keelvip::specfile
