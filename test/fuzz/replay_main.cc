// Runs a fuzz target over kept inputs without libFuzzer, so that every compiler and sanitizer sees
// them: TARGET_replay FILE-OR-DIRECTORY...
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include <unistd.h>

#include "libfuzzer.h"

// Only libFuzzer mutates.
std::size_t LLVMFuzzerMutate(std::uint8_t* /*data*/, std::size_t size, std::size_t /*max_size*/) {
  return size;
}

namespace {

std::string current;

extern "C" void name_input(int /*signal*/) {
  // Async-signal-safe; the program ends with the signal afterwards.
  const ssize_t written = ::write(STDERR_FILENO, current.data(), current.size());
  static_cast<void>(written);
}

std::vector<std::filesystem::path> inputs_at(const std::filesystem::path& path) {
  if (!std::filesystem::is_directory(path)) {
    return {path};
  }
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(path)) {
    if (entry.is_regular_file()) {
      files.push_back(entry.path());
    }
  }
  return files;
}

void replay(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    std::cerr << "cannot read " << path << '\n';
    std::exit(2);
  }
  current = "the input was " + path.string() + '\n';
  // Exactly as long as the input, so that AddressSanitizer sees a read behind it.
  const std::vector<std::uint8_t> bytes{std::istreambuf_iterator<char>(file), {}};
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGABRT, name_input);
  std::size_t count = 0;
  for (int i = 1; i < argc; ++i) {
    for (const std::filesystem::path& path : inputs_at(argv[i])) {
      replay(path);
      ++count;
    }
  }
  LLVMFuzzerTestOneInput(nullptr, 0);
  std::cout << count << " inputs\n";
  return count == 0 ? 1 : 0;
}
