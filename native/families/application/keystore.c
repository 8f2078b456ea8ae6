/* A 32-byte secret on a page of its own, opened only while it is used, as a web server guards session keys. The
 * unprotected twin, whose secret is always open, is the fixed overhead (floor) of the others. */
#define _GNU_SOURCE
#include <string.h>

#include "aes.h"
#include "guard.h"
#include "power.h"

#define SECRET_BYTES 32

struct keystore;

/* One use of the secret, which turns the store's request into its answer. */
typedef void work(const uint8_t *secret, struct keystore *store);

struct keystore {
    struct guard guard;
    struct aes aes;
    work *work;
    struct power_number request[2], answer[2]; /* AES uses the first 16 bytes */
    struct power_number expected[2];
};

/* FIPS 197, C.1, preceded by an initial vector so that every byte of the secret matters. */
static const uint8_t secret_of_the_store[SECRET_BYTES] = {
    0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f,
    0xf0, 0xe1, 0xd2, 0xc3, 0xb4, 0xa5, 0x96, 0x87, 0x78, 0x69, 0x5a, 0x4b, 0x3c, 0x2d, 0x1e, 0x0f};
static const uint8_t plain_block[AES_BYTES] = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
                                               0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff};
static const uint8_t cipher_block[AES_BYTES] = {0x69, 0xc4, 0xe0, 0xd8, 0x6a, 0x7b, 0x04, 0x30,
                                                0xd8, 0xcd, 0xb7, 0x80, 0x70, 0xb4, 0xc5, 0x5a};

/* One block of cipher block chaining. The secret holds the key and the initial vector. */
static void work_aes(const uint8_t *secret, struct keystore *store)
{
    uint8_t block[AES_BYTES];

    memcpy(block, store->request, AES_BYTES);
    aes_add(block, secret + AES_BYTES);
    aes_encrypt(&store->aes, secret, block);
    memcpy(store->answer, block, AES_BYTES);
}

/* As much arithmetic as an RSA-2048 private operation: two powers modulo 1024 bits. The exponent is the secret
 * repeated four times. A real implementation has two primes, which belong to its secret. */
static void work_rsa(const uint8_t *secret, struct keystore *store)
{
    for (int half = 0; half < 2; half++)
        power_raise(&store->answer[half], &store->request[half], secret, SECRET_BYTES);
}

static void expect_aes(struct keystore *store)
{
    uint8_t *request = (uint8_t *)store->request;

    aes_begin(&store->aes);
    memcpy(request, plain_block, AES_BYTES);
    aes_add(request, secret_of_the_store + AES_BYTES);
    memcpy(store->expected, cipher_block, AES_BYTES);
}

static void expect_rsa(struct keystore *store)
{
    store->request[0].limb[0] = 2;
    store->request[1].limb[0] = 3;
    work_rsa(secret_of_the_store, store);
    memcpy(store->expected, store->answer, sizeof store->expected);
}

/* In the order of the labels of the axis. */
static const struct {
    work *work;
    void (*expect)(struct keystore *store);
} works[] = {{work_aes, expect_aes}, {work_rsa, expect_rsa}};

static int set_up(struct keystore *store, const int64_t *point, enum way way)
{
    int status = guard_map(&store->guard, way, 1, PKEY_DISABLE_ACCESS);

    if (!status)
        status = guard_open(&store->guard, way);
    if (status)
        return status;
    memcpy(store->guard.domain.region.base, secret_of_the_store, SECRET_BYTES);
    store->work = works[point[0]].work;
    works[point[0]].expect(store);
    return guard_close(&store->guard, way);
}

static void teardown(void *state)
{
    struct keystore *store = state;

    guard_unmap(&store->guard);
}

__attribute__((always_inline)) static inline int serve(struct keystore *store, uint64_t loops, enum way way)
{
    const struct guard guard = store->guard;
    const uint8_t *secret = (const uint8_t *)guard.domain.region.base;
    work *use = store->work;
    int status = 0;

    PK_REPEAT(loops) {
        status |= guard_open(&guard, way);
        use(secret, store);
        status |= guard_close(&guard, way);
    }
    return status;
}

/* Fermat's little theorem: any number to the power of the prime minus one is 1 modulo the prime. */
static int prove_powers(void)
{
    const struct power_number two = {{2}}, one = {{1}};
    struct power_number left;
    uint8_t exponent[POWER_BYTES];

    memset(exponent, 0xff, sizeof exponent);
    exponent[POWER_BYTES - 1] = 0xff - POWER_DISTANCE;
    power_raise(&left, &two, exponent, sizeof exponent);
    return memcmp(&left, &one, sizeof one) ? pk_disprove("the powers are wrong") : 0;
}

static int prove(struct keystore *store, int (*run)(void *state, uint64_t loops))
{
    int status = store->work == work_rsa ? prove_powers() : 0;

    memset(store->answer, 0, sizeof store->answer);
    if (!status)
        status = guard_prove_request(&store->guard, run, store);
    if (status)
        return status;
    return memcmp(store->answer, store->expected, sizeof store->answer) ? pk_disprove("the answer is wrong") : 0;
}

#define KEYSTORE(identifier, text, way, key_needs, lower, sentence) \
    GUARD_FUNCTIONS(identifier, way)                                \
    PK_BENCHMARK(keystore_##identifier) = {                         \
        .family = "application",                                    \
        .name = text,                                               \
        .group = "keystore",                                        \
        .floor = lower,                                             \
        .needs = key_needs,                                         \
        .headline = 1,                                              \
        .axes = {{.name = "work",                                   \
                  .meaning = "what the secret is used for",         \
                  .labels = "aes,rsa",                              \
                  .points = "aes",                                  \
                  .quick = "aes",                                   \
                  .more = "rsa"}},                                  \
        .operation = sentence,                                      \
        .state_size = sizeof(struct keystore),                      \
        .setup = setup_##identifier,                                \
        .run = run_##identifier,                                    \
        .verify = verify_##identifier,                              \
        .teardown = teardown,                                       \
    };

#define TWIN "application/keystore-unprotected"

KEYSTORE(unprotected, "keystore-unprotected", UNPROTECTED, 0, "instruction/empty-loop",
         "use a 32-byte secret that is always open")
KEYSTORE(key, "keystore-key", BY_KEY, PK_NEEDS_KEYS, TWIN,
         "allow access to a 32-byte secret by WRPKRU, use it, deny access by WRPKRU")
KEYSTORE(mprotect, "keystore-mprotect", BY_MPROTECT, 0, TWIN,
         "make the page of a 32-byte secret accessible by mprotect, use it, make it inaccessible by mprotect")
