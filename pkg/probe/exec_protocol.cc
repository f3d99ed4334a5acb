#include "pkg/probe/exec_protocol.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "pkg/base/overloaded.h"

namespace keelvip::probe {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::uint32_t kMostStrings = 4096;

enum class Type : std::uint8_t { kRun = 1, kCancel, kEnded, kGone };

class Writer {
 public:
  Writer(Type type, AttemptId id) {
    bytes_.push_back(static_cast<char>(kVersion));
    bytes_.push_back(static_cast<char>(type));
    number(id);
  }

  // Both ends run on one machine: its byte order.
  template <typename Integer>
  void number(Integer value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }

  void text(std::string_view value) {
    has_nul_ = has_nul_ || value.find('\0') != std::string_view::npos;
    number(static_cast<std::uint32_t>(value.size()));
    bytes_.append(value);
  }

  void texts(const std::vector<std::string>& values) {
    number(static_cast<std::uint32_t>(values.size()));
    for (const std::string& value : values) {
      text(value);
    }
  }

  [[nodiscard]] base::Result<std::string> finish() {
    if (has_nul_) {
      return base::unexpected(base::report_error("a command must not contain NUL bytes"));
    }
    if (bytes_.size() > kExecMessageLimit) {
      return base::unexpected(base::report_error("the command is longer than 64 kB"));
    }
    return std::move(bytes_);
  }

 private:
  std::string bytes_;
  bool has_nul_ = false;
};

/// Reads what a Writer wrote; after the first thing that does not fit it is not ok() and gives
/// zeros.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  template <typename Integer>
  Integer number() {
    Integer value{};
    if (rest_.size() < sizeof value) {
      ok_ = false;
      rest_ = {};
      return value;
    }
    std::copy_n(rest_.begin(), sizeof value, reinterpret_cast<char*>(&value));
    rest_.remove_prefix(sizeof value);
    return value;
  }

  std::string text() {
    const auto length = number<std::uint32_t>();
    if (length > rest_.size() || rest_.substr(0, length).find('\0') != std::string_view::npos) {
      ok_ = false;
      rest_ = {};
      return "";
    }
    std::string value(rest_.substr(0, length));
    rest_.remove_prefix(length);
    return value;
  }

  bool truth() {
    const auto value = number<std::uint8_t>();
    ok_ = ok_ && value <= 1;
    return value == 1;
  }

  std::vector<std::string> texts() {
    const auto count = number<std::uint32_t>();
    ok_ = ok_ && count <= kMostStrings;
    std::vector<std::string> values;
    for (std::uint32_t i = 0; ok_ && i < count; ++i) {
      values.push_back(text());
    }
    return values;
  }

  [[nodiscard]] bool complete() const { return ok_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

base::Result<std::string> encode_run(const RunCommand& run) {
  Writer writer(Type::kRun, run.id);
  writer.number(run.timeout.count());
  writer.text(run.user);
  writer.texts(run.command);
  writer.texts(run.environment);
  return writer.finish();
}

base::Result<std::string> encode_ended(const CommandEnded& ended) {
  Writer writer(Type::kEnded, ended.id);
  writer.number(static_cast<std::uint8_t>(ended.success ? 1 : 0));
  writer.text(ended.reason);
  return writer.finish();
}

RunCommand read_run(AttemptId id, Reader& reader) {
  RunCommand run;
  run.id = id;
  run.timeout = base::Duration{reader.number<base::Duration::rep>()};
  run.user = reader.text();
  run.command = reader.texts();
  run.environment = reader.texts();
  return run;
}

CommandEnded read_ended(AttemptId id, Reader& reader) {
  CommandEnded ended;
  ended.id = id;
  ended.success = reader.truth();
  ended.reason = reader.text();
  return ended;
}

base::Result<ExecMessage> malformed() {
  return base::unexpected(base::report_error("malformed message"));
}

}  // namespace

base::Result<std::string> encode(const ExecMessage& message) {
  return std::visit(
      base::overloaded{
          [](const RunCommand& run) { return encode_run(run); },
          [](const CancelCommand& cancel) { return Writer(Type::kCancel, cancel.id).finish(); },
          [](const CommandEnded& ended) { return encode_ended(ended); },
          [](const CommandGone& gone) { return Writer(Type::kGone, gone.id).finish(); },
      },
      message);
}

base::Result<ExecMessage> decode_exec_message(const std::string& datagram) {
  Reader reader(datagram);
  if (reader.number<std::uint8_t>() != kVersion) {
    return base::unexpected(base::report_error("unknown version"));
  }
  const auto type = static_cast<Type>(reader.number<std::uint8_t>());
  const auto id = reader.number<AttemptId>();
  ExecMessage message;
  switch (type) {
    case Type::kRun:
      message = read_run(id, reader);
      break;
    case Type::kCancel:
      message = CancelCommand{id};
      break;
    case Type::kEnded:
      message = read_ended(id, reader);
      break;
    case Type::kGone:
      message = CommandGone{id};
      break;
    default:
      return malformed();
  }
  const auto* run = std::get_if<RunCommand>(&message);
  const bool sensible = run == nullptr || (!run->command.empty() && !run->command[0].empty() &&
                                           run->timeout > base::Duration::zero());
  return reader.complete() && sensible ? base::Result<ExecMessage>(std::move(message))
                                       : malformed();
}

}  // namespace keelvip::probe
