# What every target of the project shares: the language, the warnings, and how a library and its tests are declared.
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release)
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O2")

add_library(msrkit_options INTERFACE)
target_compile_options(msrkit_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion
                       -Wold-style-cast -Wnon-virtual-dtor -Wimplicit-fallthrough -Werror
                       # A designated initialiser leaves the other members to their defaults on purpose.
                       -Wno-missing-field-initializers
                       # g++ 12 sees overlaps in std::string's operator+ that are not there (GCC bug 105329).
                       $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
target_include_directories(msrkit_options INTERFACE "${PROJECT_SOURCE_DIR}" "${PROJECT_BINARY_DIR}/generated")
if(MSRKIT_SANITIZE)
    target_compile_options(msrkit_options INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all -g -O1)
    target_link_options(msrkit_options INTERFACE -fsanitize=address,undefined)
endif()

# msrkit_library(NAME SOURCES... ): a static library, msr_NAME, of the files beside its CMakeLists.txt.
function(msrkit_library name)
    add_library(msr_${name} STATIC ${ARGN})
    target_link_libraries(msr_${name} PUBLIC msrkit_options)
endfunction()

# msrkit_test(NAME SOURCES... LINK LIBRARIES...): a GoogleTest program and its entry in CTest, labelled `unit`.
function(msrkit_test name)
    if(NOT MSRKIT_TESTS)
        return()
    endif()
    cmake_parse_arguments(arg "" "" "LINK" ${ARGN})
    add_executable(${name}_test ${arg_UNPARSED_ARGUMENTS})
    target_link_libraries(${name}_test PRIVATE msrkit_options ${arg_LINK} GTest::gtest GTest::gtest_main)
    add_test(NAME unit.${name} COMMAND ${name}_test WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
    set_tests_properties(unit.${name} PROPERTIES LABELS unit TIMEOUT 120)
endfunction()

if(MSRKIT_TESTS)
    enable_testing()
    find_package(GTest REQUIRED)
endif()
