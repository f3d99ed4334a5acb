// The functions by which libFuzzer and a target know each other. A target defines the first and may
// define the second; libFuzzer, or replay_main.cc where there is none, calls them.
#pragma once

#include <cstddef>
#include <cstdint>

extern "C" {

/// Runs one input; ends the program when a property does not hold.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

/// Makes another input out of `data`, in place; returns its size.
std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                    unsigned seed);

/// libFuzzer's own mutations.
std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);
}
