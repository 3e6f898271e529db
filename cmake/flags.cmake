# How everything of ours is compiled. Assertions stay in: NDEBUG is undefined even if somebody
# asks cmake for a build type that defines it.
add_compile_options(-std=gnu11 ${OUTPOST_OPTIMIZE} -g -UNDEBUG -Wall -Wextra -Wpedantic -Wconversion
	-Wshadow -Wvla -Wmissing-prototypes -Wstrict-prototypes -Wformat=2)
if(OUTPOST_WERROR)
	add_compile_options(-Werror)
endif()
add_compile_definitions(_GNU_SOURCE)
include_directories(${CMAKE_SOURCE_DIR}/src)

# Neither assertions nor debug information say where on this machine the project was built.
add_compile_options(-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)

# No library we link can be given one of our functions for its own of the same name.
add_compile_options(-fvisibility=hidden)

set(CMAKE_POSITION_INDEPENDENT_CODE ON)
include(CheckPIESupported)
check_pie_supported(LANGUAGES C)
add_compile_options(-fstack-protector-strong)
add_link_options(-Wl,-z,relro,-z,now)

if(OUTPOST_SANITIZE)
	# _FORTIFY_SOURCE is left out: its checked variants hide calls from the sanitizers.
	add_compile_options(-fsanitize=${OUTPOST_SANITIZE} -fno-sanitize-recover=all
		-fno-omit-frame-pointer)
	add_link_options(-fsanitize=${OUTPOST_SANITIZE})
elseif(CMAKE_C_COMPILER_ID STREQUAL "GNU")
	# Not with clang: there glibc makes sprintf a macro, which base/ban.h then cannot poison.
	add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
endif()
if(OUTPOST_COVERAGE)
	add_compile_options(--coverage)
	add_link_options(--coverage)
endif()
