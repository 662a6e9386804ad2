// SPDX-License-Identifier: Apache-2.0
// As spin.c, in C++: the names have to be demangled.
#include <cstdio>
#include <ctime>
#include <random>

static volatile unsigned long sink;

static long cpu_ns()
{
	timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return now.tv_sec * 1000000000L + now.tv_nsec;
}

template <typename T> struct Worker {
	__attribute__((noinline)) static void hot(T times)
	{
		for (T i = 0; i < times; i++)
			sink = sink * 6364136223846793005UL + 1;
	}

	__attribute__((noinline)) static void cold(T times)
	{
		for (T i = 0; i < times; i++)
			sink = sink * 6364136223846793005UL + 3;
	}
};

int main()
{
	std::minstd_rand random(std::random_device{}());
	long spent_hot = 0, spent_cold = 0;

	for (long at = 1;; at++) {
		long times = 100000 + random() % 200000, begun = cpu_ns();

		Worker<long>::hot(times * 7 / 5);
		long middle = cpu_ns();
		Worker<long>::cold(times * 3 / 5);
		long end = cpu_ns();
		spent_hot += middle - begun;
		spent_cold += end - middle;
		if (at % 16 == 0) {
			std::printf("spent %ld %ld\n", spent_hot, spent_cold);
			std::fflush(stdout);
		}
	}
}
