// SPDX-License-Identifier: Apache-2.0
/*
 * Spins in many functions of its own, then in one of a library that it loads only then, and exits
 * (`late LIBRARY`). Compiled with -DLIBRARY it is that library.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <time.h>

#define LIFE_NS 700000000L

static long cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return now.tv_sec * 1000000000L + now.tv_nsec;
}

static inline void spin(void)
{
	long end = cpu_ns() + LIFE_NS;

	while (cpu_ns() < end)
		for (volatile int i = 0; i < 200000; i++)
			;
}

#ifdef LIBRARY
void spin_late(void)
{
	spin();
}
#else
int main(int argc, char **argv)
{
	void (*late)(void);
	void *library;

	if (argc != 2)
		return 2;
	printf("waiting\n");
	fflush(stdout);
	getchar();
	spin();
	library = dlopen(argv[1], RTLD_NOW);
	late = library ? dlsym(library, "spin_late") : NULL;
	if (!late)
		return 1;
	late();
	return 0;
}
#endif
