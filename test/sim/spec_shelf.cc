#include "spec_shelf.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "pkg/api/decode.h"

namespace keelvip::sim {
namespace {

using std::chrono::seconds;

api::Document document(api::VirtualIp vip) {
  api::Document document;
  document.name = vip.metadata.name;
  document.claims.addresses.resize(vip.spec.addresses.size());
  document.object = std::move(vip);
  return document;
}

api::SourceFile file(std::string source, api::Document document) {
  api::SourceFile file;
  file.source = std::move(source);
  file.documents.push_back(std::move(document));
  return file;
}

}  // namespace

SpecShelf::SpecShelf(const Schedule& schedule)
    : originals_(schedule.vips),
      vips_(schedule.vips),
      removed_(schedule.vips.size()),
      stale_(schedule.nodes.size()) {}

void SpecShelf::change(const Fault& fault, bool begins) {
  api::Spec& spec = vips_[fault.vip].spec;
  const api::Spec& original = originals_[fault.vip].spec;
  const bool back = !begins && fault.amount % 2 == 1;
  switch (fault.kind) {
    case FaultKind::kNewPriority:
      if (begins && spec.nodes) {
        (*spec.nodes)[fault.node].priority = static_cast<std::uint8_t>(fault.amount);
      } else if (begins) {
        spec.priority = static_cast<std::uint8_t>(fault.amount);
      } else if (back) {
        spec.nodes = original.nodes;
        spec.priority = original.priority;
      }
      break;
    case FaultKind::kNewInterval:
      if (begins) {
        spec.advert_interval *= 2;
      } else if (back) {
        spec.advert_interval = original.advert_interval;
      }
      spec.advert_interval = std::min(spec.advert_interval, base::Centiseconds{200});
      break;
    case FaultKind::kNewPreemption:
      spec.preemption = begins
                            ? api::Preemption{static_cast<api::Preemption::Mode>(fault.amount % 3),
                                              seconds(1 + fault.amount % 3)}
                            : original.preemption;
      break;
    case FaultKind::kVipRemoved:
      removed_[fault.vip] = begins;
      break;
    case FaultKind::kBadSpec:
      bad_ = begins ? 1 + fault.amount % 3 : 0;
      bad_vip_ = fault.vip;
      break;
    case FaultKind::kStaleSpec:
      stale_[fault.node] = begins;
      if (begins && spec.nodes) {
        (*spec.nodes)[fault.peer].priority = static_cast<std::uint8_t>(1 + fault.amount % 254);
      } else if (begins) {
        spec.priority = static_cast<std::uint8_t>(1 + fault.amount % 254);
      }
      break;
    default:
      break;
  }
}

void SpecShelf::heal() {
  bad_ = 0;
  removed_.assign(removed_.size(), false);
  stale_.assign(stale_.size(), false);
}

SpecFiles SpecShelf::files() const {
  auto files = std::make_shared<std::vector<api::SourceFile>>();
  for (std::size_t i = 0; i < vips_.size(); ++i) {
    if (removed_[i]) {
      continue;
    }
    api::Document good = document(vips_[i]);
    if (bad_ == 1 && i == bad_vip_) {
      good.object = base::unexpected(std::vector<api::FieldError>{{{}, "spec.priority", "is 300"}});
    }
    files->push_back(file(vips_[i].metadata.name + ".yaml", std::move(good)));
  }
  if (bad_ > 1) {
    api::VirtualIp intruder = vips_[bad_vip_];
    if (bad_ == 3) {
      intruder.metadata.name = "zz-intruder";
    }
    intruder.spec.priority = 1;
    files->push_back(file("zz.yaml", document(std::move(intruder))));
  }
  return files;
}

}  // namespace keelvip::sim
