# SPDX-License-Identifier: Apache-2.0
# Builds for arm64 against a sysroot that is unpacked from Debian's arm64 packages, without root, on first use.
# On an arm64 Debian the same compiler is the native one, so the preset works there too.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)

get_filename_component(itsy_source ${CMAKE_CURRENT_LIST_DIR} DIRECTORY)
set(itsy_sysroot ${itsy_source}/build/sysroot-arm64)
if(NOT EXISTS ${itsy_sysroot}.manifest)
    message(STATUS "Unpacking the arm64 sysroot")
    execute_process(
        COMMAND ${itsy_source}/packaging/debian-unpack --arch arm64 --state ${itsy_source}/build/apt
                --output ${itsy_sysroot} --manifest ${itsy_sysroot}.manifest
                libc6-dev libstdc++-12-dev libfmt-dev libexpected-dev libcli11-dev nlohmann-json3-dev liburing-dev
                libfdt-dev zlib1g-dev libgtest-dev libbenchmark-dev
        RESULT_VARIABLE result)
    if(NOT result EQUAL 0)
        message(FATAL_ERROR "The arm64 sysroot could not be made; the lines above say why")
    endif()
endif()

set(CMAKE_SYSROOT ${itsy_sysroot})
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
set(CMAKE_FIND_ROOT_PATH ${itsy_sysroot})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)

if(NOT CMAKE_HOST_SYSTEM_PROCESSOR STREQUAL "aarch64")
    find_program(ITSY_QEMU_USER NAMES qemu-aarch64-static qemu-aarch64)
    if(ITSY_QEMU_USER)
        set(CMAKE_CROSSCOMPILING_EMULATOR ${ITSY_QEMU_USER} -L ${itsy_sysroot})
    endif()
endif()
