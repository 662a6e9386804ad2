// SPDX-License-Identifier: Apache-2.0
/*
 * Waits in three ways, a thread each: sleeps, waits for a lock that another thread holds, and reads
 * from a pipe that another thread writes to, as often and as long as its arguments say (times, ms).
 * It begins at a line of input. Then it prints of each function how long its thread was off the CPU
 * in it: by the clock, less the thread's own CPU time.
 *
 * The waits are system calls in the functions themselves: libc, which has no frame pointers, would
 * hide them.
 */
#include <linux/futex.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int times, ms;
static int lock; /* 0: free, 1: held */
static int ends[2];
static long off_cpu[3];

static long now(clockid_t clock)
{
	struct timespec at;

	clock_gettime(clock, &at);
	return at.tv_sec * 1000000000L + at.tv_nsec;
}

static inline __attribute__((always_inline)) long call(long number, long a, long b, long c, long d)
{
	register long r10 __asm__("r10") = d;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10)
			 : "rcx", "r11", "memory");
	return result;
}

static void pause_for(long milliseconds)
{
	struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};

	nanosleep(&time, NULL);
}

__attribute__((noinline)) void sleep_here(void)
{
	struct timespec time = {ms / 1000, ms % 1000 * 1000000L};

	for (int i = 0; i < times; i++)
		call(SYS_nanosleep, (long)&time, 0, 0, 0);
}

__attribute__((noinline)) void lock_here(void)
{
	for (int i = 0; i < times; i++) {
		while (__atomic_load_n(&lock, __ATOMIC_ACQUIRE))
			call(SYS_futex, (long)&lock, FUTEX_WAIT, 1, 0);
		__atomic_store_n(&lock, 1, __ATOMIC_RELEASE);
	}
}

__attribute__((noinline)) void read_here(void)
{
	char byte;

	for (int i = 0; i < times; i++)
		call(SYS_read, ends[0], (long)&byte, 1, 0);
}

/* Holds the lock for a while, again and again. */
static void *hold(void *unused)
{
	for (int i = 0; i < times; i++) {
		pause_for(ms);
		__atomic_store_n(&lock, 0, __ATOMIC_RELEASE);
		syscall(SYS_futex, &lock, FUTEX_WAKE, 1, NULL, NULL, 0);
		while (!__atomic_load_n(&lock, __ATOMIC_ACQUIRE) && i + 1 < times)
			sched_yield();
	}
	return unused;
}

static void *feed(void *unused)
{
	for (int i = 0; i < times; i++) {
		pause_for(ms);
		if (write(ends[1], "x", 1) != 1)
			abort();
	}
	return unused;
}

static void (*const waits[])(void) = {sleep_here, lock_here, read_here};

static void *wait_in(void *which_)
{
	long which = (long)which_;
	long wall = now(CLOCK_MONOTONIC), cpu = now(CLOCK_THREAD_CPUTIME_ID);

	waits[which]();
	cpu = now(CLOCK_THREAD_CPUTIME_ID) - cpu;
	off_cpu[which] = now(CLOCK_MONOTONIC) - wall - cpu;
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[5];

	times = argc > 1 ? atoi(argv[1]) : 20;
	ms = argc > 2 ? atoi(argv[2]) : 20;
	if (pipe(ends))
		return 1;
	lock = 1;
	printf("waiting\n");
	fflush(stdout);
	getchar();
	for (long i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, wait_in, (void *)i);
	pthread_create(&threads[3], NULL, hold, NULL);
	pthread_create(&threads[4], NULL, feed, NULL);
	for (int i = 0; i < 5; i++)
		pthread_join(threads[i], NULL);
	printf("off %ld %ld %ld\n", off_cpu[0], off_cpu[1], off_cpu[2]);
	fflush(stdout);
	getchar();
	return 0;
}
