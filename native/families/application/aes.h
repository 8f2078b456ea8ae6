/* AES-128 (FIPS 197), one block at a time, expanding the key as it goes, in portable code. It serves to access the
 * key between opening and closing; it is not meant to be fast. Numbers in comments are sections of FIPS 197. */
#pragma once

#include <stdint.h>
#include <string.h>

#define AES_BYTES 16
#define AES_ROUNDS 10

struct aes {
    uint8_t substitute[256];
};

/* 4.2.1: multiply by x */
static inline uint8_t aes_double(uint8_t byte)
{
    return (uint8_t)(byte << 1 ^ (byte >> 7) * 0x1b);
}

/* 4.2: multiply in GF(2^8) */
static inline uint8_t aes_multiply(uint8_t one, uint8_t other)
{
    uint8_t product = 0;

    for (; other; other >>= 1) {
        if (other & 1)
            product ^= one;
        one = aes_double(one);
    }
    return product;
}

/* The 254th power is the inverse, because the multiplicative group has 255 elements. */
static inline uint8_t aes_inverse(uint8_t byte)
{
    uint8_t square = byte, inverse = 1;

    for (int bit = 1; bit < 8; bit++) {
        square = aes_multiply(square, square);
        inverse = aes_multiply(inverse, square);
    }
    return inverse;
}

/* 5.1.1: the substitution box */
static inline void aes_begin(struct aes *aes)
{
    for (int byte = 0; byte < 256; byte++) {
        uint8_t inverse = aes_inverse((uint8_t)byte), sum = inverse ^ 0x63;

        for (int turn = 1; turn <= 4; turn++)
            sum ^= (uint8_t)(inverse << turn | inverse >> (8 - turn));
        aes->substitute[byte] = sum;
    }
}

/* 5.2: from one round key to the next */
static inline void aes_next_key(const struct aes *aes, uint8_t key[AES_BYTES], uint8_t constant)
{
    for (int i = 0; i < 4; i++)
        key[i] ^= aes->substitute[key[12 + (i + 1) % 4]];
    key[0] ^= constant;
    for (int i = 4; i < AES_BYTES; i++)
        key[i] ^= key[i - 4];
}

/* 5.1.3 */
static inline void aes_mix(uint8_t column[4])
{
    uint8_t first = column[0], all = column[0] ^ column[1] ^ column[2] ^ column[3];

    for (int i = 0; i < 4; i++)
        column[i] ^= all ^ aes_double(column[i] ^ (i < 3 ? column[i + 1] : first));
}

static inline void aes_add(uint8_t block[AES_BYTES], const uint8_t other[AES_BYTES])
{
    for (int i = 0; i < AES_BYTES; i++)
        block[i] ^= other[i];
}

/* 5.1 */
static inline void aes_encrypt(const struct aes *aes, const uint8_t secret[AES_BYTES], uint8_t block[AES_BYTES])
{
    uint8_t key[AES_BYTES], shifted[AES_BYTES], constant = 1;

    memcpy(key, secret, AES_BYTES);
    aes_add(block, key);
    for (int round = 1; round <= AES_ROUNDS; round++, constant = aes_double(constant)) {
        for (int i = 0; i < AES_BYTES; i++)
            shifted[i] = aes->substitute[block[(i + 4 * (i % 4)) % AES_BYTES]];
        for (int i = 0; i < AES_BYTES && round < AES_ROUNDS; i += 4)
            aes_mix(shifted + i);
        aes_next_key(aes, key, constant);
        memcpy(block, shifted, AES_BYTES);
        aes_add(block, key);
    }
}
