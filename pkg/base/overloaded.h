// overloaded: visits a std::variant with one lambda per alternative, so that a forgotten
// alternative does not compile. Called wherever events and actions are taken apart, on every
// thread.
#pragma once

namespace keelvip::base {

template <typename... Visitors>
struct overloaded : Visitors... {
  using Visitors::operator()...;
};
template <typename... Visitors>
overloaded(Visitors...) -> overloaded<Visitors...>;

}  // namespace keelvip::base
