# The commands that need no kernel, as a library: `keelvip` and their tests link it.
set(cmd_root ${PROJECT_BINARY_DIR}/include/cmd)
file(MAKE_DIRECTORY ${cmd_root})
file(CREATE_LINK ${PROJECT_SOURCE_DIR}/cmd ${cmd_root}/cmd SYMBOLIC)

add_library(keelvip_status_commands STATIC
  age.cc answer_reader.cc client.cc describe.cc drain.cc get.cc output.cc simulate.cc simulation.cc table.cc)
target_include_directories(keelvip_status_commands PUBLIC ${cmd_root})
target_link_libraries(keelvip_status_commands
  PUBLIC keelvip::api keelvip::drain keelvip::runtime keelvip::sim keelvip::specfile
  PRIVATE keelvip_warnings CURL::libcurl nlohmann_json::nlohmann_json)

if(BUILD_TESTING)
  add_executable(cmd_test age_test.cc describe_test.cc drain_test.cc get_test.cc output_test.cc
    simulate_test.cc simulation_test.cc table_test.cc ${PROJECT_SOURCE_DIR}/pkg/specfile/temporary_directory.cc
    ${PROJECT_SOURCE_DIR}/pkg/status/example_snapshot.cc)
  target_compile_definitions(cmd_test PRIVATE
    KEELVIP_TESTDATA="${CMAKE_CURRENT_SOURCE_DIR}/testdata"
    KEELVIP_SIMULATE_DOC="${PROJECT_SOURCE_DIR}/docs/reference/simulate.md")
  target_link_libraries(cmd_test PRIVATE
    keelvip_status_commands keelvip::httpapi keelvip_test_main keelvip_warnings)
  add_test(NAME unit.cmd COMMAND cmd_test)
  set_tests_properties(unit.cmd PROPERTIES LABELS unit TIMEOUT 600)
endif()
