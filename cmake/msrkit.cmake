# What every target of the project shares: the language, the warnings, and how a library and its tests are declared.
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release)
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O2")

# What a user of a library needs of it: where its headers are, and the language.
add_library(msrkit_headers INTERFACE)
target_include_directories(msrkit_headers INTERFACE "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>"
                           "$<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/generated>" "$<INSTALL_INTERFACE:include>")
target_compile_features(msrkit_headers INTERFACE cxx_std_23)

set(msrkit_warnings -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion
    -Wold-style-cast -Wnon-virtual-dtor -Wimplicit-fallthrough -Werror
    # A designated initialiser leaves the other members to their defaults on purpose.
    -Wno-missing-field-initializers)

# What the project's own code is compiled with; never passed on to a user's.
add_library(msrkit_options INTERFACE)
target_link_libraries(msrkit_options INTERFACE msrkit_headers)
target_compile_options(msrkit_options INTERFACE ${msrkit_warnings}
                       # g++ 12 sees overlaps in std::string's operator+ that are not there (GCC bug 105329).
                       $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
                       # libstdc++ 12's stable_sort uses what C++17 deprecated, and clang says so.
                       $<$<CXX_COMPILER_ID:Clang>:-Wno-deprecated-declarations>)
if(MSRKIT_SANITIZE)
    # Several sources are compiled as one: most of a build without optimising is reading headers. The other build compiles
    # each source by itself.
    set(CMAKE_UNITY_BUILD ON)
    set(CMAKE_UNITY_BUILD_BATCH_SIZE 12)
    target_compile_options(msrkit_options INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all -g1 $<$<CONFIG:Release>:-O1>
                           # With sanitizers, g++ 12 takes members of std::regex and std::optional for uninitialised.
                           $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
    target_link_options(msrkit_options INTERFACE -fsanitize=address,undefined)
endif()
if(MSRKIT_FUZZ)
    target_compile_options(msrkit_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

# msrkit_library(NAME SOURCES... ): a static library, msr_NAME, of the files beside its CMakeLists.txt.
function(msrkit_library name)
    add_library(msr_${name} STATIC ${ARGN})
    target_link_libraries(msr_${name} PUBLIC msrkit_headers PRIVATE $<BUILD_INTERFACE:msrkit_options>)
endfunction()

# msrkit_test(NAME SOURCES... LINK LIBRARIES...): a GoogleTest program and its entry in CTest, labelled `unit`.
function(msrkit_test name)
    if(NOT MSRKIT_TESTS)
        return()
    endif()
    cmake_parse_arguments(arg "" "" "LINK" ${ARGN})
    add_executable(${name}_test ${arg_UNPARSED_ARGUMENTS})
    target_link_libraries(${name}_test PRIVATE msrkit_options ${arg_LINK} GTest::gtest GTest::gtest_main)
    # What is tested is optimised, the tests are not: compiling them takes longer than running them.
    target_compile_options(${name}_test PRIVATE -O0)
    add_test(NAME unit.${name} COMMAND ${name}_test WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
    # Half a minute at most, but several times that under sanitizers and beside the labs.
    set_tests_properties(unit.${name} PROPERTIES LABELS unit TIMEOUT 600)
endfunction()

if(MSRKIT_TESTS)
    enable_testing()
    find_package(GTest REQUIRED)
endif()
