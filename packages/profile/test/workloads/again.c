// SPDX-License-Identifier: Apache-2.0
/*
 * Starts itself again and again as a program that lives for 50 ms. Each time is a process of its
 * own (`again processes`), or the same process that starts the other of two programs, whose code
 * lies at the same addresses (`again programs OTHER`).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LIFE_NS 50000000L

#ifndef SPIN
#define SPIN spin_briefly
#endif

static long cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return now.tv_sec * 1000000000L + now.tv_nsec;
}

__attribute__((noinline)) void SPIN(void)
{
	long end = cpu_ns() + LIFE_NS;

	while (cpu_ns() < end)
		for (volatile int i = 0; i < 200000; i++)
			;
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "processes")) {
		printf("spinning\n");
		fflush(stdout);
		for (;;) {
			if (fork())
				wait(NULL);
			else
				execl("/proc/self/exe", "brief", NULL);
		}
	}
	if (argc == 3) {
		if (!getenv("STARTED")) {
			setenv("STARTED", "1", 1);
			printf("spinning\n");
			fflush(stdout);
		}
		SPIN();
		execl(argv[2], argv[2], "programs", argv[0], NULL);
		return 1;
	}
	SPIN();
	return 0;
}
