// A library with one function, which sleeps a millisecond.
#include <time.h>

__attribute__((noinline)) void hidden_nap(void)
{
	struct timespec time = {0, 1000000};

	nanosleep(&time, 0);
	__asm__ volatile("" ::: "memory");
}
