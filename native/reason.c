#include "reason.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "interface.h"

static _Thread_local char reason[512];

const char *pk_reason(void)
{
    return reason;
}

void pk_forget_reason(void)
{
    reason[0] = '\0';
}

static void explain(const char *format, va_list arguments)
{
    vsnprintf(reason, sizeof reason, format, arguments);
}

int pk_skip(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    explain(format, arguments);
    va_end(arguments);
    return PK_SKIPPED;
}

int pk_disprove(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    explain(format, arguments);
    va_end(arguments);
    return PK_DISPROVED;
}

int pk_error(int error, const char *what)
{
    snprintf(reason, sizeof reason, "%s: %s", what, strerror(error));
    return -error;
}
