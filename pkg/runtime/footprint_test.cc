#include "pkg/runtime/footprint.h"

#include <cstdlib>
#include <fstream>
#include <string>

#include <doctest/doctest.h>

namespace keelvip::runtime {
namespace {

long resident_file_kilobytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("RssFile:")) {
      return std::strtol(line.c_str() + sizeof "RssFile:", nullptr, 10);
    }
  }
  return 0;
}

}  // namespace

TEST_CASE("pages that only start-up needed are given back, and the program goes on") {
  const long before = resident_file_kilobytes();
  release_startup_pages();
  CHECK(resident_file_kilobytes() < before);
  CHECK(std::stod("2.5") == 2.5);
}

}  // namespace keelvip::runtime
