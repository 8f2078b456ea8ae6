/* What instructions that depend on nothing tell of the core. */
#pragma once

#define PK_NOPS_READ 100000 /* five microseconds: reading the clock is a hundredth of that */

/* What a no-op takes here and now, in seconds, over so many of them; 0 where this build knows none. */
double pk_nop_seconds(void);
