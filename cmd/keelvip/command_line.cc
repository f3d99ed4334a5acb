// The only file that includes CLI11.
#include "cmd/keelvip/command_line.h"

#include <sys/utsname.h>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "cmd/keelvip/client.h"
#include "cmd/keelvip/commands.h"
#include "cmd/keelvip/describe.h"
#include "cmd/keelvip/drain.h"
#include "cmd/keelvip/get.h"
#include "cmd/keelvip/simulate.h"
#include "cmd/keelvip/table.h"
#include "pkg/agent/agent.h"
#include "pkg/agent/instance_lock.h"
#include "pkg/api/nearest_name.h"
#include "pkg/httpapi/listener.h"
#include "version.h"

namespace keelvip::cmd {
namespace {

constexpr const char* kDefaultConfig = "/etc/keelvip";

constexpr const char* kNodeNameVariable = "NODE_NAME";

std::string host_name() {
  utsname host{};
  ::uname(&host);
  return host.nodename;
}

/// A name that no list can have would keep the node out of every VIP that names its nodes.
std::string check_node_name(const std::string& name) {
  return name.find_first_not_of(" \t\r\n") == std::string::npos
             ? "the name of a node cannot be blank; write one such as lb-1"
             : "";
}

/// For a command that asks the running agent for its name first, so that an option cannot read it.
std::string default_node_name() {
  const char* name = std::getenv(kNodeNameVariable);
  if (name == nullptr || *name == '\0') {
    return host_name();
  }
  if (const std::string wrong = check_node_name(name); !wrong.empty()) {
    throw CLI::ValidationError(kNodeNameVariable, wrong);
  }
  return name;
}

/// What the file of the order would hold only in part.
std::string check_reason(const std::string& reason) {
  if (reason.find('\n') != std::string::npos) {
    return "a reason is one line";
  }
  return reason.size() > drain::DrainFile::kMaxReasonBytes
             ? fmt::format("a reason has at most {} bytes, not {}",
                           drain::DrainFile::kMaxReasonBytes, reason.size())
             : "";
}

/// What the chosen command is to do, set by its callback.
using Chosen = std::function<int(std::ostream& out, std::ostream& err)>;

/// As CLI11 wants it: empty if all is well.
std::string complaint(const base::Result<void>& checked) {
  return checked ? std::string() : checked.error().message;
}

CLI::Option* add_endpoint(CLI::App& command, std::string& endpoint) {
  return command
      .add_option("--endpoint", endpoint,
                  "Where the agent serves its status: http://HOST:PORT, HOST:PORT or unix:/PATH")
      ->check([](const std::string& where) { return complaint(check_endpoint(where)); })
      ->envname("KEELVIP_ENDPOINT")
      ->capture_default_str();
}

/// One name for one directory: the agent and the commands, started elsewhere, compare them.
std::string absolute_directory(const std::string& written) {
  std::error_code unnamed;
  const auto path = std::filesystem::absolute(written, unnamed).lexically_normal();
  return unnamed ? written : (path.has_filename() ? path : path.parent_path()).string();
}

void add_state(CLI::App& command, std::string& directory) {
  command
      .add_option("--state", directory,
                  "Directory of what outlives the agent: the file that drains this node")
      ->transform(absolute_directory)
      ->capture_default_str();
}

/// An option whose value is one of some words, and what each word stands for.
template <typename Value>
void add_choice(CLI::App& command, const std::string& name, Value& value,
                const std::vector<std::pair<std::string, Value>>& words,
                const std::string& description) {
  std::vector<std::string> allowed;
  for (const auto& [word, meaning] : words) {
    allowed.push_back(word);
  }
  const auto choose = [&value, words](const std::string& word) {
    value = std::ranges::find(words, word, [](const auto& each) { return each.first; })->second;
  };
  command.add_option_function<std::string>(name, choose, description)
      ->option_text("WORD")
      ->check(CLI::IsMember(allowed));
}

void add_agent(CLI::App& app, Chosen& chosen) {
  CLI::App* command = app.add_subcommand("agent", "Keep the virtual addresses of this node alive");
  auto options = std::make_shared<agent::Options>();
  options->node_name = host_name();
  options->version = kVersion;
  options->commit = kCommit;
  command
      ->add_option("--config", options->config_directory,
                   "Directory of VirtualIP documents (*.yaml, *.yml, *.json)")
      ->capture_default_str();
  command
      ->add_option("--node-name", options->node_name,
                   "Name of this node in spec.nodes; default: the host name")
      ->envname(kNodeNameVariable)
      ->check(check_node_name)
      ->capture_default_str();
  command
      ->add_option("--listen", options->listen,
                   "ADDRESS:PORT of the endpoints: /status /metrics /livez /readyz")
      ->check(
          [](const std::string& where) { return complaint(httpapi::check_listen_address(where)); })
      ->capture_default_str();
  add_state(*command, options->state_directory);
  const std::vector<std::pair<std::string, runtime::LogFormat>> formats{
      {"text", runtime::LogFormat::kText}, {"json", runtime::LogFormat::kJson}};
  add_choice(*command, "--log-format", options->log_format, formats, "text (the default) or json");
  const std::vector<std::pair<std::string, runtime::LogLevel>> levels{
      {"debug", runtime::LogLevel::kDebug},
      {"info", runtime::LogLevel::kInfo},
      {"warn", runtime::LogLevel::kWarn},
      {"error", runtime::LogLevel::kError}};
  add_choice(*command, "--log-level", options->log_level, levels,
             "debug, info (the default), warn or error");
  command->callback([options, &chosen] {
    chosen = [options](auto&, auto& err) { return run_agent(*options, err); };
  });
}

void add_validate(CLI::App& app, Chosen& chosen) {
  CLI::App* command = app.add_subcommand(
      "validate", "Check VirtualIP documents; exit 1 if any is wrong, 3 if one cannot be read");
  auto files = std::make_shared<std::vector<std::string>>();
  command->add_option("FILE", *files, "Files or directories; - is standard input")->required();
  command->callback([files, &chosen] {
    chosen = [files](auto& out, auto& err) { return validate(*files, out, err); };
  });
}

void add_plan(CLI::App& app, Chosen& chosen) {
  CLI::App* command = app.add_subcommand(
      "plan", "Show what the agent would change on this node now; change nothing");
  auto options = std::make_shared<PlanOptions>();
  options->agent_runs = agent::InstanceLock::is_held;
  options->config_directory = kDefaultConfig;
  command->add_option("--config", options->config_directory, "Directory of VirtualIP documents")
      ->capture_default_str();
  command
      ->add_option("--node-name", options->node_name,
                   "Name of this node in spec.nodes; default: that of the running agent, then "
                   "$NODE_NAME, then the host name")
      ->check(check_node_name);
  add_state(*command, options->state_directory);
  add_endpoint(*command, options->endpoint);
  command->callback([options, &chosen] {
    options->default_node_name = default_node_name();
    chosen = [options](auto& out, auto& err) { return plan(*options, out, err); };
  });
}

void add_simulate(CLI::App& app, Chosen& chosen) {
  CLI::App* command = app.add_subcommand(
      "simulate", "Try every failure on these documents, in simulated time: who holds what then");
  auto options = std::make_shared<SimulateOptions>();
  options->config_directory = kDefaultConfig;
  command->add_option("--config", options->config_directory, "Directory of VirtualIP documents")
      ->capture_default_str();
  command->add_option("-o,--output", options->output, "table or json")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
  command->add_flag("--pairs", options->pairs, "Try pairs of failures at one moment, too");
  command
      ->add_option("--seed", options->seed,
                   "Moments and delays are by chance; another seed, others")
      ->check(CLI::Range(0U, std::numeric_limits<std::uint32_t>::max()))
      ->capture_default_str();
  command
      ->add_option("--tries", options->tries,
                   "Moments at which each failure strikes; the worst is told")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command->add_option("--limit", options->limit, "At most so many failures and pairs are tried")
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str();
  command->footer(
      "For each node: it loses power, is stopped, its agent and guard are killed, each of its "
      "interfaces goes down or is cut off, each of its health checks fails. Exit code 1: a VIP "
      "ends "
      "without a holder or with two (or a document is invalid). Pairs that take every node which "
      "may "
      "hold the VIP away are shown and do not count; a node whose check fails is not away.");
  command->callback([options, &chosen] {
    chosen = [options](auto& out, auto& err) { return simulate(*options, out, err); };
  });
}

void add_get(CLI::App& app, Chosen& chosen) {
  CLI::App* command = app.add_subcommand("get", "List the VIPs as an agent sees them");
  auto options = std::make_shared<GetOptions>();
  command->add_option("VIP", options->name, "Only this one");
  command->add_option("-o,--output", options->output, "table, wide, yaml or json")
      ->check(CLI::IsMember({"table", "wide", "yaml", "json"}))
      ->capture_default_str();
  add_endpoint(*command, options->endpoint);
  command->callback([options, &chosen] {
    chosen = [options](auto& out, auto& err) { return get(*options, out, err); };
  });
}

void add_describe(CLI::App& app, Chosen& chosen) {
  CLI::App* command =
      app.add_subcommand("describe", "Tell all about one VIP: conditions, roles, checks, peers");
  auto options = std::make_shared<DescribeOptions>();
  command->add_option("VIP", options->name, "Its name")->required();
  add_endpoint(*command, options->endpoint);
  command->callback([options, &chosen] {
    chosen = [options](auto& out, auto& err) { return describe(*options, out, err); };
  });
}

void add_drain(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<DrainOptions>();
  options->agent_runs = agent::InstanceLock::is_held;
  const auto add = [&](const char* name, const char* what, auto run) {
    CLI::App* command = app.add_subcommand(name, what);
    add_state(*command, options->state_directory);
    add_endpoint(*command, options->endpoint);
    const auto set_wait = [options](int seconds) { options->wait = std::chrono::seconds(seconds); };
    CLI::Option* wait = command
                            ->add_option_function<int>(
                                "--wait", set_wait, "How long to watch the agent obey; default: 30")
                            ->option_text("SECONDS")
                            ->check(CLI::Range(1, 86'400));
    command
        ->add_flag_callback(
            "--no-wait", [options] { options->wait = {}; }, "Do not watch the agent obey")
        ->excludes(wait);
    command->callback([options, run, &chosen] {
      chosen = [options, run](auto& out, auto& err) { return run(*options, out, err); };
    });
    return command;
  };
  add("drain", "Give this node's VIPs away and keep it out of service, also after restarts", drain)
      ->add_option("--reason", options->reason,
                   "Words for whoever asks why: one line of at most 256 bytes")
      ->check(check_reason);
  add("undrain", "Let this node stand for election again", undrain);
}

void add_version(CLI::App& app, Chosen& chosen) {
  CLI::App* command = app.add_subcommand("version", "Say what this program is");
  command->callback([&chosen] { chosen = [](auto& out, auto&) { return version(out); }; });
}

std::vector<std::string_view> commands_of(CLI::App& app) {
  std::vector<std::string_view> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.emplace_back(command->get_name());
  }
  return names;
}

/// CLI11 would only say that a command is missing, not which word is none.
int refuse_command(std::string_view word, std::span<const std::string_view> commands,
                   std::ostream& err) {
  err << "keelvip: there is no command \"" << printable(word) << '"';
  if (const std::string_view meant = api::nearest_name(word, commands); !meant.empty()) {
    err << ", did you mean \"" << meant << "\"?";
  }
  err << "\nRun with --help for more information.\n";
  return kUsage;
}

}  // namespace

int run_command_line(int argc, const char* const* argv, std::ostream& out, std::ostream& err) {
  CLI::App app(
      "Keelvip keeps virtual IP addresses alive: VRRP, health checks and netlink behind "
      "declarative VirtualIP documents.",
      "keelvip");
  app.require_subcommand(1);
  app.set_version_flag("--version", version_line());
  app.footer(
      "Exit codes: 0 fine, 1 the answer is no, 2 wrong usage, 3 the environment forbids it.");
  Chosen chosen;
  add_agent(app, chosen);
  add_validate(app, chosen);
  add_plan(app, chosen);
  add_simulate(app, chosen);
  add_get(app, chosen);
  add_describe(app, chosen);
  add_drain(app, chosen);
  add_version(app, chosen);
  const std::string_view word = argc > 1 ? argv[1] : "-";
  const std::vector<std::string_view> commands = commands_of(app);
  if (!word.starts_with('-') && std::ranges::find(commands, word) == commands.end()) {
    return refuse_command(word, commands, err);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error, out, err) == 0 ? kOk : kUsage;
  }
  return chosen(out, err);
}

}  // namespace keelvip::cmd
