# A room is a line of src/LAYERS and the folder of that name. A room without a .c file yet is left
# out. OUTPOST_ROOMS is the list of libraries, top room first: the order a linker wants.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(room_libs REQUIRED IMPORTED_TARGET
	expat
	gnutls
	inih
	jansson
	libcrypto
	libcurl
	libjpeg
	libmicrohttpd
	libpng
	libpq
	libsodium
	libxxhash
	libzip
	libzstd
	sqlite3
	xlsxwriter
	zlib)
add_library(outpost_libs INTERFACE)
target_link_libraries(outpost_libs INTERFACE sql_made PkgConfig::room_libs Threads::Threads m)

include(cmake/sql.cmake)

set(OUTPOST_CONSOLE ${CMAKE_SOURCE_DIR}/build/console/dist CACHE PATH
	"The console as npm built it; without it a page is packed that says so")

# How Chinese is read, from ICU: the build needs it, the program does not.
pkg_check_modules(icu REQUIRED IMPORTED_TARGET icu-i18n icu-uc)
add_executable(make_han tools/han.c)
target_link_libraries(make_han PRIVATE PkgConfig::icu)
set(han ${made}/base/han_table.h)
file(MAKE_DIRECTORY ${made}/base)
add_custom_command(OUTPUT ${han} COMMAND make_han > ${han} DEPENDS make_han)

set(layers ${CMAKE_SOURCE_DIR}/src/LAYERS)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${layers})
file(STRINGS ${layers} rooms REGEX "^[a-z]+(/[a-z]+)*$")
set(OUTPOST_ROOMS "")
foreach(room IN LISTS rooms)
	file(GLOB sources CONFIGURE_DEPENDS src/${room}/*.c)
	list(REMOVE_ITEM sources ${CMAKE_SOURCE_DIR}/src/cli/main.c)

	# What ships inside the program: the profiles, the clocks.
	set(stub ${CMAKE_SOURCE_DIR}/src/${room}/builtin.S)
	if(EXISTS ${stub})
		file(STRINGS ${stub} builtin REGEX "\\.incbin")
		string(REGEX REPLACE ".*\"(.*)\".*" "${CMAKE_SOURCE_DIR}/\\1" builtin ${builtin})
		enable_language(ASM)
		list(APPEND sources ${stub})
		set_source_files_properties(${stub} PROPERTIES
			OBJECT_DEPENDS ${builtin} # the assembler's .incbin tells ninja nothing
			COMPILE_OPTIONS "-Wa,-I,${CMAKE_SOURCE_DIR}")
	endif()

	# The console, or a page that says how to build it.
	if(room STREQUAL "http" AND sources)
		file(GLOB_RECURSE dist CONFIGURE_DEPENDS ${OUTPOST_CONSOLE}/*)
		set(folder ${OUTPOST_CONSOLE})
		if(NOT dist)
			set(folder ${CMAKE_SOURCE_DIR}/src/http/stub)
			file(GLOB dist ${folder}/*)
		endif()
		set(packed ${CMAKE_BINARY_DIR}/packed)
		add_custom_command(OUTPUT ${packed}/http_console.c
			COMMAND ${CMAKE_SOURCE_DIR}/tools/assets.sh ${folder} ${packed} http_console
			DEPENDS ${dist} ${CMAKE_SOURCE_DIR}/tools/assets.sh VERBATIM)
		list(APPEND sources ${packed}/http_console.c)
	endif()

	if(room STREQUAL "base")
		list(APPEND sources ${han})
	endif()
	if(sources)
		string(REPLACE "/" "_" target room_${room})
		add_library(${target} STATIC ${sources})
		target_link_libraries(${target} PUBLIC outpost_libs)
		list(PREPEND OUTPOST_ROOMS ${target})
	endif()
endforeach()

# These files, and only these, may use AVX2; who calls them asks the processor first.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
	file(GLOB wide CONFIGURE_DEPENDS src/engine/trace/*_avx2.c)
	set_source_files_properties(${wide} PROPERTIES
		COMPILE_OPTIONS "-mavx2;-mbmi2;-mpopcnt;-mlzcnt")
	file(GLOB widest CONFIGURE_DEPENDS src/engine/trace/*_avx512.c)
	# gcc 12 puts the frames that it keeps, to catch their use after return, on 32 bytes; a
	# variable of 64 bytes in one is then stored to with an instruction that traps.
	if(OUTPOST_SANITIZE MATCHES "address" AND CMAKE_C_COMPILER_ID STREQUAL "GNU")
		set(frames "--param=asan-use-after-return=0")
	endif()
	set_source_files_properties(${widest} PROPERTIES COMPILE_OPTIONS
		"-mavx2;-mbmi2;-mpopcnt;-mlzcnt;-mavx512f;-mavx512bw;-mavx512vbmi;${frames}")
endif()
