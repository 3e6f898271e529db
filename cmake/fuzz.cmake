# Every fuzz/<name>.c defines LLVMFuzzerTestOneInput. With OUTPOST_FUZZ it becomes the libFuzzer
# program fuzz_<name>; else fuzz_replay_<name>, a test that feeds it the inputs kept in
# fuzz/corpus/<name> and fuzz/found/<name>.
file(GLOB targets CONFIGURE_DEPENDS fuzz/*.c)
if(OUTPOST_FUZZ)
	file(GLOB support CONFIGURE_DEPENDS test/support/*.c)
	if(support)
		add_library(test_support STATIC ${support})
		target_include_directories(test_support PUBLIC test)
		target_link_libraries(test_support PUBLIC outpost_libs)
	endif()
endif()
foreach(file IN LISTS targets)
	cmake_path(GET file STEM name)
	# libFuzzer has no header that would declare the function.
	set_source_files_properties(${file} PROPERTIES
		COMPILE_OPTIONS -Wno-missing-prototypes)
	if(OUTPOST_FUZZ)
		set(target fuzz_${name})
		add_executable(${target} ${file})
		target_link_options(${target} PRIVATE -fsanitize=fuzzer)
	else()
		set(target fuzz_replay_${name})
		add_executable(${target} ${file} fuzz/replay/main.c)
		register(${target} fuzz $<TARGET_FILE:${target}>
			${CMAKE_SOURCE_DIR}/fuzz/corpus/${name}
			${CMAKE_SOURCE_DIR}/fuzz/found/${name})
	endif()
	target_include_directories(${target} PRIVATE test)
	target_link_libraries(${target} PRIVATE $<TARGET_NAME_IF_EXISTS:test_support>
		${OUTPOST_ROOMS} outpost_libs)
endforeach()
