// SPDX-License-Identifier: Apache-2.0
/* Spins in the function that it is compiled to have: a caller that is inlined, and what it calls.
 */
#include <stdio.h>
#include <time.h>

#ifndef SPIN
#define SPIN spin
#endif

static inline __attribute__((always_inline)) void inlined(volatile unsigned long *n)
{
	for (int i = 0; i < 1000; i++)
		++*n;
}

__attribute__((noinline)) void SPIN(volatile unsigned long *n)
{
	for (;;)
		inlined(n);
}

#ifdef CLOCK
__attribute__((noinline)) void read_clock(void)
{
	struct timespec now;

	for (;;)
		clock_gettime(CLOCK_MONOTONIC, &now);
}
#endif

int main(void)
{
	volatile unsigned long n = 0;

	printf("spinning\n");
	fflush(stdout);
#ifdef CLOCK
	read_clock();
#endif
	SPIN(&n);
	return n == 0;
}
