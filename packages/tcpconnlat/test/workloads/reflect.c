// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * reflect MS: a TUN device `reflect` with the address 10.10.0.1/24 whose packets come back after MS
 * with source and destination swapped, which changes no checksum: who connects to 10.10.0.2 talks
 * to this machine over a link whose delay is known. Says `ready` once it is up, and ends with its
 * parent.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define PLACES 4096

static struct packet {
	long due_us;
	int length;
	unsigned char bytes[2048];
} queue[PLACES];

static long now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void swap_addresses(unsigned char *ip)
{
	unsigned char source[4];

	memcpy(source, ip + 12, 4);
	memcpy(ip + 12, ip + 16, 4);
	memcpy(ip + 16, source, 4);
}

int main(int argc, char **argv)
{
	struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI, .ifr_name = "reflect"};
	long delay_us = argc > 1 ? atol(argv[1]) * 1000 : 0;
	unsigned head = 0, tail = 0;
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &request)) {
		perror("/dev/net/tun");
		return 1;
	}
	if (system("ip addr add 10.10.0.1/24 dev reflect && ip link set reflect up"))
		return 1;
	printf("ready\n");
	fflush(stdout);
	for (;;) {
		struct packet *first = &queue[head % PLACES], *last = &queue[tail % PLACES];
		long wait_us = head == tail ? 1000000 : first->due_us - now_us();
		struct timespec wait = {wait_us / 1000000, wait_us % 1000000 * 1000};
		struct pollfd readable = {.fd = fd, .events = POLLIN};

		if (wait_us <= 0) {
			if (write(fd, first->bytes, first->length) < 0)
				perror("write");
			head++;
			continue;
		}
		if (tail - head == PLACES || ppoll(&readable, 1, &wait, NULL) <= 0)
			continue;
		last->length = read(fd, last->bytes, sizeof(last->bytes));
		if (last->length < 20 || last->bytes[0] >> 4 != 4)
			continue;
		swap_addresses(last->bytes);
		last->due_us = now_us() + delay_us;
		tail++;
	}
}
