/* A denied store whose handler runs on an alternate stack. The stack has the same key as the page, or none. */
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/utsname.h>

#include "benchmark.h"
#include "frame.h"
#include "memory/domain.h"
#include "memory/trap.h"

/* Room for the signal frame of any CPU: with Intel's AMX it takes 11 KiB. */
#define STACK_PAGES 16

struct altstack {
    struct pk_domain domain;   /* the page that is stored into, and the stack if it has the same key */
    struct pk_region plain;    /* the stack if it has no key */
    const char *base;          /* lowest address of the stack */
    const char *volatile seen; /* an address on the stack that the handler used */
    stack_t before;
    bool installed;
    struct handler handler;
};

/* The benchmark that the handler belongs to. */
static struct altstack *volatile current;

static __attribute__((used)) void allow_key(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    current->seen = __builtin_frame_address(0);
    if (handler_take(&current->handler, info, context))
        frame_allow_key(context, current->domain.key.number);
}

#if PK_HAS_PKRU
/* The kernel enters a handler with the initial PKRU, which denies the stack. So nothing may be pushed before all keys
 * are open. EDI, RSI and RDX hold the handler's arguments. On return, the kernel restores PKRU from the frame. */
static __attribute__((naked)) void open_stack(void)
{
    __asm__ volatile("mov %rdx, %r8\n\t"
                     "xor %eax, %eax\n\t"
                     "xor %ecx, %ecx\n\t"
                     "xor %edx, %edx\n\t" PK_WRPKRU "mov %r8, %rdx\n\t"
                     "jmp allow_key");
}
#else
static void open_stack(void)
{
}
#endif

static int support_keyed(const int64_t *point)
{
    struct utsname system;
    unsigned major = 0, minor = 0;

    (void)point;
    if (uname(&system) || sscanf(system.release, "%u.%u", &major, &minor) != 2)
        return pk_error(errno, "uname");
    return major > 6 || (major == 6 && minor >= 12) ? 0
                                                    : pk_skip("Linux before 6.12 kills a process whose alternate "
                                                              "signal stack is denied by a key; this is Linux %s",
                                                              system.release);
}

static int set_up_stack(struct altstack *altstack, char *base)
{
    stack_t stack = {.ss_sp = base, .ss_size = STACK_PAGES * pk_page_size()};

    altstack->base = base;
    if (sigaltstack(&stack, &altstack->before))
        return pk_error(errno, "sigaltstack");
    altstack->installed = true;
    return 0;
}

static int setup_plain(void *state, const int64_t *point)
{
    struct altstack *altstack = state;
    int status = pk_domain_map(&altstack->domain, 1, PKEY_DISABLE_ACCESS);

    (void)point;
    current = altstack;
    altstack->handler.code = SEGV_PKUERR;
    if (!status)
        status = pk_region_map(&altstack->plain, STACK_PAGES);
    if (!status)
        status = set_up_stack(altstack, altstack->plain.base);
    return status ? status : handler_install(&altstack->handler, SIGSEGV, SA_ONSTACK, allow_key);
}

static int setup_keyed(void *state, const int64_t *point)
{
    struct altstack *altstack = state;
    int status = pk_domain_map(&altstack->domain, 1 + STACK_PAGES, PKEY_DISABLE_ACCESS);

    (void)point;
    current = altstack;
    altstack->handler.code = SEGV_PKUERR;
    if (!status)
        status = set_up_stack(altstack, altstack->domain.region.base + pk_page_size());
    return status ? status
                  : handler_install(&altstack->handler, SIGSEGV, SA_ONSTACK,
                                    (void (*)(int, siginfo_t *, void *))open_stack);
}

static void teardown(void *state)
{
    struct altstack *altstack = state;

    handler_remove(&altstack->handler);
    current = NULL;
    if (altstack->installed)
        sigaltstack(&altstack->before, NULL);
    pk_region_unmap(&altstack->plain);
    pk_domain_unmap(&altstack->domain);
}

static int run(void *state, uint64_t loops)
{
    struct altstack *altstack = state;
    char *address = altstack->domain.region.base;
    uint32_t closed = altstack->domain.key.closed;

    handler_begin(&altstack->handler, loops);
    PK_REPEAT(loops) {
        frame_store(address);
        pk_wrpkru(closed);
    }
    return handler_end(&altstack->handler);
}

/* Prove that the key denies the page, and the stack if that has the same key. */
static int prove_closed(struct altstack *altstack)
{
    int pkey = altstack->domain.key.number;
    int status = pk_region_audit(&altstack->domain.region, PROT_READ | PROT_WRITE, pkey);

    if (!status)
        status = pk_prove_refused(PK_LOAD, altstack->domain.region.base, pkey);
    if (!status)
        status = pk_prove_refused(PK_STORE, altstack->domain.region.base, pkey);
    if (status)
        return status;
    return altstack->plain.base ? pk_prove_allowed(PK_LOAD, (char *)altstack->base)
                                : pk_prove_refused(PK_LOAD, (char *)altstack->base, pkey);
}

static int verify(void *state)
{
    struct altstack *altstack = state;
    const struct pk_key *key = &altstack->domain.key;
    volatile char *byte = altstack->domain.region.base;
    int status = prove_closed(altstack), failed;
    char stored;

    if (status)
        return status;
    pk_wrpkru(key->open);
    *byte = 0;
    pk_wrpkru(key->closed);
    failed = run(state, 1);
    status = handler_prove_once(&altstack->handler);
    if (!status && failed)
        status = pk_disprove("the operation failed");
    if (!status && pk_rdpkru() != key->closed)
        status = pk_disprove("PKRU is 0x%08x instead of 0x%08x", pk_rdpkru(), key->closed);
    pk_wrpkru(key->open);
    stored = *byte;
    pk_wrpkru(key->closed);
    if (!status && !stored)
        status = pk_disprove("the store was not made");
    if (!status && (altstack->seen < altstack->base || altstack->seen >= altstack->base + STACK_PAGES * pk_page_size()))
        status = pk_disprove("the handler ran on another stack");
    return status ? status : prove_closed(altstack);
}

PK_BENCHMARK(altstack) = {
    .family = "fault",
    .name = "altstack",
    .group = "denied",
    .floor = "instruction/empty-loop",
    .needs = PK_NEEDS_KEYS,
    .operation = "a store denied by a key, the SIGSEGV handler on an alternate stack that allows the key in the frame "
                 "it returns to, the store again, and WRPKRU to close the key",
    .state_size = sizeof(struct altstack),
    .setup = setup_plain,
    .run = run,
    .verify = verify,
    .teardown = teardown,
};

PK_BENCHMARK(altstack_keyed) = {
    .family = "fault",
    .name = "altstack-keyed",
    .group = "denied",
    .floor = "instruction/empty-loop",
    .needs = PK_NEEDS_KEYS,
    .support = support_keyed,
    .operation =
        "a store denied by a key, the SIGSEGV handler on an alternate stack under the same key, which first opens the "
        "stack and then allows the key in the frame it returns to, the store again, and WRPKRU to close the key",
    .state_size = sizeof(struct altstack),
    .setup = setup_keyed,
    .run = run,
    .verify = verify,
    .teardown = teardown,
};
