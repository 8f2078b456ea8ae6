/* The sizes at which ways to open and close are compared. mprotect costs more with every page, WRPKRU does not: a few
 * sizes show both. The family protect has the whole curve. */
#pragma once

#define SWITCH_PAGES_AXIS                                                                                  \
    {                                                                                                      \
        .name = "pages", .meaning = "resident 4 KiB pages in the region", .quick = "1,512",                \
        .points = "1,8,33,34,128,512,4096,16384", .more = "2,16,64,256,1024,65536,262144,1048576,10485760" \
    }
