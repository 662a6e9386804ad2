// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * connections OP[,ARGUMENT...]...: makes TCP connections of some kinds, one kind after the other.
 * Waits for a line on standard input before it begins, and says what each connect() returned and
 * how long it took: `result ERRNO MS`, in the end `done`. What it connects to, where no address is
 * given, is a listener of its own.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include <fcntl.h>
#include <netinet/ip.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

static int protocol = IPPROTO_TCP;
static int respond_ms = -1; /* -1: the listener closes at once */

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void check(int result, const char *what)
{
	if (result < 0)
		fail(what);
}

static void pause_ms(long ms)
{
	struct timespec left = {ms / 1000, ms % 1000 * 1000000};

	while (nanosleep(&left, &left) && errno == EINTR)
		;
}

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

static struct sockaddr_in to(const char *address, int port)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port)};

	if (inet_pton(AF_INET, address, &in.sin_addr) != 1)
		fail(address);
	return in;
}

static int tcp(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, protocol);

	check(fd, "socket");
	return fd;
}

static int attempt(int fd, const void *address, socklen_t length)
{
	double start = now_ms();
	int error = connect(fd, address, length) ? errno : 0;

	printf("result %d %.3f\n", error, now_ms() - start);
	fflush(stdout);
	errno = error;
	return error;
}

static int attempt_in(int fd, struct sockaddr_in in)
{
	return attempt(fd, &in, sizeof(in));
}

static void *answer(void *given)
{
	int fd = (long)given;
	char byte;

	pause_ms(respond_ms);
	check(write(fd, "x", 1), "write");
	while (read(fd, &byte, 1) > 0)
		;
	close(fd);
	return NULL;
}

static void *accept_all(void *given)
{
	pthread_t id;

	for (;;) {
		int fd = accept((long)given, NULL, NULL);

		if (fd < 0)
			fail("accept");
		if (respond_ms < 0)
			close(fd);
		else if (pthread_create(&id, NULL, answer, (void *)(long)fd))
			fail("pthread_create");
		else
			pthread_detach(id);
	}
	return NULL;
}

/* The port of a new listener on all addresses. */
static int serve(int backlog, bool accepts, int *listener)
{
	struct sockaddr_in in = to("0.0.0.0", 0);
	socklen_t length = sizeof(in);
	pthread_t id;
	int fd = tcp(), queue = 16;

	setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN, &queue, sizeof(queue));
	check(bind(fd, (void *)&in, sizeof(in)), "bind");
	check(listen(fd, backlog), "listen");
	check(getsockname(fd, (void *)&in, &length), "getsockname");
	if (accepts && pthread_create(&id, NULL, accept_all, (void *)(long)fd))
		fail("pthread_create");
	if (listener)
		*listener = fd;
	return ntohs(in.sin_port);
}

/* Bound, so that nobody else has it, and not listening. */
static struct sockaddr_in closed_port(void)
{
	struct sockaddr_in in = to("127.0.0.1", 0);
	socklen_t length = sizeof(in);
	int fd = tcp();

	check(bind(fd, (void *)&in, sizeof(in)), "bind");
	check(getsockname(fd, (void *)&in, &length), "getsockname");
	return in;
}

static void nonblocking(int fd)
{
	check(fcntl(fd, F_SETFL, O_NONBLOCK), "F_SETFL");
}

static void on_alarm(int signal)
{
}

static struct sockaddr_in many_to;
static long each;
static bool aborts;

static void *make(void *given)
{
	for (long i = 0; i < each; i++) {
		struct linger reset = {.l_onoff = 1};
		int fd = tcp();

		char byte;

		if (connect(fd, (void *)&many_to, sizeof(many_to)))
			fail("connect");
		/* Who accepted it closes it: none ends before. */
		if (!aborts)
			check(read(fd, &byte, 1), "read");
		/* No TIME_WAIT, which would use the ports up. */
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
		close(fd);
	}
	return NULL;
}

static void many(const char *name, long count, long threads)
{
	pthread_t ids[64];

	many_to = to("127.0.0.1", serve(4096, true, NULL));
	printf("%s %d\n", name, ntohs(many_to.sin_port));
	each = count / threads;
	aborts = !strcmp(name, "abort");
	for (long i = 0; i < threads; i++)
		pthread_create(&ids[i], NULL, make, NULL);
	for (long i = 0; i < threads; i++)
		pthread_join(ids[i], NULL);
}

/* One of `clients`, which connect at the same time and wait for the first byte. */
struct client {
	int fd;
	double start;
};

static void *client(void *given)
{
	struct client *client = given;
	struct pollfd writable = {.fd = client->fd, .events = POLLOUT};
	char byte;

	check(poll(&writable, 1, -1), "poll");
	double connected = now_ms();
	check(fcntl(client->fd, F_SETFL, 0), "F_SETFL");
	/* A peer that dropped the last ACK learns of the connection by its data. */
	check(send(client->fd, "q", 1, MSG_NOSIGNAL), "send");
	check(read(client->fd, &byte, 1), "read");
	printf("client %.3f %.3f\n", connected - client->start, now_ms() - client->start);
	fflush(stdout);
	close(client->fd);
	return NULL;
}

/* BACKLOG CLIENTS MS: a listener that begins to accept after so long. */
static void crowd(int backlog, int count, long accept_after_ms)
{
	struct client clients[64];
	pthread_t ids[64], acceptor;
	int listener;

	respond_ms = 0;
	many_to = to("127.0.0.1", serve(backlog, false, &listener));
	printf("crowd %d\n", ntohs(many_to.sin_port));
	for (int i = 0; i < count; i++) {
		clients[i].fd = tcp();
		nonblocking(clients[i].fd);
	}
	/* Their SYNs leave together, before the first one is answered. */
	for (int i = 0; i < count; i++) {
		clients[i].start = now_ms();
		if (connect(clients[i].fd, (void *)&many_to, sizeof(many_to)) &&
		    errno != EINPROGRESS)
			fail("connect");
	}
	for (int i = 0; i < count; i++)
		pthread_create(&ids[i], NULL, client, &clients[i]);
	pause_ms(accept_after_ms);
	pthread_create(&acceptor, NULL, accept_all, (void *)(long)listener);
	for (int i = 0; i < count; i++)
		pthread_join(ids[i], NULL);
	respond_ms = -1;
}

/* Of words of 16 bits. */
static unsigned sum_of(const void *given, int length)
{
	const unsigned char *bytes = given;
	unsigned sum = 0;

	for (int i = 0; i < length; i += 2)
		sum += bytes[i] | bytes[i + 1] << 8;
	return sum;
}

/* A segment without data, as if a peer that is not there had sent it. */
static void forge(struct sockaddr_in from, struct sockaddr_in to, unsigned sequence, int flags)
{
	struct {
		struct iphdr ip;
		struct tcphdr tcp;
	} packet = {
		.ip = {.version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_TCP},
		.tcp = {.source = from.sin_port, .dest = to.sin_port, .doff = 5},
	};
	struct {
		struct in_addr from, to;
		unsigned short protocol, length;
	} pseudo = {from.sin_addr, to.sin_addr, htons(IPPROTO_TCP), htons(sizeof(packet.tcp))};
	int fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
	unsigned sum;

	check(fd, "SOCK_RAW");
	packet.ip.saddr = from.sin_addr.s_addr;
	packet.ip.daddr = to.sin_addr.s_addr;
	packet.tcp.seq = htonl(sequence);
	packet.tcp.th_flags = flags;
	packet.tcp.window = htons(65535);
	sum = sum_of(&pseudo, sizeof(pseudo)) + sum_of(&packet.tcp, sizeof(packet.tcp));
	sum = (sum & 0xffff) + (sum >> 16);
	packet.tcp.check = ~(sum + (sum >> 16));
	check(sendto(fd, &packet, sizeof(packet), 0, (void *)&to, sizeof(to)), "sendto");
	close(fd);
}

/* By a peer that opens at the same time, and thinks better of it: an answer to a SYN is a refusal.
 */
static void reset_by(struct sockaddr_in peer)
{
	struct sockaddr_in here;
	socklen_t length = sizeof(here);
	struct pollfd failed = {.fd = tcp()};

	nonblocking(failed.fd);
	attempt_in(failed.fd, peer);
	check(getsockname(failed.fd, (void *)&here, &length), "getsockname");
	forge(peer, here, 1000, TH_SYN);
	forge(peer, here, 1001, TH_RST);
	if (poll(&failed, 1, 5000) != 1 || !(failed.revents & POLLERR))
		fail("no reset");
	close(failed.fd);
}

/* Until the kernel has opened a second subflow, which it does once both sides have spoken. */
static void wait_for_join(int fd)
{
	char byte;

	check(read(fd, &byte, 1), "read");
	check(write(fd, "q", 1), "write");
	if (system("for i in $(seq 200); do nstat -asz MPTcpExtMPJoinAckRx | grep -q ' [1-9]' "
		   "&& exit; sleep 0.05; done; exit 1")) {
		fprintf(stderr, "no MP_JOIN\n");
		exit(1);
	}
}

static void respond(int fd, bool half)
{
	char byte;

	if (half)
		check(shutdown(fd, SHUT_WR), "shutdown");
	check(read(fd, &byte, 1), "read");
	close(fd);
}

static const char *next(void)
{
	const char *word = strtok(NULL, ",");

	return word ? word : "";
}

static void run(char *scene)
{
	const char *op = strtok(scene, ","), *address = next();
	int port = atoi(next()), fd;
	long ms = atol(next());
	int retries = ms; /* of the SYN */
	struct sockaddr_in in;

	if (!strcmp(op, "many") || !strcmp(op, "abort")) {
		many(op, atol(address), port);
	} else if (!strcmp(op, "try")) {
		fd = tcp();
		if (ms)
			setsockopt(fd, IPPROTO_TCP, TCP_SYNCNT, &retries, sizeof(retries));
		attempt_in(fd, to(address, port));
		close(fd);
	} else if (!strcmp(op, "try6")) {
		struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};

		in6.sin6_port = htons(serve(16, true, NULL));
		inet_pton(AF_INET6, address, &in6.sin6_addr);
		fd = socket(AF_INET6, SOCK_STREAM, 0);
		attempt(fd, &in6, sizeof(in6));
	} else if (!strcmp(op, "own")) {
		/* ADDRESS COUNT: to a listener of our own, by that address. */
		in = to(address, serve(64, true, NULL));
		for (int i = 0; i < port; i++) {
			fd = tcp();
			attempt_in(fd, in);
			close(fd);
		}
	} else if (!strcmp(op, "refused")) {
		fd = tcp();
		attempt_in(fd, closed_port());
		attempt_in(fd, to("127.0.0.1", serve(16, true, NULL))); /* the same socket */
	} else if (!strcmp(op, "close")) {
		fd = tcp();
		nonblocking(fd);
		attempt_in(fd, to(address, port));
		attempt_in(fd, to(address, port)); /* EALREADY: begins nothing */
		pause_ms(ms);
		close(fd);
	} else if (!strcmp(op, "disconnect")) {
		struct sockaddr none = {.sa_family = AF_UNSPEC};

		fd = tcp();
		nonblocking(fd);
		attempt_in(fd, to(address, port));
		pause_ms(ms);
		check(connect(fd, &none, sizeof(none)), "AF_UNSPEC");
		attempt_in(fd, to("127.0.0.1", serve(16, true, NULL)));
		pause_ms(100);
	} else if (!strcmp(op, "interrupted")) {
		struct sigaction action = {.sa_handler = on_alarm};
		struct itimerval timer = {.it_value = {ms / 1000, ms % 1000 * 1000}};

		sigaction(SIGALRM, &action, NULL);
		setitimer(ITIMER_REAL, &timer, NULL);
		fd = tcp();
		attempt_in(fd, to(address, port));
		pause_ms(ms);
		close(fd);
	} else if (!strcmp(op, "timed")) {
		struct timeval limit = {ms / 1000, ms % 1000 * 1000};

		fd = tcp();
		check(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)),
		      "SO_SNDTIMEO");
		attempt_in(fd, to(address, port));
		close(fd);
	} else if (!strcmp(op, "self")) {
		fd = tcp();
		in = to("127.0.0.1", 40999);
		check(bind(fd, (void *)&in, sizeof(in)), "bind");
		attempt_in(fd, in);
	} else if (!strcmp(op, "reset")) {
		reset_by(to(address, port));
	} else if (!strcmp(op, "fastopen")) {
		/* A listener that closes at once would reset what comes with the SYN. */
		respond_ms = 0;
		in = to("127.0.0.1", serve(16, true, NULL));
		for (int i = 0; i < 2; i++) {
			fd = tcp();
			check(sendto(fd, "x", 1, MSG_FASTOPEN, (void *)&in, sizeof(in)), "sendto");
			respond(fd, false);
		}
		respond_ms = -1;
	} else if (!strcmp(op, "mptcp")) {
		protocol = IPPROTO_MPTCP;
		attempt_in(tcp(), to("127.0.0.1", serve(16, true, NULL)));
		protocol = IPPROTO_TCP;
	} else if (!strcmp(op, "joined")) {
		protocol = IPPROTO_MPTCP;
		respond_ms = 0;
		fd = tcp();
		attempt_in(fd, to("127.0.0.1", serve(16, true, NULL)));
		wait_for_join(fd);
		close(fd);
		respond_ms = -1;
		protocol = IPPROTO_TCP;
	} else if (!strcmp(op, "exhausted")) {
		/* COUNT: to one address and port, with as few local ports as the namespace has. */
		in = to("127.0.0.1", serve(64, false, NULL));
		for (int i = 0; i < atoi(address); i++)
			attempt_in(tcp(), in);
	} else if (!strcmp(op, "respond")) {
		/* MS HALF */
		respond_ms = atoi(address);
		fd = tcp();
		attempt_in(fd, to("127.0.0.1", serve(16, true, NULL)));
		respond(fd, port);
		respond_ms = -1;
	} else if (!strcmp(op, "sh")) {
		/* COMMAND: what the next ones find changed */
		check(system(address) ? -1 : 0, address);
	} else if (!strcmp(op, "crowd")) {
		crowd(atoi(address), port, ms);
	} else {
		errno = EINVAL;
		fail(op);
	}
}

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	printf("ready\n");
	fflush(stdout);
	if (getchar() == EOF)
		return 1;
	for (int i = 1; i < argc; i++)
		run(argv[i]);
	printf("done\n");
	return 0;
}
