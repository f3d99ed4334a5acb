# Every third-party library comes from the distribution. Packages name these targets in LIBS.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(tl-expected REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(CURL REQUIRED)
find_package(CLI11 REQUIRED)
pkg_check_modules(libnl REQUIRED IMPORTED_TARGET libnl-3.0 libnl-route-3.0)
# Only pkg-config knows the macros the shared library was compiled with; without them the class
# layouts differ and memory is corrupted silently.
pkg_check_modules(cpp-httplib REQUIRED IMPORTED_TARGET cpp-httplib)
pkg_check_modules(libcap-ng REQUIRED IMPORTED_TARGET libcap-ng)

if(BUILD_TESTING)
  find_package(doctest REQUIRED)
  find_package(OpenSSL REQUIRED)
endif()
