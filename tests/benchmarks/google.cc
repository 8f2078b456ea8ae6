// The same two operations under google/benchmark, written as its manual has it; in real time, so that it ends in time on a
// busy machine too.
#include <benchmark/benchmark.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static void mprotect_page(benchmark::State &state)
{
    const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    char *region = static_cast<char *>(mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));

    if (region == MAP_FAILED) {
        state.SkipWithError("mmap failed");
        return;
    }
    region[0] = 1;
    for (auto _ : state) {
        if (mprotect(region, page, PROT_READ) || mprotect(region, page, PROT_READ | PROT_WRITE))
            state.SkipWithError("mprotect failed");
    }
    munmap(region, page);
}
BENCHMARK(mprotect_page)->UseRealTime();

static void getppid_call(benchmark::State &state)
{
    for (auto _ : state)
        benchmark::DoNotOptimize(syscall(SYS_getppid));
}
BENCHMARK(getppid_call)->UseRealTime();

BENCHMARK_MAIN();
