# For users of msrkit, installed or as a part of their project: registers of their own.

# msrkit_add_registers(TARGET FOLDER): compiles the .yaml files below FOLDER (docs/catalogue-format.md) on top of msrkit's
# catalogue. TARGET, and what links it, can then include "msr/registers/NAME.hpp" for each register there, besides the
# built-in ones. What is wrong in a file stops the build, with file, line and reason. Once for a target.
function(msrkit_add_registers target folder)
    if(NOT TARGET ${target})
        message(FATAL_ERROR "msrkit_add_registers: there is no target ${target}")
    endif()
    if(TARGET ${target}_registers)
        message(FATAL_ERROR "msrkit_add_registers: ${target} has its registers already; put all files below one folder")
    endif()
    cmake_path(ABSOLUTE_PATH folder BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" NORMALIZE)
    file(GLOB_RECURSE files CONFIGURE_DEPENDS "${folder}/*.yaml")
    if(NOT files)
        message(FATAL_ERROR "msrkit_add_registers: ${folder} holds no .yaml file")
    endif()
    get_property(catalogue GLOBAL PROPERTY MSRKIT_CATALOGUE)
    file(GLOB_RECURSE built_in "${catalogue}/*.yaml")

    set(generated "${CMAKE_CURRENT_BINARY_DIR}/${target}_registers")
    # A file that went is newer than nothing; the list of files is.
    file(CONFIGURE OUTPUT "${generated}/files.txt" CONTENT "${files};${built_in}\n")
    add_custom_command(
        OUTPUT "${generated}/registers.stamp"
        COMMAND msrkit::msr-catalogue emit --on "${catalogue}" "${folder}" "${generated}"
        COMMAND "${CMAKE_COMMAND}" -E touch "${generated}/registers.stamp"
        DEPENDS msrkit::msr-catalogue ${files} ${built_in} "${generated}/files.txt"
        COMMENT "Compiling the registers of ${target}"
        VERBATIM)
    add_custom_target(${target}_registers DEPENDS "${generated}/registers.stamp")
    add_dependencies(${target} ${target}_registers)

    # Its folder comes first: where both have a header, this one knows of all registers.
    get_target_property(type ${target} TYPE)
    if(type STREQUAL "INTERFACE_LIBRARY")
        target_include_directories(${target} BEFORE INTERFACE "${generated}")
    else()
        target_include_directories(${target} BEFORE PUBLIC "${generated}")
        set_property(TARGET ${target} APPEND PROPERTY LINK_LIBRARIES msrkit::registers)
    endif()
    # As properties: target_link_libraries would impose its keywords on the user's own calls.
    set_property(TARGET ${target} APPEND PROPERTY INTERFACE_LINK_LIBRARIES msrkit::registers)
endfunction()
