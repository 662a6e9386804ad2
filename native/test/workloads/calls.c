/*
 * Calls on demand: for each line `THREADS CALLS SLEEP SPIN` of its input, that many threads make
 * that many calls each of called(), which sleeps so long; then the main thread uses the CPU for so
 * long (both in nanoseconds). It says its pid and the number of the system call first, and
 * `done` after each line.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define MOST_THREADS 64

static unsigned calls;
static long length_ns;
static pthread_barrier_t all_started;

__attribute__((noinline)) int called(const struct timespec *length)
{
	return syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, length, NULL);
}

static void *call(void *unused)
{
	const struct timespec length = {.tv_nsec = length_ns};

	(void)unused;
	prctl(PR_SET_TIMERSLACK, 1);
	pthread_barrier_wait(&all_started);
	for (unsigned i = 0; i < calls; i++)
		called(&length);
	return NULL;
}

static long long cpu_ns(void)
{
	struct timespec used;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
	return used.tv_sec * 1000000000LL + used.tv_nsec;
}

int main(void)
{
	pthread_t threads[MOST_THREADS];
	unsigned count;
	long long spin, until;

	printf("%d %d\n", getpid(), SYS_clock_nanosleep);
	fflush(stdout);
	while (scanf("%u %u %ld %lld", &count, &calls, &length_ns, &spin) == 4 && count > 0 &&
	       count <= MOST_THREADS) {
		pthread_barrier_init(&all_started, NULL, count);
		for (unsigned i = 0; i < count; i++)
			pthread_create(&threads[i], NULL, call, NULL);
		for (unsigned i = 0; i < count; i++)
			pthread_join(threads[i], NULL);
		pthread_barrier_destroy(&all_started);
		for (until = cpu_ns() + spin; cpu_ns() < until;)
			;
		puts("done");
		fflush(stdout);
	}
	return 0;
}
