# SPDX-License-Identifier: Apache-2.0
# Bare-metal arm64 guests: one assembly file, one flat binary, at least as long as a kernel header (64 bytes). And
# programs for guests that run Linux.
set(ITSY_EMBED_SCRIPT ${CMAKE_CURRENT_LIST_DIR}/embed.cmake)
find_program(ITSY_GUEST_CC NAMES aarch64-linux-gnu-gcc REQUIRED)
find_program(ITSY_GUEST_OBJCOPY NAMES aarch64-linux-gnu-objcopy REQUIRED)

# itsy_bare_guest(NAME SOURCE): builds NAME.bin, linked at address 0 and position-independent by construction.
function(itsy_bare_guest name source)
    set(elf ${CMAKE_CURRENT_BINARY_DIR}/${name}.elf)
    set(bin ${CMAKE_CURRENT_BINARY_DIR}/${name}.bin)
    get_filename_component(source ${source} ABSOLUTE)
    get_filename_component(folder ${source} DIRECTORY)
    file(GLOB headers CONFIGURE_DEPENDS ${folder}/*.inc)
    add_custom_command(
        OUTPUT ${bin}
        COMMAND ${ITSY_GUEST_CC} -nostdlib -static -Wl,-Ttext=0,--build-id=none,--no-warn-rwx-segments -I${folder}
                -o ${elf} ${source}
        COMMAND ${ITSY_GUEST_OBJCOPY} -O binary --pad-to=64 ${elf} ${bin}
        DEPENDS ${source} ${headers} VERBATIM)
    add_custom_target(guest-${name} ALL DEPENDS ${bin})
endfunction()

# itsy_embed_guest(TARGET NAME SOURCE): builds NAME.bin and makes it part of TARGET as
# `std::span<const std::byte> embedded::NAME()`, NAME being a C++ identifier.
function(itsy_embed_guest target name source)
    itsy_bare_guest(${name} ${source})
    set(bin ${CMAKE_CURRENT_BINARY_DIR}/${name}.bin)
    set(code ${CMAKE_CURRENT_BINARY_DIR}/${name}.cpp)
    add_custom_command(
        OUTPUT ${code}
        COMMAND ${CMAKE_COMMAND} -D name=${name} -D bin=${bin} -D code=${code} -P ${ITSY_EMBED_SCRIPT}
        DEPENDS ${bin} ${ITSY_EMBED_SCRIPT} VERBATIM)
    target_sources(${target} PRIVATE ${code})
endfunction()

# itsy_linux_guest(NAME SOURCE): builds NAME, a static arm64 Linux program in C.
function(itsy_linux_guest name source)
    set(program ${CMAKE_CURRENT_BINARY_DIR}/${name})
    get_filename_component(source ${source} ABSOLUTE)
    add_custom_command(
        OUTPUT ${program}
        COMMAND ${ITSY_GUEST_CC} -std=c11 -O2 -static -pthread -Wall -Wextra -Wshadow -Wconversion -Werror
                -Wl,--build-id=none -s -o ${program} ${source}
        DEPENDS ${source} VERBATIM)
    add_custom_target(guest-${name} ALL DEPENDS ${program})
endfunction()
