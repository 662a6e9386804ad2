// SPDX-License-Identifier: Apache-2.0
/*
 * Spins on as many threads as its argument says, at the bottom of stacks of 100 frames that are
 * hardly ever the same twice: at each level chance decides which of two functions with long names
 * calls on.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LEVELS 100

#define LEFT a_function_with_a_name_long_enough_to_fill_any_pipe_the_left_one
#define RIGHT a_function_with_a_name_long_enough_to_fill_any_pipe_the_right_one

__attribute__((noinline)) long LEFT(int level, unsigned int *seed);
__attribute__((noinline)) long RIGHT(int level, unsigned int *seed);

static inline __attribute__((always_inline)) long descend(int level, unsigned int *seed)
{
	long result;

	if (level == LEVELS) {
		for (volatile int i = 0; i < 20000; i++)
			;
		return *seed;
	}
	/* Shifted: the lowest bits of such a generator repeat soon. */
	*seed = *seed * 1664525 + 1013904223;
	result = *seed >> 31 ? LEFT(level + 1, seed) : RIGHT(level + 1, seed);
	return result + level; /* no tail call */
}

long LEFT(int level, unsigned int *seed)
{
	return descend(level, seed);
}

long RIGHT(int level, unsigned int *seed)
{
	return descend(level, seed);
}

static void *spin(void *seed_)
{
	unsigned int seed = (unsigned int)(unsigned long)seed_;

	for (;;)
		descend(0, &seed);
	return NULL;
}

int main(int argc, char **argv)
{
	int threads = argc > 1 ? atoi(argv[1]) : 1;
	pthread_t thread;

	for (long i = 1; i <= threads; i++)
		pthread_create(&thread, NULL, spin, (void *)i);
	printf("spinning\n");
	fflush(stdout);
	pause();
	return 0;
}
