/* Included by the source of the binding that cffi generates. */
#include "benchmark.h"
