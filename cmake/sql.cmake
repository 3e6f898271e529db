# Every src/<room>/<noun>.sql becomes "<room>/<noun>.sql.h" and its constants; schema/ becomes the
# list of steps. All of it is data, in one library that every room may lean on.
set(made ${CMAKE_BINARY_DIR}/sql)
set(sqlgen ${CMAKE_SOURCE_DIR}/tools/sqlgen.awk)
file(GLOB_RECURSE statements CONFIGURE_DEPENDS src/*.sql)
file(GLOB steps CONFIGURE_DEPENDS schema/*.sql)
# The vault has a database of its own: its statements are not among sql_all, its steps begin with
# the same first one.
set(house_statements ${statements})
list(FILTER house_statements EXCLUDE REGEX "/src/vault/")
file(GLOB vault_steps CONFIGURE_DEPENDS schema/vault/*.sql)
list(PREPEND vault_steps ${CMAKE_SOURCE_DIR}/schema/0001_step.sql)

function(sqlgen_file output mode)
	cmake_path(GET output PARENT_PATH folder)
	file(MAKE_DIRECTORY ${folder})
	add_custom_command(OUTPUT ${output}
		COMMAND awk -v mode=${mode} -f ${sqlgen} ${ARGN} > ${output}.new
		COMMAND mv ${output}.new ${output}
		DEPENDS ${sqlgen} ${ARGN})
endfunction()

set(sql_made ${made}/sql_all.c ${made}/steps.c ${made}/vault_steps.c)
sqlgen_file(${made}/sql_all.c all ${house_statements})
sqlgen_file(${made}/steps.c steps ${steps})
sqlgen_file(${made}/vault_steps.c vault_steps ${vault_steps})
foreach(file IN LISTS statements)
	cmake_path(RELATIVE_PATH file BASE_DIRECTORY ${CMAKE_SOURCE_DIR}/src OUTPUT_VARIABLE place)
	sqlgen_file(${made}/${place}.h h ${file})
	sqlgen_file(${made}/${place}.c c ${file})
	list(APPEND sql_made ${made}/${place}.h ${made}/${place}.c)
endforeach()
add_library(sql_made STATIC ${sql_made})
target_include_directories(sql_made PUBLIC ${made})
target_compile_options(sql_made PRIVATE -Wno-overlength-strings)
