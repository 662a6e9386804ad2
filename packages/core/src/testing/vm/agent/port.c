// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "port.h"

#define PORT "/dev/ttyS1"

static int port;

void die(const char *what)
{
	perror(what);
	exit(1);
}

int open_port(void)
{
	struct termios raw;

	port = open(PORT, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (port < 0 || tcgetattr(port, &raw))
		die("agent: " PORT);
	cfmakeraw(&raw);
	cfsetspeed(&raw, B115200);
	if (tcsetattr(port, TCSANOW, &raw))
		die("agent: " PORT);
	return port;
}

static void read_all(void *into, size_t length)
{
	char *at = into;

	while (length > 0) {
		ssize_t got = read(port, at, length);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			die("agent: " PORT);
		at += got;
		length -= got;
	}
}

static void write_all(const void *from, size_t length)
{
	const char *at = from;

	while (length > 0) {
		ssize_t written = write(port, at, length);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			die("agent: " PORT);
		at += written;
		length -= written;
	}
}

void listen_to_port(struct header *header, char *body)
{
	uint32_t magic = 0;
	unsigned char byte;

	do {
		while (magic != MAGIC) {
			read_all(&byte, 1);
			magic = magic >> 8 | (uint32_t)byte << 24;
		}
		read_all(&header->kind, sizeof(*header) - sizeof(magic));
		magic = 0;
	} while (header->length > MAX_BODY);
	read_all(body, header->length);
}

void say(enum reply kind, uint32_t id, const void *body, uint32_t length)
{
	struct header header = {MAGIC, kind, id, length};

	write_all(&header, sizeof(header));
	write_all(body, length);
}
