// Compares a text with the one kept in testdata. Used by the tests of status and of the commands,
// on their main thread; no part of the program. KEELVIP_TESTDATA is defined for the test that
// includes it.
#pragma once

#include <fstream>
#include <sstream>
#include <string>

namespace keelvip::status {

/// Empty if `text` equals testdata/`name`. Otherwise it writes `text` to the working directory and
/// returns what to do.
inline std::string differs_from_golden(const std::string& name, const std::string& text) {
  const std::string path = std::string(KEELVIP_TESTDATA) + "/" + name;
  std::ifstream file(path, std::ios::binary);
  std::ostringstream golden;
  golden << file.rdbuf();
  if (golden.str() == text) {
    return {};
  }
  std::ofstream(name + ".actual", std::ios::binary) << text;
  return "compare " + path + " with " + name + ".actual in the build directory of the test";
}

}  // namespace keelvip::status
