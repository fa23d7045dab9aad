// Where random bytes of this process come from.
#pragma once

namespace noetl::nats::sys {

/// OpenSSL takes its random bytes straight from the kernel from now on (getrandom). Its own generator gathers algorithms
/// and settings for two milliseconds before the first byte, and nats.c asks for eight bytes in every process.
/// Only for a process that is ours alone: call it first thing in main(), never in a library.
void use_kernel_random();

}  // namespace noetl::nats::sys
