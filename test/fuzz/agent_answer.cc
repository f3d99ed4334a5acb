// Input: what an agent, or whoever sits at its address, answers to `keelvip get` and `describe`.
// Nothing in it may reach the terminal as a control character.
#include <sstream>

#include "cmd/keelvip/answer_reader.h"
#include "cmd/keelvip/client.h"
#include "cmd/keelvip/describe.h"
#include "cmd/keelvip/get.h"
#include "input.h"
#include "libfuzzer.h"
#include "pkg/base/check.h"

namespace keelvip::fuzz {
namespace {

/// Anything but line breaks that a terminal may obey.
bool has_control(std::string_view text) {
  char before = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool second_set = before == '\xc2' && byte >= 0x80 && byte <= 0x9f;
    if ((byte < 0x20 && c != '\n') || byte == 0x7f || second_set) {
      return true;
    }
    before = c;
  }
  return false;
}

}  // namespace
}  // namespace keelvip::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace keelvip;
  const auto answer = cmd::parse_answer(fuzz::Input(data, size).take_text());
  if (!answer) {
    KEELVIP_CHECK(!answer.error().message.empty());
    return 0;
  }
  std::ostringstream out;
  const base::WallTime now{};
  cmd::print_vips(*answer, "", /*wide=*/false, now, out);
  cmd::print_vips(*answer, "web", /*wide=*/true, now, out);
  cmd::print_refused(*answer, "", out);
  out << cmd::drain_line(*answer, now) << '\n';
  cmd::print_description(*answer, now, out);
  for (const api::Node& vip : cmd::list_at(*answer, {"items"})) {
    cmd::print_description(vip, now, out);
  }
  KEELVIP_CHECK(!fuzz::has_control(out.str()));
  return 0;
}
