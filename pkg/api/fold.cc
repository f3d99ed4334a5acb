#include "pkg/api/fold.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "pkg/api/claims.h"

namespace keelvip::api {
namespace {

struct Entry {
  const SourceFile* file = nullptr;
  const Document* document = nullptr;
};

/// What may be in force under one name.
struct Candidate {
  const VirtualIp* previous = nullptr;  // in force until now
  Entry entry;                          // the document that counts, if any
  VirtualIp fresh;                      // its object, if it is valid
  bool is_fresh = false;                // `fresh` is in question; else `previous` stays
};

using Candidates = std::map<std::string_view, Candidate>;

Rejected rejected_by(const Entry& entry, Rejected::Kind kind, std::vector<FieldError> errors,
                     bool previous_in_force) {
  return {kind,
          entry.document->name,
          entry.file->source,
          std::move(errors),
          previous_in_force,
          entry.document->position};
}

class Fold {
 public:
  Fold(const SpecSet& in_force, const std::vector<SourceFile>& now)
      : in_force_(in_force), now_(now) {}

  SpecSet run() {
    for (const VirtualIp& vip : in_force_.accepted) {
      candidates_[vip.metadata.name].previous = &vip;
    }
    group_documents();
    for (auto& [name, entries] : entries_) {
      choose(candidates_[name], entries);
    }
    drop_unnamed();
    settle_conflicts();
    return finish();
  }

 private:
  void group_documents() {
    for (const SourceFile& file : now_) {
      for (const Document& document : file.documents) {
        if (document.name.empty()) {
          nameless_.push_back({&file, &document});
        } else {
          entries_[document.name].push_back({&file, &document});
        }
      }
    }
  }

  void choose(Candidate& candidate, std::vector<Entry>& entries) {
    std::stable_sort(entries.begin(), entries.end(), [&](const Entry& a, const Entry& b) {
      const auto rank = [&](const Entry& entry) {
        const bool newcomer = candidate.previous == nullptr ||
                              candidate.previous->origin.source != entry.file->source;
        return std::tuple(newcomer, !entry.document->object.has_value(),
                          std::string_view(entry.file->source), entry.document->position);
      };
      return rank(a) < rank(b);
    });
    candidate.entry = entries.front();
    const Decoded& object = candidate.entry.document->object;
    if (object) {
      candidate.fresh = *object;
      candidate.fresh.origin = {candidate.entry.file->source, candidate.entry.document->position};
      candidate.is_fresh = true;
    } else {
      rejected_.push_back(rejected_by(candidate.entry, Rejected::Kind::kInvalid, object.error(),
                                      candidate.previous != nullptr));
    }
    for (std::size_t i = 1; i < entries.size(); ++i) {
      reject_duplicate(entries[i], candidate.entry);
    }
  }

  void reject_duplicate(const Entry& entry, const Entry& winner) {
    std::vector<FieldError> errors;
    if (!entry.document->object) {
      errors = entry.document->object.error();
    } else {
      errors.push_back({entry.document->position, "metadata.name",
                        fmt::format("\"{}\" is defined in {}:{} already", entry.document->name,
                                    winner.file->source, winner.document->position.line)});
    }
    const auto kind = entry.document->object ? Rejected::Kind::kConflict : Rejected::Kind::kInvalid;
    rejected_.push_back(rejected_by(entry, kind, std::move(errors), false));
  }

  /// An object that no document names goes, unless its file holds a document that cannot be read:
  /// that may be it.
  void drop_unnamed() {
    std::set<std::string_view> unclear;
    for (const Entry& entry : nameless_) {
      unclear.insert(entry.file->source);
    }
    std::set<std::string_view> keeping;
    std::erase_if(candidates_, [&](const auto& item) {
      const Candidate& candidate = item.second;
      if (candidate.entry.document != nullptr) {
        return candidate.previous == nullptr && !candidate.is_fresh;
      }
      const std::string_view source = candidate.previous->origin.source;
      if (!unclear.contains(source)) {
        return true;
      }
      keeping.insert(source);
      return false;
    });
    for (const Entry& entry : nameless_) {
      rejected_.push_back(rejected_by(entry, Rejected::Kind::kInvalid,
                                      entry.document->object.error(),
                                      keeping.contains(entry.file->source)));
    }
  }

  /// What stays, and what asks for nothing new, comes from the set in force, which had no conflict:
  /// it goes first and never clashes. Whatever else of the objects in force clashes falls back to
  /// what it was, which may make others clash: hence the rounds. Each but the last turns at least
  /// one candidate back, so they end.
  void settle_conflicts() {
    std::vector<Candidate*> newcomers;
    bool settled = false;
    while (!settled) {
      settled = true;
      newcomers.clear();
      std::vector<Rejected> refused;
      ClaimTable claims;
      for (Candidate* candidate : by_precedence()) {
        const VirtualIp& vip = candidate->is_fresh ? candidate->fresh : *candidate->previous;
        const std::vector<Clash> clashes = claims.add(vip);
        if (clashes.empty() || !candidate->is_fresh) {
          continue;
        }
        if (candidate->previous == nullptr) {
          newcomers.push_back(candidate);
          refused.push_back(conflict(*candidate, clashes));
        } else {
          rejected_.push_back(conflict(*candidate, clashes));
          candidate->is_fresh = false;
          settled = false;
        }
      }
      if (settled) {
        std::move(refused.begin(), refused.end(), std::back_inserter(rejected_));
      }
    }
    for (Candidate* candidate : newcomers) {
      candidate->is_fresh = false;
    }
    std::erase_if(candidates_, [](const auto& item) {
      return !item.second.is_fresh && item.second.previous == nullptr;
    });
  }

  std::vector<Candidate*> by_precedence() {
    std::vector<Candidate*> order;
    for (auto& [name, candidate] : candidates_) {
      order.push_back(&candidate);
    }
    const auto rank = [](const Candidate* candidate) {
      if (candidate->previous == nullptr) {
        return 2;
      }
      return !candidate->is_fresh || claims_nothing_new(candidate->fresh, *candidate->previous) ? 0
                                                                                                : 1;
    };
    // Stable: the map is sorted by name.
    std::stable_sort(order.begin(), order.end(),
                     [&](const Candidate* a, const Candidate* b) { return rank(a) < rank(b); });
    return order;
  }

  static Rejected conflict(const Candidate& candidate, const std::vector<Clash>& clashes) {
    std::vector<FieldError> errors;
    const ClaimPositions& claims = candidate.entry.document->claims;
    for (const Clash& clash : clashes) {
      if (clash.address == Clash::kVirtualRouter) {
        errors.push_back({claims.virtual_router_id, "spec.virtualRouterID", clash.reason});
      } else {
        const Position position = clash.address < claims.addresses.size()
                                      ? claims.addresses[clash.address]
                                      : candidate.entry.document->position;
        errors.push_back({position, "spec.addresses", clash.reason});
      }
    }
    std::stable_sort(errors.begin(), errors.end(),
                     [](const auto& a, const auto& b) { return a.position < b.position; });
    return rejected_by(candidate.entry, Rejected::Kind::kConflict, std::move(errors),
                       candidate.previous != nullptr);
  }

  SpecSet finish() {
    SpecSet next;
    for (auto& [name, candidate] : candidates_) {
      if (!candidate.is_fresh) {
        next.accepted.push_back(*candidate.previous);
        continue;
      }
      VirtualIp& vip = candidate.fresh;
      const VirtualIp* previous = candidate.previous;
      vip.metadata.generation = previous == nullptr ? 1
                                                    : previous->metadata.generation +
                                                          (vip.spec == previous->spec ? 0 : 1);
      next.accepted.push_back(std::move(vip));
    }
    std::stable_sort(rejected_.begin(), rejected_.end(), [](const Rejected& a, const Rejected& b) {
      return std::tie(a.source, a.position) < std::tie(b.source, b.position);
    });
    next.rejected = std::move(rejected_);
    const bool same = in_force_.revision > 0 && next.accepted == in_force_.accepted &&
                      next.rejected == in_force_.rejected;
    next.revision = in_force_.revision + (same ? 0 : 1);
    return next;
  }

  const SpecSet& in_force_;
  const std::vector<SourceFile>& now_;
  std::map<std::string_view, std::vector<Entry>> entries_;
  std::vector<Entry> nameless_;
  Candidates candidates_;
  std::vector<Rejected> rejected_;
};

}  // namespace

SpecSet fold(const SpecSet& in_force, const std::vector<SourceFile>& now) {
  return Fold(in_force, now).run();
}

SpecSet keep_all(const SpecSet& in_force, Rejected why) {
  SpecSet next = in_force;
  why.previous_in_force = !in_force.accepted.empty();
  next.rejected = {std::move(why)};
  if (next.rejected != in_force.rejected) {
    ++next.revision;
  }
  return next;
}

}  // namespace keelvip::api
