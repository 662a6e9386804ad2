// SPDX-License-Identifier: Apache-2.0
/*
 * Splits its CPU time between spin_half, spin_third and spin_rest, on as many threads as its
 * argument says, in slices of random length. SIGUSR1: print the CPU time in ns that each
 * function has had so far, over all threads, measured by the threads' own clocks.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static atomic_long spent[3];

static long cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return now.tv_sec * 1000000000L + now.tv_nsec;
}

/* The clock is read seldom: while it is, libc, which has no frame pointers, hides the spinner. */
#define SPINNER(name, slot)                                       \
	__attribute__((noinline)) long name(long start, long ns)  \
	{                                                         \
		long now = start;                                 \
		while (now - start < ns) {                        \
			for (volatile int i = 0; i < 100000; i++) \
				;                                 \
			now = cpu_ns();                           \
		}                                                 \
		atomic_fetch_add(&spent[slot], now - start);      \
		return now;                                       \
	}

SPINNER(spin_half, 0)
SPINNER(spin_third, 1)
SPINNER(spin_rest, 2)

static void *spin(void *seed_)
{
	unsigned int seed = (unsigned int)(unsigned long)seed_;
	long now = cpu_ns();

	for (;;) {
		long slice = 200000 + rand_r(&seed) % 800000;

		now = spin_half(now, slice * 5);
		now = spin_third(now, slice * 3);
		now = spin_rest(now, slice * 2);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	int threads = argc > 1 ? atoi(argv[1]) : 1, signal;
	sigset_t marks;
	pthread_t thread;

	sigemptyset(&marks);
	sigaddset(&marks, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &marks, NULL);
	for (long i = 1; i <= threads; i++)
		pthread_create(&thread, NULL, spin, (void *)i);
	printf("spinning\n");
	fflush(stdout);
	while (!sigwait(&marks, &signal)) {
		printf("mark %ld %ld %ld\n", spent[0], spent[1], spent[2]);
		fflush(stdout);
	}
	return 1;
}
