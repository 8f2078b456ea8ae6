/* The table of benchmarks, which the linker assembles, and the check of what each needs from the machine. */
#include "benchmark.h"

extern const struct pk_entry __start_pk_benchmarks[];
extern const struct pk_entry __stop_pk_benchmarks[];

size_t pk_benchmark_count(void)
{
    return (size_t)(__stop_pk_benchmarks - __start_pk_benchmarks);
}

const struct pk_benchmark *pk_benchmark_at(size_t index)
{
    return index < pk_benchmark_count() ? __start_pk_benchmarks[index].benchmark : NULL;
}

const char *pk_benchmark_file(size_t index)
{
    return index < pk_benchmark_count() ? __start_pk_benchmarks[index].file : NULL;
}

long pk_benchmark_line(size_t index)
{
    return index < pk_benchmark_count() ? __start_pk_benchmarks[index].line : 0;
}

int pk_benchmark_skipped(const struct pk_benchmark *benchmark, const int64_t *point)
{
    const struct pk_machine *machine = pk_machine_probe();

    if (benchmark->needs & PK_NEEDS_X86 && !machine->has_pkru)
        return pk_skip("the operation is an x86-64 instruction, and this machine is %s", machine->architecture);
    if (benchmark->needs & PK_NEEDS_KEYS && machine->keys_missing)
        return pk_skip("%s", machine->keys_missing);
    if (benchmark->needs & PK_NEEDS_GLIBC && !machine->glibc_pkeys)
        return pk_skip("the C library has no pkey_set");
    return benchmark->support ? benchmark->support(point) : 0;
}
