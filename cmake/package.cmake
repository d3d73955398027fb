# The names under which users know the targets, whether msrkit is installed or a part of their project, and what
# `cmake --install` puts where. Components: `registers` (headers, catalogue, msr-catalogue) is all that typed registers
# need; `libraries`; `tool`.
set(msrkit_installed_libraries built_in catalogue catalogue_load context host profile rules virt)

foreach(name registers ${msrkit_installed_libraries})
    add_library(msrkit::${name} ALIAS msr_${name})
    set_target_properties(msr_${name} PROPERTIES EXPORT_NAME ${name})
endforeach()
add_executable(msrkit::msr-catalogue ALIAS msr-catalogue)
set_property(GLOBAL PROPERTY MSRKIT_CATALOGUE "${PROJECT_SOURCE_DIR}/catalogue")
include("${CMAKE_CURRENT_LIST_DIR}/add_registers.cmake")

if(NOT PROJECT_IS_TOP_LEVEL)
    return()
endif()
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(package "${CMAKE_INSTALL_LIBDIR}/cmake/msrkit")
set(catalogue "${CMAKE_INSTALL_DATADIR}/msrkit/catalogue")

foreach(folder "${PROJECT_SOURCE_DIR}/msr" "${PROJECT_BINARY_DIR}/generated/msr")
    install(DIRECTORY "${folder}" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT registers
            FILES_MATCHING PATTERN "*.hpp" PATTERN "test" EXCLUDE PATTERN "testdata" EXCLUDE
            PATTERN "must_not_compile" EXCLUDE PATTERN "sequences" EXCLUDE PATTERN "test_*.hpp" EXCLUDE)
endforeach()
install(DIRECTORY "${PROJECT_SOURCE_DIR}/catalogue/" DESTINATION "${catalogue}" COMPONENT registers
        FILES_MATCHING PATTERN "*.yaml" PATTERN "*.json")
install(TARGETS msrkit_headers msr_registers EXPORT msrkit-registers)
install(TARGETS msr-catalogue EXPORT msrkit-registers RUNTIME COMPONENT registers)
install(EXPORT msrkit-registers NAMESPACE msrkit:: DESTINATION "${package}" COMPONENT registers)

list(TRANSFORM msrkit_installed_libraries PREPEND msr_ OUTPUT_VARIABLE libraries)
install(TARGETS ${libraries} EXPORT msrkit-libraries ARCHIVE COMPONENT libraries)
install(EXPORT msrkit-libraries NAMESPACE msrkit:: DESTINATION "${package}" COMPONENT libraries)
install(TARGETS msr RUNTIME COMPONENT tool)

configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/msrkitConfig.cmake.in" "${PROJECT_BINARY_DIR}/msrkitConfig.cmake"
                              INSTALL_DESTINATION "${package}" PATH_VARS catalogue)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/msrkitConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/msrkitConfig.cmake" "${PROJECT_BINARY_DIR}/msrkitConfigVersion.cmake"
              "${CMAKE_CURRENT_LIST_DIR}/add_registers.cmake"
        DESTINATION "${package}" COMPONENT registers)
