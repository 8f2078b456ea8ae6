/* What the generated binding is compiled with. */
#include "benchmark.h"
