#include "pkg/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace keelvip::base {

void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "keelvip: internal error: CHECK(%s) failed at %s:%d\n", condition, file,
               line);
  std::abort();
}

}  // namespace keelvip::base
