/* The same domains without keys: mprotect opens and closes the pages of each. */
#define _GNU_SOURCE
#include "domains.h"

static int setup(void *state, const int64_t *point)
{
    return domains_map(state, (unsigned)point[0], (size_t)point[1], (enum pattern)point[2], PROT_NONE);
}

static void teardown(void *state)
{
    struct domains *domains = state;

    pk_regions_unmap(&domains->regions);
}

static int run_mprotect(void *state, uint64_t loops)
{
    struct domains *domains = state;
    char value = domains->value;
    int status = 0;

    PK_REPEAT(loops * ACCESSES) {
        unsigned domain = accesses_next(&domains->accesses);

        status |= domain_protect(domains, domain, WRITE);
        *(volatile char *)domain_base(domains, domain) = value;
        status |= domain_protect(domains, domain, PROT_NONE);
    }
    return status;
}

static int prove_closed(const struct domains *domains, unsigned domain)
{
    return pk_prove_refused(PK_STORE, domain_base(domains, domain), 0);
}

static int prove_all_closed(const struct domains *domains)
{
    int status = 0;

    for (unsigned i = 0; i < domains->regions.count && !status; i++)
        status = prove_closed(domains, i);
    return status;
}

/* While a domain is open, the previous one is closed. Afterwards, so is this one. */
static int prove_step(const struct domains *domains, unsigned domain, unsigned before)
{
    const struct pk_region *region = &domains->regions.at[domain];
    int status = prove_closed(domains, domain);

    if (!status && domain_protect(domains, domain, WRITE))
        status = pk_disprove("a domain cannot be opened");
    if (!status)
        status = pk_region_audit(region, WRITE, 0);
    if (!status)
        status = pk_prove_allowed(PK_STORE, region->base + domains->length - 1);
    if (!status && before != domain)
        status = prove_closed(domains, before);
    if (!status && *region->base != domains->value)
        status = pk_disprove("the store into domain %u did not happen", domain);
    if (domain_protect(domains, domain, PROT_NONE) && !status)
        status = pk_disprove("a domain cannot be closed");
    return status ? status : prove_closed(domains, domain);
}

/* Few accesses, because one audit takes long with many domains. */
#define STEPS 8

static int verify(void *state)
{
    struct domains *domains = state;
    unsigned before = 0;
    int status;

    domains->value++;
    domains->accesses.next = 0;
    status = pk_prove_runs(run_mprotect, state);
    if (!status)
        status = prove_all_closed(domains);
    if (!status)
        status = pk_regions_audit(&domains->regions, PROT_NONE, 0);
    for (unsigned i = 0; i < STEPS && !status; i++) {
        unsigned domain = domains->accesses.domains[i];

        status = prove_step(domains, domain, before);
        before = domain;
    }
    return status;
}

PK_BENCHMARK(mprotect) = {
    .family = "domains",
    .name = "mprotect",
    .group = "domains",
    .headline = 1,
    .inner_loops = ACCESSES,
    .axes = {DOMAINS_FEW, DOMAIN_PAGES_AXIS, PATTERN_AXIS},
    .operation = "allow every access to one of many domains by mprotect, store a byte, deny it by mprotect",
    .state_size = sizeof(struct domains),
    .memory = domains_memory,
    .support = domains_support,
    .setup = setup,
    .run = run_mprotect,
    .verify = verify,
    .teardown = teardown,
};
