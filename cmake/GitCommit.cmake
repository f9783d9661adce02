# Run by each build: writes the commit into a header, and touches the header only when it changed.
cmake_minimum_required(VERSION 3.25)  # A script of its own: it inherits no policies.
execute_process(COMMAND git describe --always --dirty --abbrev=40 --exclude=*
                WORKING_DIRECTORY "${SOURCE_DIR}"
                OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
file(CONFIGURE OUTPUT "${OUTPUT}" CONTENT "#define STAMPEDE_GIT_COMMIT \"@commit@\"\n" @ONLY)
