#include "pkg/reconcile/router_ids.h"

namespace keelvip::reconcile {

std::vector<vrrp::RouterId> RouterIds::assign(std::span<const RouterKey> keys) {
  std::map<std::pair<std::string, net::Family>, Entry> kept;
  std::vector<vrrp::RouterId> ids;
  ids.reserve(keys.size());
  for (const RouterKey& key : keys) {
    const auto known = entries_.find({key.vip, key.family});
    const bool same = known != entries_.end() && known->second.identity.may_be(key.identity);
    const vrrp::RouterId id = same ? known->second.id : vrrp::RouterId{++last_};
    kept.insert_or_assign({key.vip, key.family}, Entry{key.identity, id});
    ids.push_back(id);
  }
  entries_ = std::move(kept);
  return ids;
}

}  // namespace keelvip::reconcile
