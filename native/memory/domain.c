#define _GNU_SOURCE
#include "memory/domain.h"

#include <errno.h>

#include "memory/trap.h"
#include "reason.h"

static unsigned taken; /* keys that the open case holds */

int pk_key_refused(int error, unsigned held)
{
    if (error != ENOSPC)
        return pk_error(error, "pkey_alloc");
    return pk_skip("%u key%s can be had, and %u are needed", held, held == 1 ? "" : "s", held + 1);
}

int pk_key_take(struct pk_key *key, uint32_t rights)
{
    uint32_t before = pk_rdpkru();
    int number = pk_pkey_alloc(rights);

    if (number < 0)
        return pk_key_refused(-number, taken);
    taken++;
    *key = (struct pk_key){.number = number,
                           .open = pk_pkru_with(before, number, 0),
                           .closed = pk_pkru_with(before, number, rights),
                           .before = before};
    return 0;
}

void pk_key_give_back(struct pk_key *key)
{
    if (key->number <= 0)
        return;
    pk_pkey_free(key->number);
    taken--;
    pk_wrpkru(key->before);
    key->number = 0;
}

int pk_domain_map(struct pk_domain *domain, size_t pages, uint32_t rights)
{
    int status = pk_key_take(&domain->key, rights);

    if (!status)
        status = pk_region_map(&domain->region, pages);
    if (!status)
        status = pk_pkey_mprotect(domain->region.base, pk_region_length(&domain->region), PROT_READ | PROT_WRITE,
                                  domain->key.number);
    return status < 0 ? pk_error(-status, "map a region under a key") : status;
}

void pk_domain_unmap(struct pk_domain *domain)
{
    pk_region_unmap(&domain->region);
    pk_key_give_back(&domain->key);
}

int pk_domain_prove_closed(const struct pk_domain *domain)
{
    char *last = domain->region.base + pk_region_length(&domain->region) - 1;
    int key = domain->key.number,
        status = pk_region_audit(&domain->region, key ? PROT_READ | PROT_WRITE : PROT_READ, key);

    if (!status)
        status = pk_prove_allowed(PK_LOAD, domain->region.base);
    if (!status)
        status = pk_prove_refused(PK_STORE, domain->region.base, key);
    return status ? status : pk_prove_refused(PK_STORE, last, key);
}
