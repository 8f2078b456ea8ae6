/* Powers modulo the prime 2^1024 - 105, by Montgomery multiplication (Mathematics of Computation 44, 1985). One power
 * is about half of an RSA-2048 private operation. */
#pragma once

#include <stdint.h>
#include <string.h>

#define POWER_LIMBS 16
#define POWER_BYTES 128
#define POWER_DISTANCE 105 /* 2^1024 minus the prime, so 2^1024 modulo the prime */

struct power_number {
    uint64_t limb[POWER_LIMBS]; /* least significant first */
};

static const struct power_number power_prime = {{-(uint64_t)POWER_DISTANCE, -1ull, -1ull, -1ull, -1ull, -1ull, -1ull,
                                                 -1ull, -1ull, -1ull, -1ull, -1ull, -1ull, -1ull, -1ull, -1ull}};

/* -1 / prime modulo 2^64, that is 1 / 105, by Newton's method. Each step doubles the number of correct bits. The
 * start is correct in the lowest three bits, because an odd number is its own inverse modulo 8. */
static inline uint64_t power_inverse(void)
{
    uint64_t inverse = POWER_DISTANCE;

    for (int right = 3; right < 64; right *= 2)
        inverse *= 2 - POWER_DISTANCE * inverse;
    return inverse;
}

/* Subtract the prime unless the number, including the carry, is smaller. This takes no branch. */
static inline void power_reduce(struct power_number *number, const uint64_t sum[POWER_LIMBS], uint64_t carried)
{
    struct power_number less;
    uint64_t borrow = 0, keep;

    for (int i = 0; i < POWER_LIMBS; i++) {
        unsigned __int128 difference = (unsigned __int128)sum[i] - power_prime.limb[i] - borrow;
        less.limb[i] = (uint64_t)difference;
        borrow = (uint64_t)(difference >> 64) & 1;
    }
    keep = -(uint64_t)(borrow > carried);
    for (int i = 0; i < POWER_LIMBS; i++)
        number->limb[i] = (sum[i] & keep) | (less.limb[i] & ~keep);
}

/* one * other / 2^1024 modulo the prime. It takes 2 * 16 * 16 + 16 multiplications of 64 by 64 bits. */
static inline void power_multiply(struct power_number *product, const struct power_number *one,
                                  const struct power_number *other, uint64_t inverse)
{
    uint64_t sum[POWER_LIMBS + 1] = {0};

    for (int i = 0; i < POWER_LIMBS; i++) {
        uint64_t carry = 0, beyond, factor;
        unsigned __int128 step;

        for (int j = 0; j < POWER_LIMBS; j++) {
            step = (unsigned __int128)one->limb[j] * other->limb[i] + sum[j] + carry;
            sum[j] = (uint64_t)step;
            carry = (uint64_t)(step >> 64);
        }
        step = (unsigned __int128)sum[POWER_LIMBS] + carry;
        sum[POWER_LIMBS] = (uint64_t)step;
        beyond = (uint64_t)(step >> 64);
        /* This multiple of the prime makes the lowest limb zero, so that it can be dropped. */
        factor = sum[0] * inverse;
        carry = (uint64_t)(((unsigned __int128)factor * power_prime.limb[0] + sum[0]) >> 64);
        for (int j = 1; j < POWER_LIMBS; j++) {
            step = (unsigned __int128)factor * power_prime.limb[j] + sum[j] + carry;
            sum[j - 1] = (uint64_t)step;
            carry = (uint64_t)(step >> 64);
        }
        step = (unsigned __int128)sum[POWER_LIMBS] + carry;
        sum[POWER_LIMBS - 1] = (uint64_t)step;
        sum[POWER_LIMBS] = beyond + (uint64_t)(step >> 64);
    }
    power_reduce(product, sum, sum[POWER_LIMBS]);
}

/* Raise the base to a 128-byte exponent, most significant byte first, made of `bytes` bytes repeated. It takes four
 * bits at a time. The number of multiplications does not depend on the exponent: 14 for the table, 1024 squarings,
 * 256 multiplications, and two to convert into Montgomery form and back. */
static inline void power_raise(struct power_number *result, const struct power_number *base, const uint8_t *exponent,
                               size_t bytes)
{
    const struct power_number one = {{1}}, square = {{POWER_DISTANCE * POWER_DISTANCE}};
    struct power_number table[16] = {{{POWER_DISTANCE}}}, power = table[0];
    uint64_t inverse = power_inverse();

    power_multiply(&table[1], base, &square, inverse);
    for (int i = 2; i < 16; i++)
        power_multiply(&table[i], &table[i - 1], &table[1], inverse);
    for (size_t i = 0; i < 2 * POWER_BYTES; i++) {
        uint8_t byte = exponent[i / 2 % bytes], window = i % 2 ? byte & 15 : byte >> 4;

        for (int bit = 0; bit < 4; bit++)
            power_multiply(&power, &power, &power, inverse);
        power_multiply(&power, &power, &table[window], inverse);
    }
    power_multiply(result, &power, &one, inverse);
}
