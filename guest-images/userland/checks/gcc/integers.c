// SPDX-License-Identifier: Apache-2.0
// Integer arithmetic, memory and calls, with answers that are known.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Primes below a million: 78,498.
static unsigned primes(void) {
    static unsigned char composite[1000000];
    unsigned count = 0;
    for (unsigned i = 2; i < sizeof composite; ++i) {
        if (composite[i])
            continue;
        ++count;
        for (unsigned long j = (unsigned long)i * i; j < sizeof composite; j += i)
            composite[j] = 1;
    }
    return count;
}

// Solutions of the problem of ten queens: 724.
static unsigned queens(unsigned columns, unsigned left, unsigned right) {
    const unsigned all = (1u << 10) - 1;
    if (columns == all)
        return 1;
    unsigned count = 0;
    for (unsigned free = all & ~(columns | left | right); free != 0; free &= free - 1) {
        const unsigned place = free & -free;
        count += queens(columns | place, (left | place) << 1, (right | place) >> 1);
    }
    return count;
}

static uint64_t random_state = 88172645463325252u;
static uint64_t next_random(void) { // xorshift64
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    return random_state ^= random_state << 17;
}

static int ascending(const void* a, const void* b) {
    const int64_t x = *(const int64_t*)a, y = *(const int64_t*)b;
    return (x > y) - (x < y);
}

// A decimal expansion by long division: 2^1000, whose digits add up to 1,366.
static unsigned digit_sum(void) {
    uint32_t limbs[40] = {1};
    for (int i = 0; i < 1000; ++i) {
        uint64_t carry = 0;
        for (int j = 0; j < 40; ++j) {
            carry += (uint64_t)limbs[j] * 2;
            limbs[j] = (uint32_t)(carry % 1000000000);
            carry /= 1000000000;
        }
    }
    unsigned sum = 0;
    for (int j = 0; j < 40; ++j)
        for (uint32_t limb = limbs[j]; limb != 0; limb /= 10)
            sum += limb % 10;
    return sum;
}

static uint32_t crc32(const unsigned char* bytes, size_t size) { // "123456789" has CBF43926
    uint32_t crc = ~0u;
    for (size_t i = 0; i < size; ++i) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; ++bit)
            crc = crc >> 1 ^ (0xedb88320u & -(crc & 1));
    }
    return ~crc;
}

int main(void) {
    printf("primes %u\n", primes());
    printf("queens %u\n", queens(0, 0, 0));
    printf("digits %u\n", digit_sum());
    printf("crc32 %08x\n", crc32((const unsigned char*)"123456789", 9));

    enum { count = 200000 };
    int64_t* numbers = malloc(count * sizeof *numbers);
    if (!numbers)
        return 1;
    uint64_t before = 0, after = 0;
    for (int i = 0; i < count; ++i) {
        numbers[i] = (int64_t)next_random();
        before += (uint64_t)numbers[i] * 0x9e3779b97f4a7c15u;
    }
    qsort(numbers, count, sizeof *numbers, ascending);
    int sorted = 1;
    for (int i = 0; i < count; ++i) {
        after += (uint64_t)numbers[i] * 0x9e3779b97f4a7c15u;
        sorted &= i == 0 || numbers[i - 1] <= numbers[i];
    }
    printf("sorted %d same %d smallest %lld\n", sorted, before == after, (long long)numbers[0]);
    free(numbers);

    // 128-bit products and signed divisions of every sign.
    __extension__ typedef __int128 wide;
    uint64_t mixed = 0;
    for (int i = 0; i < 100000; ++i) {
        const int64_t a = (int64_t)next_random(), b = (int64_t)(next_random() >> (i % 63)) | 1;
        const int64_t quotient = b == -1 ? a : a / b, remainder = b == -1 ? 0 : a % b;
        const wide product = (wide)a * b;
        mixed = mixed * 31 + (uint64_t)quotient + (uint64_t)remainder + (uint64_t)(product >> 64) + (uint64_t)product;
    }
    printf("mixed %016llx\n", (unsigned long long)mixed);
    return 0;
}
