// overloaded: visit a std::variant with one lambda per alternative.
#pragma once

namespace keelvip::base {

template <typename... Visitors>
struct overloaded : Visitors... {
  using Visitors::operator()...;
};
template <typename... Visitors>
overloaded(Visitors...) -> overloaded<Visitors...>;

}  // namespace keelvip::base
