/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef TCPCONNLAT_CONNECTION_BPF_H
#define TCPCONNLAT_CONNECTION_BPF_H

#include "histogram.bpf.h"
#include "quality.bpf.h"
#include "ring.bpf.h"
#include "sock.bpf.h"

/* What became of a connection; src/result.ts names them. */
enum result {
	RESULT_OK,
	RESULT_REFUSED,
	RESULT_TIMEOUT,
	RESULT_UNREACHABLE,
	RESULT_RESET,
	RESULT_CLOSED,
	RESULT_FAILED,
};

/* What kind of connection it is; src/result.ts names them. */
enum trait {
	TRAIT_NONBLOCKING = 1 << 0,
	TRAIT_V4_MAPPED = 1 << 1,
	TRAIT_FAST_OPEN = 1 << 2,
	TRAIT_MPTCP = 1 << 3,
	TRAIT_SIMULTANEOUS = 1 << 4,
};

enum response {
	RESPONSE_NONE,
	RESPONSE_SEGMENT, /* the time when it came */
	RESPONSE_READ,	  /* the time when the program read it */
	RESPONSE_NOT_TIMED,
};

/* One row. */
struct connection {
	__u64 start_ns; /* CLOCK_MONOTONIC */
	__u64 latency_ns;
	__u64 response_ns; /* from start_ns to the first data */
	__u32 pid;
	__u32 tid;
	__u32 netns;
	__u32 syn_retransmits;
	struct ends ends;
	__u16 error;
	__u8 result;
	__u8 traits;
	__u8 response;
	char comm[TASK_COMM_LEN];
};

const volatile __u64 min_ns = 0;
const volatile bool want_histogram = false;
const volatile bool want_response = false;
const volatile bool by_port = false;
/* The part of an address that destinations are told apart by. */
const volatile __u32 v4_prefix = 0xffffffff;
const volatile __u32 v6_prefix_a = 0xffffffff;
const volatile __u32 v6_prefix_b = 0xffffffff;
const volatile __u32 v6_prefix_c = 0xffffffff;
const volatile __u32 v6_prefix_d = 0xffffffff;

RING(connections, struct connection, 16 * 1024 * 1024);

struct destination {
	struct ip_address address;
	__u16 port;
	__u8 ip;
	__u8 result;
	__u32 chunk;
};

HISTOGRAMS(destinations, struct destination, 4096);

static __always_inline __u8 traits_of(struct sock *sk, const struct ends *ends)
{
	__u8 traits = ends->mapped ? TRAIT_V4_MAPPED : 0;

	if (BPF_CORE_READ(sk, sk_socket, file, f_flags) & O_NONBLOCK)
		traits |= TRAIT_NONBLOCKING;
	return traits;
}

static __always_inline __u8 result_of(int error)
{
	switch (error) {
	case 0:
		return RESULT_CLOSED;
	case ECONNREFUSED:
		return RESULT_REFUSED;
	case ETIMEDOUT:
		return RESULT_TIMEOUT;
	case ENETUNREACH:
	case EHOSTUNREACH:
	case ENETDOWN:
	case EHOSTDOWN:
		return RESULT_UNREACHABLE;
	case ECONNRESET:
	case EPIPE:
		return RESULT_RESET;
	default:
		return RESULT_FAILED;
	}
}

static __always_inline void count_destination(const struct connection *connection)
{
	__u64 ns = connection->latency_ns;
	__u32 slot = histogram_slot(ns);
	struct destination key = {
		.ip = connection->ends.ip,
		.result = connection->result,
		.port = by_port ? connection->ends.dport : 0,
		.chunk = slot / SLOTS_PER_CHUNK,
	};
	const struct ip_address *address = &connection->ends.daddr;
	int err;

	if (key.ip == 4) {
		key.address.a = address->a & v4_prefix;
	} else {
		key.address.a = address->a & v6_prefix_a;
		key.address.b = address->b & v6_prefix_b;
		key.address.c = address->c & v6_prefix_c;
		key.address.d = address->d & v6_prefix_d;
	}
	err = histogram_add(&destinations, &key, slot, ns, 0);
	if (err == -E2BIG)
		count_lost(map_full);
	else if (err)
		count_lost(map_busy);
}

#define LATE_NS 100000000

static __always_inline void count_signs(const struct connection *connection)
{
	if (connection->syn_retransmits)
		count_quality(syn_retransmitted);
	if (connection->response == RESPONSE_NOT_TIMED)
		count_quality(responses_not_timed);
	else if (connection->response &&
		 connection->response_ns >= connection->latency_ns + LATE_NS)
		count_quality(late_responses);
}

/* The event's end: exactly one of reported, below the threshold, lost. */
static __always_inline void report(const struct connection *connection)
{
	struct connection *record;

	if (min_ns && connection->latency_ns <= min_ns) {
		count_stat(below_threshold);
		return;
	}
	count_signs(connection);
	if (want_histogram) {
		count_destination(connection);
		return;
	}
	record = ring_reserve(connections, struct connection);
	if (!record)
		return;
	*record = *connection;
	bpf_ringbuf_submit(record, 0);
}

#endif
