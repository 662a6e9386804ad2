// SPDX-License-Identifier: Apache-2.0
/*
 * A thread for each argument, which spins in a function of its own. The argument is the thread's
 * name in hexadecimal digits, since names may hold any byte. The symbols of the functions are
 * overwritten by the test in the same way.
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define SPIN(n)                                                                          \
	__attribute__((noinline)) void *placeholder_for_hostile_symbol_##n(void *unused) \
	{                                                                                \
		for (;;)                                                                 \
			__asm__ volatile("");                                            \
		return unused;                                                           \
	}

SPIN(0)
SPIN(1)
SPIN(2)
SPIN(3)
SPIN(4)
SPIN(5)
SPIN(6)
SPIN(7)

static void *(*const spin[])(void *) = {
	placeholder_for_hostile_symbol_0, placeholder_for_hostile_symbol_1,
	placeholder_for_hostile_symbol_2, placeholder_for_hostile_symbol_3,
	placeholder_for_hostile_symbol_4, placeholder_for_hostile_symbol_5,
	placeholder_for_hostile_symbol_6, placeholder_for_hostile_symbol_7,
};

struct named {
	char name[16];
	void *(*spin)(void *);
};

static void *run(void *named_)
{
	struct named *named = named_;

	prctl(PR_SET_NAME, named->name);
	return named->spin(NULL);
}

int main(int argc, char **argv)
{
	static struct named threads[sizeof(spin) / sizeof(spin[0])];
	pthread_t thread;

	for (int i = 0; i < argc - 1 && i < (int)(sizeof(spin) / sizeof(spin[0])); i++) {
		const char *hex = argv[i + 1];
		unsigned int byte;

		for (size_t at = 0; at < 15 && sscanf(hex + 2 * at, "%2x", &byte) == 1; at++)
			threads[i].name[at] = (char)byte;
		threads[i].spin = spin[i];
		pthread_create(&thread, NULL, run, &threads[i]);
	}
	printf("spinning\n");
	fflush(stdout);
	pause();
	return 0;
}
