# SPDX-License-Identifier: Apache-2.0
# The language and the warnings that every target of ours has.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

set(ITSY_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize= takes them")

add_library(itsy-compiler INTERFACE)
target_include_directories(itsy-compiler INTERFACE ${PROJECT_SOURCE_DIR})
# Before the system's: what is wrong there in C++.
target_include_directories(itsy-compiler SYSTEM BEFORE INTERFACE ${PROJECT_SOURCE_DIR}/cmake/uapi)
target_compile_options(itsy-compiler INTERFACE -ffunction-sections -fdata-sections
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast -Wnon-virtual-dtor
    -Woverloaded-virtual -Wextra-semi -Werror $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>)
target_link_options(itsy-compiler INTERFACE -Wl,--gc-sections)
if(ITSY_SANITIZE)
    target_compile_options(itsy-compiler INTERFACE
        -fsanitize=${ITSY_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(itsy-compiler INTERFACE -fsanitize=${ITSY_SANITIZE})
endif()

# Tests link what the libraries are without link-time optimisation, which would compile the libraries once more for each
# of them. What ships, and what is measured, is optimised as a whole.
if(CMAKE_INTERPROCEDURAL_OPTIMIZATION)
    target_compile_options(itsy-compiler INTERFACE -ffat-lto-objects)
endif()

# itsy_library(NAME folder's sources... LINKS libraries...): one library per top-level folder. It links only what
# the folder may include.
function(itsy_library name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINKS")
    add_library(itsy-${name} STATIC ${arg_SOURCES})
    target_link_libraries(itsy-${name} PUBLIC itsy-compiler ${arg_LINKS})
endfunction()
