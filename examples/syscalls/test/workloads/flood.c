// SPDX-License-Identifier: Apache-2.0
/* Prints the number of getppid; for each line "N" on standard input calls it N times and prints
 * "made N". */
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
	long calls;

	printf("number %d\n", SYS_getppid);
	fflush(stdout);
	while (scanf("%ld", &calls) == 1) {
		for (long i = 0; i < calls; i++)
			syscall(SYS_getppid);
		printf("made %ld\n", calls);
		fflush(stdout);
	}
	return 0;
}
