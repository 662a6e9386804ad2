// SPDX-License-Identifier: Apache-2.0
/*
 * Spins at the bottom of as many calls of `descend` as the argument says, under main. To be
 * compiled with -fno-shrink-wrap: else the last of them has no frame of its own.
 */
#include <stdio.h>
#include <stdlib.h>

static volatile int stop;

__attribute__((noinline)) long descend(long left)
{
	if (left <= 1) {
		while (!stop)
			;
		return 0;
	}
	left += descend(left - 1);
	__asm__ volatile("" : "+r"(left)); /* no tail call, no loop */
	return left;
}

int main(int argc, char **argv)
{
	printf("spinning\n");
	fflush(stdout);
	return (int)descend(argc > 1 ? atol(argv[1]) : 1);
}
