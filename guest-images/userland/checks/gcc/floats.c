// SPDX-License-Identifier: Apache-2.0
// Floating point in four threads that share a mutex, a condition variable and an atomic counter. Every result is exact
// by IEEE 754, so it is the same on any machine: no function of libm whose last bit is its own choice.
#include <fenv.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum { threads = 4, rounds = 20000 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t turn_changed = PTHREAD_COND_INITIALIZER;
static int turn;
static double in_order;
static unsigned long guarded;
static atomic_ulong counted;

static double logistic(double x) {
    for (int i = 0; i < rounds; ++i)
        x = 3.75 * x * (1 - x);
    return x;
}

static double distances(double x) {
    double sum = 0;
    for (int i = 1; i <= rounds; ++i)
        sum += sqrt(x * x + i) / i;
    return sum;
}

static void* work(void* argument) {
    const int self = *(int*)argument;
    for (int i = 0; i < rounds; ++i) {
        atomic_fetch_add(&counted, 1);
        pthread_mutex_lock(&mutex);
        guarded += (unsigned long)self + 1;
        pthread_mutex_unlock(&mutex);
    }
    const double mine = logistic(0.1 + 0.2 * self) + distances(1.5 + self);

    pthread_mutex_lock(&mutex);
    while (turn != self)
        pthread_cond_wait(&turn_changed, &mutex);
    in_order = in_order * 0.75 + mine; // the order decides about rounding
    ++turn;
    pthread_cond_broadcast(&turn_changed);
    pthread_mutex_unlock(&mutex);
    return NULL;
}

static void rounding(int mode, const char* name) {
    volatile double one = 1, three = 3, big = 0x1p52;
    volatile float third;
    fesetround(mode);
    const double quotient = one / three;
    third = (float)quotient;
    const double sum = big + one / 2;
    printf("%s %a %a %a %ld\n", name, quotient, (double)third, sum, lrint(-2.5 * one));
    fesetround(FE_TONEAREST);
}

int main(void) {
    pthread_t running[threads];
    int numbers[threads];
    for (int i = 0; i < threads; ++i) {
        numbers[i] = i;
        if (pthread_create(&running[i], NULL, work, &numbers[i]) != 0)
            return 1;
    }
    for (int i = 0; i < threads; ++i)
        pthread_join(running[i], NULL);
    printf("threads %lu %lu %a\n", guarded, atomic_load(&counted), in_order);

    rounding(FE_TONEAREST, "nearest");
    rounding(FE_UPWARD, "upward");
    rounding(FE_DOWNWARD, "downward");
    rounding(FE_TOWARDZERO, "zero");

    volatile double zero = 0, tiny = 0x1p-1074, huge = 0x1.fffffffffffffp1023, three = 3;
    feclearexcept(FE_ALL_EXCEPT);
    volatile double result = 1 / zero;
    printf("division by zero %a %d\n", result, fetestexcept(FE_DIVBYZERO) != 0);
    result = huge * 2;
    printf("overflow %a %d\n", result, fetestexcept(FE_OVERFLOW) != 0);
    result = tiny / three;
    printf("underflow %a %d\n", result, fetestexcept(FE_UNDERFLOW) != 0);
    feclearexcept(FE_ALL_EXCEPT);
    result = zero / zero;
    printf("invalid %d %d\n", isnan(result), fetestexcept(FE_INVALID) != 0);
    printf("fused %a\n", fma(1 + 0x1p-52, 1 - 0x1p-52, -1.0 + zero));

    float numbers4[64];
    for (int i = 0; i < 64; ++i)
        numbers4[i] = sqrtf((float)i) * 0.1f + 1.0f / (float)(i + 1);
    float maximum = 0, sum = 0;
    for (int i = 0; i < 64; ++i) {
        maximum = fmaxf(maximum, numbers4[i]);
        sum += numbers4[i];
    }
    printf("floats %a %a %d\n", (double)maximum, (double)sum, (int)(sum * 1000));

    char text[64];
    double parsed = 0;
    snprintf(text, sizeof text, "%.17g", 0.1 * 3);
    sscanf(text, "%lf", &parsed);
    printf("text %s %d %s\n", text, parsed == 0.1 * 3, strcmp(text, "0.30000000000000004") == 0 ? "exact" : "wrong");
    return 0;
}
