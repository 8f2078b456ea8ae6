/* Why something could not be done: a sentence for the user, kept per thread and read by pk_reason(). */
#pragma once

/* Keep the reason, and return the code that goes with it. */
int pk_skip(const char *format, ...) __attribute__((format(printf, 1, 2)));     /* PK_SKIPPED */
int pk_disprove(const char *format, ...) __attribute__((format(printf, 1, 2))); /* PK_DISPROVED */
int pk_error(int error, const char *what); /* -error (given positive); the reason is "what: Cannot allocate memory" */

/* Forget the reason of what was done before. */
void pk_forget_reason(void);
