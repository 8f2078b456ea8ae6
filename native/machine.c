/* Describes this machine: CPUID, whether protection keys work, and if not, why. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "benchmark.h"
#include "cpu/pkey.h"
#include "memory/region.h"
#include "memory/trap.h"

/* Set by the build. */
#ifndef PK_COMPILER
#define PK_COMPILER "unknown"
#define PK_FLAGS "unknown"
#define PK_BUILD "unknown"
#endif

static struct pk_machine machine;
static char architecture[65];
static char missing[256];

static void read_cpuid(void)
{
    uint32_t leaf[4];

    pk_cpuid(7, 0, leaf);
    machine.cpu_pku = leaf[2] >> 3 & 1;
    machine.os_pke = leaf[2] >> 4 & 1;
    pk_cpuid(0xd, 9, leaf);
    machine.xstate_pkru_offset = leaf[1];
    pk_cpuid(1, 0, leaf);
    machine.hypervisor = leaf[2] >> 31;
    if (machine.hypervisor) {
        pk_cpuid(0x40000000, 0, leaf);
        machine.max_hypervisor_leaf = leaf[0];
        memcpy(machine.hypervisor_vendor, &leaf[1], 12);
    }
}

static uint32_t count_keys(void)
{
    int keys[PK_KEYS_MAX];
    uint32_t count = 0;

    while (count < PK_KEYS_MAX && (keys[count] = pk_pkey_alloc(PKEY_DISABLE_ACCESS)) > 0)
        count++;
    for (uint32_t i = 0; i < count; i++)
        pk_pkey_free(keys[i]);
    return count;
}

/* Whether a seccomp filter may refuse this process a system call. */
static int filtered(void)
{
    FILE *file = fopen("/proc/self/status", "re");
    char line[256];
    int mode = 0;

    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "Seccomp: %d", &mode) == 1)
            break;
    if (file)
        fclose(file);
    return mode == 2;
}

/* Say which of the three calls failed, how, and what may be in its way. */
static void keep_refused(const char *call, int error)
{
    snprintf(missing, sizeof missing, "the CPU and the kernel have protection keys, but %s fails: %s (errno %d)%s",
             call, strerror(error), error,
             error != ENOSPC && filtered() ? "; this process has a seccomp filter, which may refuse the call" : "");
}

/* A store that a key denies must fault because of that key. */
static int prove_store(const struct pk_region *region, int pkey)
{
    int status = pk_prove_refused(PK_STORE, region->base, pkey);

    if (status)
        return status;
    pk_set_rights(pkey, 0);
    return pk_prove_allowed(PK_STORE, region->base);
}

/* The last step of the detection. */
static void prove_key(int pkey)
{
    struct pk_region region = {0};
    int status = pk_region_map(&region, 1), refused = 0;

    if (!status)
        refused = pk_pkey_mprotect(region.base, pk_page_size(), PROT_READ | PROT_WRITE, pkey);
    if (refused)
        keep_refused("pkey_mprotect", -refused);
    else if (status || prove_store(&region, pkey))
        snprintf(missing, sizeof missing, "protection keys do not protect memory here: %s", pk_reason());
    pk_region_unmap(&region);
}

static const char *try_keys(void)
{
    int pkey, freed;

    machine.alloc_errno = -1;
    if (!PK_HAS_PKRU) {
        snprintf(missing, sizeof missing, "pkbench does not support protection keys on %s", architecture);
        return missing;
    }
    if (!machine.cpu_pku)
        return "the CPU has no protection keys (CPUID.7.0:ECX.PKU is clear)";
    if (!machine.os_pke)
        return "the kernel has not enabled protection keys (CPUID.7.0:ECX.OSPKE is clear)";
    machine.initial_pkru = pk_rdpkru();
    pkey = pk_pkey_alloc(PKEY_DISABLE_WRITE);
    machine.alloc_errno = pkey < 0 ? -pkey : 0;
    if (pkey < 0) {
        keep_refused("pkey_alloc", -pkey);
        return missing;
    }
    if (pk_pkru_rights(pk_rdpkru(), pkey) != PKEY_DISABLE_WRITE)
        snprintf(missing, sizeof missing, "pkey_alloc did not set the requested rights (PKRU is 0x%08x)", pk_rdpkru());
    else
        prove_key(pkey);
    freed = pk_pkey_free(pkey);
    if (freed && !missing[0])
        keep_refused("pkey_free", -freed);
    pk_wrpkru(machine.initial_pkru);
    return missing[0] ? missing : NULL;
}

static void probe(void)
{
    struct utsname name;

    if (uname(&name) == 0)
        memcpy(architecture, name.machine, sizeof architecture - 1);
    machine.architecture = architecture;
    machine.has_pkru = PK_HAS_PKRU;
    machine.glibc_pkeys = PK_HAS_GLIBC_PKEYS;
    machine.compiler = PK_COMPILER;
    machine.flags = PK_FLAGS;
    machine.build = PK_BUILD;
    read_cpuid();
    machine.keys_missing = try_keys();
    if (!machine.keys_missing)
        machine.keys = count_keys();
    if (!machine.keys_missing)
        pk_wrpkru(machine.initial_pkru);
}

const struct pk_machine *pk_machine_probe(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, probe);
    return &machine;
}
