// transcript_test FILE...: plays each transcript against the real Speaker and compares what happens
// with what the file says. `--rewrite` writes down what happens instead: read the difference before
// you commit it.
//
// A transcript is a comment that says what is expected and why, then blocks of commands, a line
// "----", everything that happened, and an empty line.
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "commands.h"

namespace keelvip::conformance {
namespace {

constexpr std::string_view kRuler = "----";

/// One transcript, read line by line and written again with what really happened.
class Playback {
 public:
  explicit Playback(std::istream& file) : file_(file) {}

  [[nodiscard]] std::string play() {
    for (std::string line; std::getline(file_, line);) {
      take(line);
    }
    if (!commands_.empty()) {
      malformed("commands without a ruler at the end of the file");
    }
    return std::move(out_);
  }

 private:
  void take(const std::string& line) {
    if (line == kRuler) {
      play_block();
      skip_expectation();
    } else {
      out_ += line + "\n";
      if (!line.empty() && line.front() != '#') {
        commands_.push_back(line);
      }
    }
  }

  void play_block() {
    for (const std::string& command : commands_) {
      runner_.execute(command);
    }
    commands_.clear();
    const std::string log = runner_.lan().take_log();
    out_ += fmt::format("{}\n{}", kRuler, log.empty() ? "nothing\n" : log);
  }

  void skip_expectation() {
    for (std::string line; std::getline(file_, line);) {
      if (line.empty()) {
        out_ += "\n";
        return;
      }
    }
  }

  std::istream& file_;
  Commands runner_;
  std::vector<std::string> commands_;
  std::string out_;
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    lines.push_back(line);
  }
  return lines;
}

void print_difference(const std::string& name, const std::string& expected,
                      const std::string& happened) {
  const std::vector<std::string> a = lines_of(expected);
  const std::vector<std::string> b = lines_of(happened);
  std::size_t i = 0;
  while (i < a.size() && i < b.size() && a[i] == b[i]) {
    ++i;
  }
  fmt::print("{}:{}: expected: {}\n", name, i + 1, i < a.size() ? a[i] : "(end of file)");
  fmt::print("{}:{}: happened: {}\n", name, i + 1, i < b.size() ? b[i] : "(end of file)");
}

/// Returns whether the transcript holds.
bool check(const std::string& name, bool rewrite) {
  std::ifstream file(name);
  std::stringstream content;
  content << file.rdbuf();
  if (!file) {
    fmt::print("{}: cannot be read\n", name);
    return false;
  }
  const std::string happened = Playback(content).play();
  if (happened == content.str()) {
    return true;
  }
  if (rewrite) {
    std::ofstream(name) << happened;
    fmt::print("{}: rewritten\n", name);
    return true;
  }
  print_difference(name, content.str(), happened);
  return false;
}

}  // namespace
}  // namespace keelvip::conformance

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const bool rewrite = !arguments.empty() && arguments.front() == "--rewrite";
  std::size_t failed = 0;
  std::size_t played = 0;
  for (std::size_t i = rewrite ? 1 : 0; i < arguments.size(); ++i) {
    ++played;
    failed += keelvip::conformance::check(arguments[i], rewrite) ? 0U : 1U;
  }
  if (played == 0) {
    fmt::print("no transcript named\n");
    return 2;
  }
  fmt::print("{} transcripts, {} failed\n", played, failed);
  return failed == 0 ? 0 : 1;
}
