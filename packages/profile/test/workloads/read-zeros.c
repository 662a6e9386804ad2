// SPDX-License-Identifier: Apache-2.0
/* Reads /dev/zero for ever: much of its time is the kernel's, under read_zeros of its own. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static char zeros[65536];

/* libc's read() has no frame pointer, which hides whoever called it: that is this function. */
__attribute__((noinline)) static long read_once(int file)
{
	long length = read(file, zeros, sizeof(zeros));

	__asm__ volatile("");
	return length;
}

__attribute__((noinline)) long read_zeros(int file)
{
	long total = 0;

	for (;;)
		total += read_once(file);
	return total;
}

int main(void)
{
	int file = open("/dev/zero", O_RDONLY);

	printf("reading\n");
	fflush(stdout);
	return file < 0 || read_zeros(file);
}
