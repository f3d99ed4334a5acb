#include "pkg/status/exposition.h"

#include <algorithm>
#include <cstddef>
#include <iterator>

#include <fmt/format.h>

#include "pkg/base/check.h"
#include "pkg/base/utf8.h"

namespace keelvip::status {

namespace {

constexpr std::string_view kCounterSuffix = "_total";
constexpr std::string_view kInfoSuffix = "_info";

std::string_view type_name(MetricKind kind, ExpositionFormat format) {
  switch (kind) {
    case MetricKind::kGauge:
      break;
    case MetricKind::kCounter:
      return "counter";
    case MetricKind::kHistogram:
      return "histogram";
    case MetricKind::kInfo:
      return format == ExpositionFormat::kOpenMetrics ? "info" : "gauge";
  }
  return "gauge";
}

void append_escaped(std::string& out, std::string_view text) {
  const auto needs_care = [](char c) {
    return static_cast<unsigned char>(c) >= 0x80 || c == '"' || c == '\\' || c == '\n';
  };
  while (true) {
    const auto plain =
        static_cast<std::size_t>(std::find_if(text.begin(), text.end(), needs_care) - text.begin());
    out += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) {
      break;
    }
    const std::size_t length = base::utf8_length(text);
    if (length == 0) {
      out += base::kReplacementCharacter;
    } else if (text.front() == '\\') {
      out += "\\\\";
    } else if (text.front() == '"') {
      out += "\\\"";
    } else if (text.front() == '\n') {
      out += "\\n";
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
}

}  // namespace

std::string_view content_type(ExpositionFormat format) {
  return format == ExpositionFormat::kOpenMetrics
             ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
             : "text/plain; version=0.0.4; charset=utf-8";
}

std::string_view exposition_end(ExpositionFormat format) {
  return format == ExpositionFormat::kOpenMetrics ? "# EOF\n" : "";
}

std::string labels(std::initializer_list<std::pair<std::string_view, std::string_view>> pairs) {
  std::string text;
  for (const auto& [name, value] : pairs) {
    if (!text.empty()) {
      text += ',';
    }
    text += name;
    text += "=\"";
    append_escaped(text, value);
    text += '"';
  }
  return text;
}

void ExpositionWriter::family(std::string_view name, MetricKind kind, std::string_view help) {
  KEELVIP_CHECK((kind == MetricKind::kCounter) == name.ends_with(kCounterSuffix));
  KEELVIP_CHECK((kind == MetricKind::kInfo) == name.ends_with(kInfoSuffix));
  name_ = name;
  std::string_view family_name = name;
  // OpenMetrics names the family without the suffix that its samples carry.
  if (format_ == ExpositionFormat::kOpenMetrics && kind == MetricKind::kCounter) {
    family_name.remove_suffix(kCounterSuffix.size());
  } else if (format_ == ExpositionFormat::kOpenMetrics && kind == MetricKind::kInfo) {
    family_name.remove_suffix(kInfoSuffix.size());
  }
  fmt::format_to(std::back_inserter(text_), "# HELP {} {}\n# TYPE {} {}\n", family_name, help,
                 family_name, type_name(kind, format_));
}

void ExpositionWriter::begin_sample(std::string_view suffix, std::string_view labels,
                                    std::string_view more_labels) {
  text_ += name_;
  text_ += suffix;
  if (!labels.empty()) {
    text_ += '{';
    text_ += labels;
    if (!more_labels.empty()) {
      text_ += ',';
      text_ += more_labels;
    }
    text_ += '}';
  }
  text_ += ' ';
}

void ExpositionWriter::end_sample(std::uint64_t value) {
  const fmt::format_int digits(value);
  text_.append(digits.data(), digits.size());
  text_ += '\n';
}

void ExpositionWriter::end_sample(std::int64_t value) {
  const fmt::format_int digits(value);
  text_.append(digits.data(), digits.size());
  text_ += '\n';
}

void ExpositionWriter::end_sample(double value) {
  fmt::format_to(std::back_inserter(text_), "{}\n", value);
}

void ExpositionWriter::histogram(std::span<const double> bounds,
                                 std::span<const std::uint64_t> counts, double sum) {
  KEELVIP_CHECK(counts.size() == bounds.size() + 1);
  std::uint64_t cumulative = 0;
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    cumulative += counts[i];
    begin_sample("_bucket", fmt::format("le=\"{}\"", bounds[i]), "");
    end_sample(cumulative);
  }
  cumulative += counts.back();
  begin_sample("_bucket", "le=\"+Inf\"", "");
  end_sample(cumulative);
  begin_sample("_sum", "", "");
  end_sample(sum);
  begin_sample("_count", "", "");
  end_sample(cumulative);
}

}  // namespace keelvip::status
