#include "pkg/net/host_facts.h"

#include <algorithm>

namespace keelvip::net {

const Link* HostFacts::find_link(std::string_view name) const {
  const auto link = std::ranges::find(links, name, &Link::name);
  return link == links.end() ? nullptr : &*link;
}

const Link* HostFacts::find_link(InterfaceIndex index) const {
  const auto link = std::ranges::lower_bound(links, index, {}, &Link::index);
  return link == links.end() || link->index != index ? nullptr : &*link;
}

}  // namespace keelvip::net
