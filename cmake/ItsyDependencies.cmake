# SPDX-License-Identifier: Apache-2.0
# Libraries, all from Debian packages. Those of the itsy binary are linked statically: symbols of shared libraries
# would be resolved at each start, and a start is something that we measure.
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(tl-expected REQUIRED)
find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)
find_path(FDT_INCLUDE libfdt.h REQUIRED)
find_library(FDT_LIBRARY libfdt.a REQUIRED)
find_path(URING_INCLUDE liburing.h REQUIRED)
find_library(URING_LIBRARY liburing.a REQUIRED)

add_library(itsy-fdt INTERFACE)
target_include_directories(itsy-fdt SYSTEM INTERFACE ${FDT_INCLUDE})
target_link_libraries(itsy-fdt INTERFACE ${FDT_LIBRARY})

add_library(itsy-uring INTERFACE)
target_include_directories(itsy-uring SYSTEM INTERFACE ${URING_INCLUDE})
target_link_libraries(itsy-uring INTERFACE ${URING_LIBRARY})

# Debian packages fmt as a shared library only; this is its library, compiled from its headers.
add_library(itsy-fmt STATIC ${CMAKE_CURRENT_LIST_DIR}/fmt.cpp)
get_target_property(fmt_headers fmt::fmt INTERFACE_INCLUDE_DIRECTORIES)
target_include_directories(itsy-fmt SYSTEM PUBLIC ${fmt_headers})
if(CMAKE_INTERPROCEDURAL_OPTIMIZATION)
    target_compile_options(itsy-fmt PRIVATE -ffat-lto-objects) # as ItsyCompiler.cmake says
endif()
