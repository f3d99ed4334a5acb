// Footprint: gives back to the system the memory that only starting up needed, so that what lives
// long stays small. The agent and the ExecHost call it on their main threads, once, before memory
// is locked and other threads start.
#pragma once

namespace keelvip::runtime {

/// Gives back freed memory, and the pages of the program and its libraries that were read so far
/// and never written: dynamic linking and the initialisation of libraries touch far more than ever
/// runs again. What is needed comes back from the page cache. Call before memory is locked; locked
/// pages stay.
void release_startup_pages();

}  // namespace keelvip::runtime
