#include "cmd/keelvip/command_line.h"

#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "cmd/keelvip/exit_code.h"

namespace keelvip::cmd {
namespace {

struct Answer {
  int code = 0;
  std::string out;
  std::string err;
};

Answer keelvip(std::vector<const char*> words) {
  words.insert(words.begin(), "keelvip");
  std::ostringstream out;
  std::ostringstream err;
  const int code = run_command_line(static_cast<int>(words.size()), words.data(), out, err);
  return {code, out.str(), err.str()};
}

TEST_CASE("help and version are answers, a wrong word is a complaint") {
  CHECK(keelvip({"--help"}).code == kOk);
  CHECK(keelvip({"--help"}).out.find("simulate") != std::string::npos);
  CHECK(keelvip({"version"}).out.starts_with("keelvip "));
  const Answer wrong = keelvip({"gte"});
  CHECK(wrong.code == kUsage);
  CHECK(wrong.out.empty());
  CHECK(wrong.err.find("did you mean \"get\"?") != std::string::npos);
}

}  // namespace
}  // namespace keelvip::cmd
