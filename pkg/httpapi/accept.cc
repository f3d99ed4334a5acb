#include "pkg/httpapi/accept.h"

#include <algorithm>
#include <charconv>

namespace keelvip::httpapi {

namespace {

/// Cuts off and returns what stands before `separator`, without blanks around it.
std::string_view next_part(std::string_view& text, char separator) {
  const std::size_t end = std::min(text.find(separator), text.size());
  std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  while (part.starts_with(' ') || part.starts_with('\t')) {
    part.remove_prefix(1);
  }
  while (part.ends_with(' ') || part.ends_with('\t')) {
    part.remove_suffix(1);
  }
  return part;
}

struct MediaRange {
  std::string_view type;
  std::string_view version;
  double quality = 1;
};

MediaRange parse_media_range(std::string_view text) {
  MediaRange range;
  range.type = next_part(text, ';');
  while (!text.empty()) {
    std::string_view value = next_part(text, ';');
    const std::string_view name = next_part(value, '=');
    if (name == "q") {
      range.quality = 0;
      std::from_chars(value.data(), value.data() + value.size(), range.quality);
    } else if (name == "version") {
      range.version = value;
    }
  }
  return range;
}

}  // namespace

status::ExpositionFormat preferred_format(std::string_view accept) {
  double open_metrics = 0;
  double plain_text = 0;
  while (!accept.empty()) {
    const MediaRange range = parse_media_range(next_part(accept, ','));
    const bool known_version = range.version.empty() || range.version == "1.0.0";
    if (range.type == "application/openmetrics-text" && known_version) {
      open_metrics = std::max(open_metrics, range.quality);
    } else if (range.type == "text/plain") {
      plain_text = std::max(plain_text, range.quality);
    }
  }
  return open_metrics > 0 && open_metrics >= plain_text ? status::ExpositionFormat::kOpenMetrics
                                                        : status::ExpositionFormat::kPrometheusText;
}

}  // namespace keelvip::httpapi
