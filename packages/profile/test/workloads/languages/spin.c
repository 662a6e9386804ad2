// SPDX-License-Identifier: Apache-2.0
/*
 * Splits its CPU time between hot and cold, in slices of random length, and prints how much of it
 * in ns each has had so far, by its thread's own clock. With an argument it ends after so many ms
 * of it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static volatile unsigned long sink;

static long cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return now.tv_sec * 1000000000L + now.tv_nsec;
}

__attribute__((noinline)) void hot(long times)
{
	for (long i = 0; i < times; i++)
		sink = sink * 6364136223846793005UL + 1;
}

__attribute__((noinline)) void cold(long times)
{
	for (long i = 0; i < times; i++)
		sink = sink * 6364136223846793005UL + 3;
}

int main(int argc, char **argv)
{
	long most = argc > 1 ? atol(argv[1]) * 1000000 : -1;
	long spent_hot = 0, spent_cold = 0;

	srand(getpid());
	for (long at = 1;; at++) {
		long times = 100000 + rand() % 200000, begun = cpu_ns(), middle, end;

		hot(times * 7 / 5);
		middle = cpu_ns();
		cold(times * 3 / 5);
		end = cpu_ns();
		spent_hot += middle - begun;
		spent_cold += end - middle;
		if (most >= 0 ? end >= most : at % 16 == 0) {
			printf("spent %ld %ld\n", spent_hot, spent_cold);
			fflush(stdout);
		}
		if (most >= 0 && end >= most)
			return 0;
	}
}
