# Every test/<folder>/<name>.c is one program test_<name>, every test/<folder>/<name>.sh one shell
# test; the label is the folder. test/support is no test but a library for all of them.
# Each runs in a private, empty folder, which is also its TMPDIR. Exit code 77 means: skipped.
pkg_check_modules(cmocka REQUIRED IMPORTED_TARGET cmocka)

file(GLOB support CONFIGURE_DEPENDS test/support/*.c)
list(FILTER support EXCLUDE REGEX "/(clocked|cheap)\\.c$")
if(support)
	add_library(test_support STATIC ${support})
	target_include_directories(test_support PUBLIC test)
	target_link_libraries(test_support PUBLIC ${OUTPOST_ROOMS} outpost_libs
		PkgConfig::cmocka)
	# Hundreds of programs, and twice as quick to link. What is shipped is linked as ever.
	find_program(OUTPOST_GOLD ld.gold)
	if(OUTPOST_GOLD)
		target_link_options(test_support PUBLIC -fuse-ld=gold)
	endif()
endif()

# The program with a clock that a test moves; never installed.
add_executable(outpost_clocked src/cli/main.c test/support/clocked.c)
target_link_libraries(outpost_clocked PRIVATE ${OUTPOST_ROOMS} outpost_libs)
target_link_options(outpost_clocked PRIVATE -Wl,--wrap=clock_gettime)

# What a password costs is asked by those tests alone that are about it.
add_library(test_cheap OBJECT test/support/cheap.c)
target_link_libraries(test_cheap PUBLIC outpost_libs)
target_link_options(test_cheap INTERFACE -Wl,--wrap=crypto_pwhash_str_alg)
set(dear test_password test_policy)

set(OUTPOST_SHARED_DATA ${CMAKE_SOURCE_DIR}/../shared/data CACHE PATH
	"Real data that is no part of the project; tests that want it skip without it")

set(environment
	OUTPOST=${CMAKE_BINARY_DIR}/outpost
	OUTPOST_BUILD=${CMAKE_BINARY_DIR}
	OUTPOST_SOURCE=${CMAKE_SOURCE_DIR}
	OUTPOST_SHARED_DATA=${OUTPOST_SHARED_DATA}
	ASAN_OPTIONS=detect_stack_use_after_return=1
	TSAN_OPTIONS=halt_on_error=1
	UBSAN_OPTIONS=print_stacktrace=1)
function(register name label)
	add_test(NAME ${name} COMMAND ${CMAKE_SOURCE_DIR}/tools/in_temp.sh ${ARGN})
	set_tests_properties(${name} PROPERTIES LABELS "${label}" TIMEOUT 900 SKIP_RETURN_CODE 77
		ENVIRONMENT "${environment}")
endfunction()

file(GLOB_RECURSE tests CONFIGURE_DEPENDS test/*.c test/*.sh)
list(FILTER tests EXCLUDE REGEX "/test/support/")
if(OUTPOST_SANITIZE OR OUTPOST_COVERAGE)
	# The console is no C: its tests run once, beside the program as it is shipped.
	list(FILTER tests EXCLUDE REGEX "/test/console/")
endif()
foreach(file IN LISTS tests)
	cmake_path(GET file STEM name)
	cmake_path(GET file PARENT_PATH label)
	cmake_path(RELATIVE_PATH label BASE_DIRECTORY ${CMAKE_SOURCE_DIR}/test)
	if(file MATCHES "\\.c$")
		add_executable(test_${name} ${file})
		target_include_directories(test_${name} PRIVATE test)
		target_link_libraries(test_${name} PRIVATE
			$<TARGET_NAME_IF_EXISTS:test_support> ${OUTPOST_ROOMS} outpost_libs
			PkgConfig::cmocka)
		if(NOT test_${name} IN_LIST dear)
			target_link_libraries(test_${name} PRIVATE test_cheap)
		endif()
		register(test_${name} ${label} $<TARGET_FILE:test_${name}>)
	else()
		register(${label}_${name} ${label} bash ${file})
		if(label STREQUAL "console")
			set_tests_properties(${label}_${name} PROPERTIES TIMEOUT 900)
		endif()
	endif()
endforeach()

# What takes longest begins first, or the rest has long been done while one still runs.
set(long whole followed attacks released loop_sweeps loop_week loop_power loop_killed
	epidemic_sweeps serve campaign contacts flow_sim question)
list(TRANSFORM long PREPEND test_)
foreach(test IN LISTS long ITEMS console_browser console_house console_shots packaging_deb)
	if(TEST ${test})
		set_tests_properties(${test} PROPERTIES COST 100)
	endif()
endforeach()

# How the project is written is part of the tests too, once: of the code as it is shipped.
if(NOT OUTPOST_SANITIZE AND NOT OUTPOST_COVERAGE)
	register(tools_layers style bash ${CMAKE_SOURCE_DIR}/tools/layers_test.sh)
	register(style_format style ${CMAKE_SOURCE_DIR}/tools/format.sh)
	register(style_layers style ${CMAKE_SOURCE_DIR}/tools/layers.sh)
	register(style_tidy style ${CMAKE_SOURCE_DIR}/tools/tidy.sh)
endif()
