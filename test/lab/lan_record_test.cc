#include "lan_record.h"

#include <doctest/doctest.h>

#include <string>

namespace keelvip::lab {
namespace {

constexpr Time kMillisecond = 1'000'000;
constexpr Time kPatience = 200 * kMillisecond;
constexpr Mac kFirst{{2, 0, 0, 0, 0, 1}};
constexpr Mac kSecond{{2, 0, 0, 0, 0, 2}};

VipRecord vip() {
  return VipRecord(*Address::parse("192.0.2.1"));
}

/// Sends a packet a millisecond from `begin` on and answers it half a millisecond later, or not.
void ask(VipRecord& record, Time begin, int packets, const Mac* answering) {
  for (Time sent = begin; sent < begin + packets * kMillisecond; sent += kMillisecond) {
    const std::uint32_t number = record.sent(sent);
    if (answering != nullptr) {
      record.answered({*answering, 0, number}, sent + kMillisecond / 2);
    }
  }
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("an outage lasts from the first lost packet to the next answer") {
  VipRecord record = vip();
  ask(record, 100 * kMillisecond, 10, &kFirst);
  ask(record, 110 * kMillisecond, 30, nullptr);
  ask(record, 140 * kMillisecond, 10, &kSecond);

  const std::string json = record.to_json(150 * kMillisecond, kPatience);

  CHECK(contains(json, R"("lost": 30, "longest": 0.030500)"));
  CHECK(contains(json, R"("start": 0.110000, "end": 0.140500, "length": 0.030500, "lost": 30)"));
}

TEST_CASE("packets that may still be answered are not lost, and then they are") {
  VipRecord record = vip();
  ask(record, 100 * kMillisecond, 10, &kFirst);
  ask(record, 110 * kMillisecond, 10, nullptr);

  CHECK(contains(record.to_json(120 * kMillisecond, kPatience), R"("lost": 0,)"));
  CHECK(contains(record.to_json(400 * kMillisecond, kPatience), R"("lost": 10,)"));
  CHECK(contains(record.to_json(400 * kMillisecond, kPatience), R"("end": null)"));
}

TEST_CASE("an answer that comes after the patience is over counts as lost") {
  VipRecord record = vip();
  const std::uint32_t number = record.sent(100 * kMillisecond);
  record.answered({kFirst, 0, number}, 100 * kMillisecond + 2 * kPatience);

  CHECK(contains(record.to_json(1000 * kMillisecond, kPatience), R"("lost": 1,)"));
}

TEST_CASE("a successor's first answer knows the last advert of its predecessor") {
  VipRecord record = vip();
  record.adverted(kFirst, 90 * kMillisecond);
  ask(record, 100 * kMillisecond, 5, &kFirst);
  record.adverted(kFirst, 105 * kMillisecond);
  record.adverted(kSecond, 120 * kMillisecond);
  ask(record, 121 * kMillisecond, 1, &kSecond);

  CHECK(contains(record.to_json(130 * kMillisecond, kPatience),
                 R"("mac": "02:00:00:00:00:02", "first": 0.121500, "last": 0.121500, )"
                 R"("count": 1, "other_advert": 0.105000)"));
}

TEST_CASE("two MACs in one round of questions are two holders, in two rounds a handover") {
  const Address address = *Address::parse("192.0.2.1");
  Record record;
  record.holds(address, kFirst, 1, 10 * kMillisecond);
  record.holds(address, kSecond, 2, 15 * kMillisecond);
  CHECK(contains(record.holders_json(), R"("two_at_once": [])"));

  record.holds(address, kFirst, 3, 20 * kMillisecond);
  record.holds(address, kSecond, 3, 21 * kMillisecond);
  CHECK(contains(record.holders_json(), R"({"first": 0.020000, "last": 0.021000,)"));
}

TEST_CASE("an election is a change of the speaker or of its priority, not another advert") {
  Record record;
  Advert advert{*Address::parse("192.0.2.11"), kFirst, 3, 51, 100, 1000, {}};
  record.advert(advert, 1, 10 * kMillisecond);
  record.advert(advert, 1, 20 * kMillisecond);
  advert.priority = 0;
  record.advert(advert, 1, 30 * kMillisecond);

  CHECK(contains(record.elections_json(), R"("time": 0.010000)"));
  CHECK_FALSE(contains(record.elections_json(), R"("time": 0.020000)"));
  CHECK(contains(record.elections_json(), R"("time": 0.030000)"));
  CHECK(contains(record.adverts_json(), R"("count": 3, "resigned": 1)"));
}

}  // namespace
}  // namespace keelvip::lab
