/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages over a serial port: a header and a body. The other end, guest.ts, may
 * go away in the middle of one; what does not begin with MAGIC is passed over.
 */
#ifndef PORT_H
#define PORT_H

#include <stdint.h>

#define MAGIC 0x74626b70
#define MAX_BODY (64 * 1024)

/* What is asked: START brings the number of arguments, then the working directory,
 * arguments and environment, each ended by a NUL; INPUT without a body ends standard
 * input; SIGNAL brings its number; RESET ends all that runs, and then READY brings its
 * body back. */
enum request {
	START = 1,
	INPUT,
	SIGNAL,
	RESET
};

/* What is said: READY, PID, output, and END with the wait status, after the last output. */
enum reply {
	READY = 1,
	PID,
	STDOUT,
	STDERR,
	END
};

struct header {
	uint32_t magic;
	uint32_t kind;
	uint32_t id;
	uint32_t length;
};

/* Opens the port; ends the process, and so the machine, where it cannot. */
int open_port(void);
/* Reads one message; its body lies in `body`, which has room for MAX_BODY. */
void listen_to_port(struct header *header, char *body);
void say(enum reply kind, uint32_t id, const void *body, uint32_t length);
/* Says why on the console; the kernel panics, and the other end sees the machine go. */
void die(const char *what) __attribute__((noreturn));

#endif
