# keelvip_package(NAME HEADERS ... SOURCES ... TESTS ... NETNS_TESTS ... DEPS ... LIBS ...
#                 TEST_LIBS ...)
#
# A package is a directory below pkg/, a CMake target and a namespace. It sees the headers of the
# packages it names in DEPS and no others: each package has an include root of its own that holds
# one link, pkg/NAME, so that a forbidden include does not compile. LIBS are third-party targets,
# private because third-party types stay in .cc files. NETNS_TESTS make network namespaces of their
# own, so they need root.

add_library(keelvip_warnings INTERFACE)
target_compile_options(keelvip_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast
  -Wnon-virtual-dtor -Woverloaded-virtual -Wcast-qual -Wformat=2 -Wimplicit-fallthrough -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 reports impossible overlaps inside std::string (GCC bug 105651).
  target_compile_options(keelvip_warnings INTERFACE -Wno-restrict)
  # With sanitizers it sees uninitialised memory in a std::variant that is moved.
  if("${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_DEBUG}" MATCHES "-fsanitize")
    target_compile_options(keelvip_warnings INTERFACE -Wno-maybe-uninitialized)
  endif()
else()
  # libstdc++ 12 itself uses a deprecated function in stable_sort and stable_partition.
  target_compile_options(keelvip_warnings INTERFACE -Wno-deprecated-declarations)
endif()

if(BUILD_TESTING)
  add_library(keelvip_test_main OBJECT ${PROJECT_SOURCE_DIR}/cmake/test_main.cc)
  target_link_libraries(keelvip_test_main PUBLIC doctest::doctest)
endif()

function(keelvip_package NAME)
  cmake_parse_arguments(ARG "" "" "HEADERS;SOURCES;TESTS;NETNS_TESTS;DEPS;PUBLIC_LIBS;LIBS;TEST_LIBS" ${ARGN})

  set(root ${PROJECT_BINARY_DIR}/include/${NAME})
  file(MAKE_DIRECTORY ${root}/pkg)
  file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR} ${root}/pkg/${NAME} SYMBOLIC)
  list(TRANSFORM ARG_HEADERS PREPEND ${root}/pkg/${NAME}/ OUTPUT_VARIABLE headers)

  set(target keelvip_${NAME})
  if(ARG_SOURCES)
    add_library(${target} STATIC ${ARG_SOURCES})
    set(scope PUBLIC)
    target_link_libraries(${target} PRIVATE keelvip_warnings ${ARG_LIBS})
    target_sources(${target} PUBLIC FILE_SET HEADERS BASE_DIRS ${root} FILES ${headers})
  else()
    add_library(${target} INTERFACE)
    set(scope INTERFACE)
    target_sources(${target} INTERFACE FILE_SET HEADERS BASE_DIRS ${root} FILES ${headers})
  endif()
  set_target_properties(${target} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
  add_library(keelvip::${NAME} ALIAS ${target})
  target_link_libraries(${target} ${scope} ${ARG_PUBLIC_LIBS})
  foreach(dep IN LISTS ARG_DEPS)
    target_link_libraries(${target} ${scope} keelvip::${dep})
  endforeach()

  if(BUILD_TESTING AND ARG_TESTS)
    add_executable(${NAME}_test ${ARG_TESTS})
    target_link_libraries(${NAME}_test PRIVATE
      ${target} keelvip_test_main keelvip_warnings ${ARG_LIBS} ${ARG_TEST_LIBS})
    add_test(NAME unit.${NAME} COMMAND ${NAME}_test)
    set_tests_properties(unit.${NAME} PROPERTIES LABELS unit TIMEOUT 600)
  endif()
  if(BUILD_TESTING AND ARG_NETNS_TESTS)
    add_executable(${NAME}_netns_test ${ARG_NETNS_TESTS})
    target_link_libraries(${NAME}_netns_test PRIVATE
      ${target} keelvip_test_namespaces keelvip_test_main keelvip_warnings ${ARG_LIBS})
    add_test(NAME netns.${NAME} COMMAND ${NAME}_netns_test)
    set_tests_properties(netns.${NAME} PROPERTIES LABELS netns TIMEOUT 600)
  endif()
endfunction()
