// Calls functions that take a known time in known ways, and prints what it did, by function:
// `NAME COUNT TOTAL_NS WITHIN_NS`, by its own clock: around the calls, and from their first line to
// their last. Whatever preempts it, a call takes no more than the one and no less than the other.
// Starts at a line on stdin, if told to wait.
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PROBED __attribute__((noinline, noclone, used))
#define KEEP __asm__ volatile("" ::: "memory")

static long long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000LL + time.tv_nsec;
}

/* For what is called too often to sleep meanwhile: whoever else runs does not count. */
static long long cpu_time(void)
{
	struct timespec time;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
	return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void sleep_ms(long ms)
{
	struct timespec time = {ms / 1000, ms % 1000 * 1000000};

	while (nanosleep(&time, &time) && errno == EINTR)
		;
}

static void spin_us(long us)
{
	long long end = now() + us * 1000LL;

	while (now() < end)
		;
}

/* What was done. */
struct truth {
	const char *name;
	long count;
	long long ns, within;
};

static void say(struct truth truth)
{
	printf("%s %ld %lld %lld\n", truth.name, truth.count, truth.ns, truth.within);
}

/* The caller's side. */
static void timed(struct truth *truth, void (*function)(struct truth *, long), long argument)
{
	long long start = now();

	function(truth, argument);
	__atomic_add_fetch(&truth->ns, now() - start, __ATOMIC_RELAXED);
	__atomic_add_fetch(&truth->count, 1, __ATOMIC_RELAXED);
}

/* The function's: the last that it does. */
static void ends(struct truth *truth, long long start)
{
	__atomic_add_fetch(&truth->within, now() - start, __ATOMIC_RELAXED);
}

PROBED void nap(struct truth *truth, long ms)
{
	long long start = now();

	sleep_ms(ms);
	ends(truth, start);
}

/* It begins, as most do, with a push: what the kernel need not step through, it emulates. */
PROBED void empty(void)
{
#ifdef __x86_64__
	__asm__ volatile("" : : : "rbx");
#endif
	KEEP;
}

PROBED void spin(struct truth *truth, long us)
{
	long long start = now();

	spin_us(us);
	ends(truth, start);
}

/* outer 10 ms + middle 20 ms + twice inner 15 ms, each by itself. */
static struct truth outers = {.name = "outer"}, middles = {.name = "middle"};
static struct truth inners = {.name = "inner"};

PROBED void inner(struct truth *truth, long times)
{
	long long start = now();

	sleep_ms(15);
	ends(truth, start);
}

PROBED void middle(struct truth *truth, long times)
{
	long long start = now();

	sleep_ms(20);
	timed(&inners, inner, times);
	timed(&inners, inner, times);
	ends(truth, start);
}

PROBED void outer(struct truth *truth, long times)
{
	long long start = now();

	sleep_ms(10);
	timed(&middles, middle, times);
	ends(truth, start);
}

PROBED long recurse(long depth)
{
	volatile long below = depth > 1 ? recurse(depth - 1) : 0;

	if (depth == 1)
		sleep_ms(1);
	KEEP;
	return below + 1;
}

PROBED void tail_end(struct truth *truth, long ms)
{
	long long start = now();

	sleep_ms(ms);
	ends(truth, start);
}

PROBED void tail(struct truth *truth, long ms)
{
	KEEP;
	tail_end(truth, ms); /* the last thing it does: -O2 makes it a jump */
}

static jmp_buf back;

PROBED void jumps(long ms)
{
	sleep_ms(ms);
	longjmp(back, 1);
}

static long each, ms;

/* Comes back as often as `each` says, before it returns. */
PROBED void lands(struct truth *truth, long ms)
{
	volatile long long start = now();
	volatile long landed = 0;

	setjmp(back);
	if (landed++ < each)
		jumps(ms);
	ends(truth, start);
}

PROBED void leaves(long ms)
{
	sleep_ms(ms);
	pthread_exit(NULL);
}

static void *leaver(void *unused)
{
	leaves(1);
	return NULL;
}

static struct truth naps = {.name = "nap"};

static void *napper(void *unused)
{
	for (long i = 0; i < each; i++)
		timed(&naps, nap, ms);
	return NULL;
}

static struct truth handled = {.name = "in_handler"};

PROBED void in_handler(struct truth *truth, long us)
{
	long long start = now();

	spin_us(us);
	ends(truth, start);
}

static void on_alarm(int signal)
{
	timed(&handled, in_handler, 2000);
}

static void run_threads(long threads, void *(*body)(void *))
{
	pthread_t *all = calloc(threads, sizeof(*all));

	for (long i = 0; i < threads; i++)
		pthread_create(&all[i], NULL, body, NULL);
	for (long i = 0; i < threads; i++)
		pthread_join(all[i], NULL);
	free(all);
}

PROBED void forks(struct truth *truth, long ms)
{
	volatile long long start = now();
	pid_t child = vfork();

	if (child == 0)
		_exit(0);
	waitpid(child, NULL, 0);
	sleep_ms(ms);
	ends(truth, start);
}

/* What it becomes lasts as long as the standard input. */
PROBED void executes(long unused)
{
	execl("/bin/sh", "sh", "-c", "echo executed; exec cat", NULL);
	_exit(1);
}

/* By a thread that is not the first, which then gets its id. */
static void *executor(void *unused)
{
	executes(0);
	return NULL;
}

static long number(char **arguments, int i)
{
	return arguments[i] ? atol(arguments[i]) : 1;
}

int main(int count, char **arguments)
{
	const char *mode = count > 1 ? arguments[1] : "";
	char line[16];
	long n = count > 2 ? number(arguments, 2) : 1;

	printf("ready\n");
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		return 1;
	if (!strcmp(mode, "nap")) {
		/* nap TIMES MS THREADS */
		each = n;
		ms = number(arguments, 3);
		run_threads(count > 4 ? number(arguments, 4) : 1, napper);
		say(naps);
	} else if (!strcmp(mode, "spin")) {
		struct truth spins = {.name = "spin"};

		for (long i = 0; i < n; i++)
			timed(&spins, spin, number(arguments, 3));
		say(spins);
	} else if (!strcmp(mode, "nested")) {
		for (long i = 0; i < n; i++)
			timed(&outers, outer, 1);
		say(outers);
		say(middles);
		say(inners);
	} else if (!strcmp(mode, "recurse")) {
		long long start = now();
		long calls = recurse(n);

		printf("recurse %ld %lld 0\n", calls, now() - start);
	} else if (!strcmp(mode, "tail")) {
		struct truth tails = {.name = "tail"};

		for (long i = 0; i < n; i++)
			timed(&tails, tail, 5);
		say(tails);
	} else if (!strcmp(mode, "longjmp")) {
		/* longjmp TIMES JUMPS */
		struct truth all = {.name = "lands"};

		each = number(arguments, 3);
		for (long i = 0; i < n; i++)
			timed(&all, lands, 1);
		say(all);
	} else if (!strcmp(mode, "pthread_exit")) {
		for (long i = 0; i < n; i++)
			run_threads(1, leaver);
		printf("leaves %ld 0 0\n", n);
	} else if (!strcmp(mode, "altstack")) {
		/* Below the other: above it, uretprobes would be fatal. */
		stack_t stack = {.ss_sp = malloc(1 << 16), .ss_size = 1 << 16};
		struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_ONSTACK};
		struct truth all = {.name = "spin"};

		sigaltstack(&stack, NULL);
		sigaction(SIGALRM, &action, NULL);
		for (long i = 0; i < n; i++) {
			struct itimerval timer = {.it_value = {0, 3000}};

			setitimer(ITIMER_REAL, &timer, NULL);
			timed(&all, spin, 10000);
		}
		say(all);
		say(handled);
	} else if (!strcmp(mode, "vfork")) {
		struct truth all = {.name = "forks"};

		for (long i = 0; i < n; i++)
			timed(&all, forks, 2);
		say(all);
	} else if (!strcmp(mode, "exec")) {
		pid_t child = fork();

		if (child == 0)
			executes(0);
		waitpid(child, NULL, 0);
	} else if (!strcmp(mode, "thread_exec")) {
		pid_t child = fork();

		if (child == 0)
			run_threads(1, executor);
		waitpid(child, NULL, 0);
	} else if (!strcmp(mode, "empty")) {
		long long start = cpu_time();

		for (long i = 0; i < n; i++)
			empty();
		printf("empty %ld %lld 0\n", n, cpu_time() - start);
	} else if (!strcmp(mode, "malloc")) {
		long long start = cpu_time();

		for (long i = 0; i < n; i++) {
			void *volatile memory = malloc(64);

			free(memory);
		}
		printf("malloc %ld %lld 0\n", n, cpu_time() - start);
	} else if (!strcmp(mode, "getppid")) {
		long long start = cpu_time();

		for (long i = 0; i < n; i++)
			syscall(SYS_getppid);
		printf("getppid %ld %lld 0\n", n, cpu_time() - start);
	} else {
		fprintf(stderr, "no mode %s\n", mode);
		return 2;
	}
	printf("done\n");
	fflush(stdout);
	return 0;
}
