// sim_run: runs simulated clusters by the seed and says which of them went wrong, and how.
//
//   sim_run --seeds FROM..TO [--jobs N] [--stop-after FAILURES]
//   sim_run --seeds FROM..TO --expect CHECKER
//   sim_run --seeds-of FILE        (a seed begins each line that does not begin with #)
//   sim_run --seed N [--trace]
//
// Exit status: 0 all went well, 1 some did not, 2 wrong usage. With --expect it is 0 if that
// checker found something, and 1 if it found nothing in any of the seeds.
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "run.h"

namespace {

using namespace keelvip;

struct Options {
  std::uint64_t from = 1;
  std::uint64_t to = 1;
  std::uint64_t jobs = 1;
  std::uint64_t stop_after = 5;
  std::string_view expect;
  std::string_view file;
  bool trace = false;
};

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(value)
                                                                  : std::nullopt;
}

/// What one process found in its share of the seeds.
struct Tally {
  std::uint64_t schedules = 0;
  std::uint64_t failures = 0;
  std::uint64_t steps = 0;
  std::uint64_t role_changes = 0;
};

void print_failure(std::uint64_t seed, const sim::Violation& violation) {
  const auto at = violation.at.time_since_epoch();
  fmt::print("seed {}: {} at {:.6f} s: {} (make sim SEED={})\n", seed, violation.checker,
             std::chrono::duration<double>(at).count(), violation.text, seed);
  std::fflush(stdout);
}

Tally run_share(const Options& options, std::uint64_t job) {
  Tally tally;
  for (std::uint64_t seed = options.from + job; seed <= options.to; seed += options.jobs) {
    const sim::Outcome outcome = sim::run(seed);
    ++tally.schedules;
    tally.steps += outcome.steps;
    tally.role_changes += outcome.role_changes;
    if (outcome.violation) {
      print_failure(seed, *outcome.violation);
      if (++tally.failures >= options.stop_after) {
        break;
      }
    }
  }
  return tally;
}

/// One process for each job: nothing is shared, so results do not depend on how many there are.
Tally run_all(const Options& options) {
  std::vector<std::pair<pid_t, int>> jobs;
  for (std::uint64_t job = 0; job < options.jobs; ++job) {
    int ends[2] = {-1, -1};
    if (::pipe(ends) != 0) {
      break;
    }
    const pid_t child = ::fork();
    if (child == 0) {
      const Tally tally = run_share(options, job);
      const bool told = ::write(ends[1], &tally, sizeof tally) == sizeof tally;
      ::_exit(told ? 0 : 2);
    }
    ::close(ends[1]);
    jobs.emplace_back(child, ends[0]);
  }
  Tally all;
  for (const auto& [child, end] : jobs) {
    Tally tally;
    int status = 0;
    const bool told = ::read(end, &tally, sizeof tally) == sizeof tally;
    ::close(end);
    ::waitpid(child, &status, 0);
    if (!told || status != 0) {
      fmt::print("a job died with status {}\n", status);
      ++tally.failures;
    }
    all.schedules += tally.schedules;
    all.failures += tally.failures;
    all.steps += tally.steps;
    all.role_changes += tally.role_changes;
  }
  return all;
}

/// For mutants: that they are caught, and by whom.
int expect(const Options& options) {
  for (std::uint64_t seed = options.from; seed <= options.to; ++seed) {
    const sim::Outcome outcome = sim::run(seed);
    if (outcome.violation && outcome.violation->checker == options.expect) {
      print_failure(seed, *outcome.violation);
      return 0;
    }
  }
  fmt::print("{} found nothing in the seeds {}..{}\n", options.expect, options.from, options.to);
  return 1;
}

int replay(std::uint64_t seed, bool trace) {
  const sim::TraceSink sink = [](const std::string& line) { fmt::print("{}\n", line); };
  const sim::Outcome outcome = sim::run(seed, trace ? sink : sim::TraceSink{});
  if (outcome.violation) {
    print_failure(seed, *outcome.violation);
    return 1;
  }
  fmt::print("seed {}: all is well after {} steps and {} role changes\n", seed, outcome.steps,
             outcome.role_changes);
  return 0;
}

int replay_listed(const std::string& path) {
  std::ifstream file(path);
  int failures = 0;
  int seeds = 0;
  for (std::string line; std::getline(file, line);) {
    const auto seed = number(std::string_view(line).substr(0, line.find(' ')));
    if (!line.empty() && line[0] != '#' && seed) {
      failures += replay(*seed, false);
      ++seeds;
    }
  }
  return seeds > 0 && failures == 0 ? 0 : 1;
}

std::optional<Options> parse(const std::vector<std::string_view>& arguments) {
  Options options;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view name = arguments[i];
    if (name == "--trace") {
      options.trace = true;
      continue;
    }
    if (++i == arguments.size()) {
      return std::nullopt;
    }
    const std::string_view text = arguments[i];
    if (name == "--expect" || name == "--seeds-of") {
      (name == "--expect" ? options.expect : options.file) = text;
      continue;
    }
    const std::size_t dots = text.find("..");
    const auto value = number(text.substr(0, dots));
    const auto last = dots == std::string_view::npos ? value : number(text.substr(dots + 2));
    if (!value || !last) {
      return std::nullopt;
    }
    if (name == "--seed" || name == "--seeds") {
      options.from = *value;
      options.to = *last;
    } else if (name == "--jobs" && *value > 0) {
      options.jobs = *value;
    } else if (name == "--stop-after" && *value > 0) {
      options.stop_after = *value;
    } else {
      return std::nullopt;
    }
  }
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  const auto options = parse({argv + 1, argv + argc});
  if (!options) {
    std::fputs(
        "usage: sim_run --seeds FROM..TO [--jobs N] [--stop-after N | --expect CHECKER] |\n"
        "       sim_run --seeds-of FILE | --seed N [--trace]\n",
        stderr);
    return 2;
  }
  if (!options->file.empty()) {
    return replay_listed(std::string(options->file));
  }
  if (!options->expect.empty()) {
    return expect(*options);
  }
  if (options->from == options->to) {
    return replay(options->from, options->trace);
  }
  const auto began = std::chrono::steady_clock::now();
  const Tally tally = run_all(*options);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  fmt::print(
      "{} schedules, {} simulated hours, {} role changes, {} failures: {:.1f} s, {:.0f} a second\n",
      tally.schedules, tally.schedules / 60, tally.role_changes, tally.failures, took.count(),
      static_cast<double>(tally.schedules) / took.count());
  return tally.failures == 0 ? 0 : 1;
}
