#include "lan_record.h"

#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstdio>
#include <iterator>
#include <span>

namespace keelvip::lab {
namespace {

constexpr std::size_t kElectionsKept = 100'000;
/// Answers of two holders in rounds at most this far apart belong to one moment.
constexpr Time kSameMoment = 100'000'000;

std::string quoted(const std::string& text) {
  return '"' + text + '"';
}

std::string field(const char* name, const std::string& value) {
  return quoted(name) + ": " + value;
}

std::string object(const std::vector<std::string>& fields) {
  std::string out = "{";
  for (const std::string& item : fields) {
    out += (out.size() > 1 ? ", " : "") + item;
  }
  return out + "}";
}

void extend(std::vector<Stretch>& stretches, const Mac& mac, Time now) {
  if (stretches.empty() || stretches.back().mac != mac) {
    stretches.push_back({mac, now, now, 0, 0});
  }
  stretches.back().last = now;
  ++stretches.back().count;
}

std::string to_json(const Stretch& stretch) {
  return object(
      {field("mac", quoted(stretch.mac.to_string())), field("first", json_seconds(stretch.first)),
       field("last", json_seconds(stretch.last)), field("count", std::to_string(stretch.count)),
       field("other_advert", json_seconds(stretch.other_advert))});
}

std::string to_json(const std::vector<Stretch>& stretches) {
  std::vector<std::string> items;
  std::ranges::transform(stretches, std::back_inserter(items),
                         [](const Stretch& stretch) { return to_json(stretch); });
  return json_list(items);
}

}  // namespace

std::string json_seconds(Time time) {
  if (time == 0) {
    return "null";
  }
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%" PRId64 ".%06" PRId64, time / 1'000'000'000,
                time % 1'000'000'000 / 1000);
  return text.data();
}

std::string json_list(const std::vector<std::string>& items) {
  std::string out = "[";
  for (const std::string& item : items) {
    out += (out.size() > 1 ? ", " : "") + item;
  }
  return out + "]";
}

std::uint32_t VipRecord::sent(Time now) {
  packets_.push_back({now, 0});
  return static_cast<std::uint32_t>(packets_.size() - 1);
}

void VipRecord::answered(const EchoReply& reply, Time now) {
  if (reply.packet >= packets_.size() || packets_[reply.packet].answered != 0) {
    return;
  }
  packets_[reply.packet].answered = now;
  const bool changed = !answered_by(reply.mac);
  extend(answers_, reply.mac, now);
  if (changed) {
    for (const auto& [mac, time] : adverts_) {
      if (mac != reply.mac) {
        answers_.back().other_advert = std::max(answers_.back().other_advert, time);
      }
    }
  }
}

void VipRecord::claimed(const Mac& mac, Time now) {
  extend(claims_, mac, now);
}

std::vector<VipRecord::Outage> VipRecord::outages(Time now, Time patience) const {
  std::vector<Outage> found;
  const auto judged = std::find_if(packets_.rbegin(), packets_.rend(), [&](const Packet& packet) {
    return packet.answered != 0 || now - packet.sent > patience;
  });
  bool out = false;
  for (const Packet& packet : std::span(packets_.begin(), judged.base())) {
    const bool answered = packet.answered != 0 && packet.answered - packet.sent <= patience;
    // Packets that waited for a neighbour's address are answered together at the end of an outage;
    // those that were dropped from that queue belong to the same outage.
    const bool same = !found.empty() && found.back().end > packet.sent;
    if (!answered && !out && !same) {
      found.push_back({packet.sent, 0, 0});
    }
    if (!answered) {
      ++found.back().lost;
    } else if (out) {
      found.back().end = packet.answered;
    }
    out = !answered;
  }
  return found;
}

std::string VipRecord::to_json(Time now, Time patience) const {
  std::vector<std::string> items;
  Time longest = 0;
  std::uint64_t lost = 0;
  for (const Outage& outage : outages(now, patience)) {
    const Time length = (outage.end == 0 ? now : outage.end) - outage.start;
    longest = std::max(longest, length);
    lost += outage.lost;
    items.push_back(object(
        {field("start", json_seconds(outage.start)), field("end", json_seconds(outage.end)),
         field("length", json_seconds(length)), field("lost", std::to_string(outage.lost))}));
  }
  return object({field("address", quoted(address_.to_string())),
                 field("sent", std::to_string(packets_.size())),
                 field("lost", std::to_string(lost)),
                 field("longest", longest == 0 ? "0.0" : json_seconds(longest)),
                 field("outages", json_list(items)), field("answers", lab::to_json(answers_)),
                 field("claims", lab::to_json(claims_))});
}

void Record::advert(const Advert& advert, unsigned interface, Time now) {
  const RouterKey key{interface, advert.vrid, advert.source.v6};
  Speaker& speaker = speakers_[{key, advert.source}];
  if (speaker.count == 0) {
    speaker.first = now;
  } else {
    speaker.longest_gap = std::max(speaker.longest_gap, now - speaker.last);
  }
  speaker.last_advert = advert;
  speaker.last = now;
  ++speaker.count;
  speaker.resigned += advert.priority == 0 ? 1U : 0U;
  const Router router{advert.source, advert.priority};
  const auto [known, fresh] = routers_.try_emplace(key, router);
  if ((fresh || !(known->second == router)) && elections_.size() < kElectionsKept) {
    elections_.push_back({now, interface, advert.vrid, router});
  }
  known->second = router;
}

void Record::holds(const Address& address, const Mac& mac, std::uint64_t round, Time now) {
  ++holders_[address][mac];
  const auto [holding, fresh] = holdings_.try_emplace(address, Holding{round, mac, now});
  const Holding before = std::exchange(holding->second, {round, mac, now});
  if (fresh || before.round != round || before.mac == mac) {
    return;
  }
  const bool same_moment = !two_holders_.empty() && two_holders_.back().address == address &&
                           now - two_holders_.back().last < kSameMoment;
  if (!same_moment) {
    two_holders_.push_back({address, before.mac, mac, before.time, now});
  }
  two_holders_.back().last = now;
}

std::string Record::adverts_json() const {
  std::vector<std::string> items;
  for (const auto& [key, speaker] : speakers_) {
    const Advert& advert = speaker.last_advert;
    items.push_back(object({field("source", quoted(advert.source.to_string())),
                            field("mac", quoted(advert.mac.to_string())),
                            field("interface", std::to_string(std::get<0>(key.first))),
                            field("vrid", std::to_string(advert.vrid)),
                            field("version", std::to_string(advert.version)),
                            field("priority", std::to_string(advert.priority)),
                            field("interval_ms", std::to_string(advert.interval_ms)),
                            field("count", std::to_string(speaker.count)),
                            field("resigned", std::to_string(speaker.resigned)),
                            field("first", json_seconds(speaker.first)),
                            field("last", json_seconds(speaker.last)),
                            field("longest_gap", json_seconds(speaker.longest_gap))}));
  }
  return json_list(items);
}

std::string Record::elections_json() const {
  std::vector<std::string> items;
  items.reserve(elections_.size());
  for (const Election& election : elections_) {
    items.push_back(object({field("time", json_seconds(election.time)),
                            field("interface", std::to_string(election.interface)),
                            field("vrid", std::to_string(election.vrid)),
                            field("source", quoted(election.router.source.to_string())),
                            field("priority", std::to_string(election.router.priority))}));
  }
  return json_list(items);
}

std::string Record::holders_json() const {
  std::vector<std::string> items;
  for (const auto& [address, macs] : holders_) {
    std::vector<std::string> counts;
    for (const auto& [mac, count] : macs) {
      counts.push_back(field(mac.to_string().c_str(), std::to_string(count)));
    }
    std::vector<std::string> moments;
    for (const TwoHolders& both : two_holders_) {
      if (both.address == address) {
        moments.push_back(object(
            {field("first", json_seconds(both.first)), field("last", json_seconds(both.last)),
             field("macs",
                   json_list({quoted(both.one.to_string()), quoted(both.other.to_string())}))}));
      }
    }
    items.push_back(
        object({field("address", quoted(address.to_string())), field("answers", object(counts)),
                field("two_at_once", json_list(moments))}));
  }
  return json_list(items);
}

}  // namespace keelvip::lab
