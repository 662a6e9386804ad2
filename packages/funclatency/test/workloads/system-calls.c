// Makes system calls in known ways, and prints what it did: `NAME COUNT TOTAL_NS WITHIN_NS`, as
// functions.c does.
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void nothing(int signal)
{
}

/* A relative sleep goes on by restart_syscall() after a stop. */
static void stopped(void)
{
	struct timespec all = {0, 400000000};
	long long start, ns;
	pid_t stopper = fork(), sleeper;

	if (stopper == 0) {
		sleeper = getppid();
		usleep(100000);
		kill(sleeper, SIGSTOP);
		usleep(100000);
		kill(sleeper, SIGCONT);
		_exit(0);
	}
	start = now();
	syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &all, NULL);
	ns = now() - start;
	waitpid(stopper, NULL, 0);
	/* It lasts as long as it was asked to, or longer. */
	printf("clock_nanosleep 1 %lld %ld\n", ns, all.tv_nsec);
}

int main(int count, char **arguments)
{
	const char *mode = count > 1 ? arguments[1] : "";
	long n = count > 2 ? atol(arguments[2]) : 1;
	char line[16];

	printf("ready\n");
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		return 1;
	if (!strcmp(mode, "getsid")) {
		for (long i = 0; i < n; i++)
			syscall(SYS_getsid, 0);
	} else if (!strcmp(mode, "ia32")) {
#ifdef __x86_64__
		/* getsid is 147 there. */
		for (long i = 0; i < n; i++) {
			long result = 147;

			__asm__ volatile("int $0x80"
					 : "+a"(result)
					 : "b"(0)
					 : "memory", "r8", "r9", "r10", "r11");
		}
#endif
	} else if (!strcmp(mode, "stopped")) {
		stopped();
	} else if (!strcmp(mode, "handled")) {
		struct sigaction action = {.sa_handler = nothing};
		struct itimerval timer = {.it_value = {0, 20000}};

		sigaction(SIGALRM, &action, NULL);
		for (long i = 0; i < n; i++) {
			setitimer(ITIMER_REAL, &timer, NULL);
			pause();
		}
	} else if (!strcmp(mode, "clone")) {
		for (long i = 0; i < n; i++) {
			pid_t child = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

			if (child == 0)
				_exit(0);
			waitpid(child, NULL, 0);
		}
	} else {
		return 2;
	}
	printf("done\n");
	fflush(stdout);
	return 0;
}
