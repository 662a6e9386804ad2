/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef TCPCONNLAT_CONNECTION_BPF_H
#define TCPCONNLAT_CONNECTION_BPF_H

#include "destination.bpf.h"
#include "ring.bpf.h"

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

const volatile bool want_response = false;

RING(connections, struct connection, 16 * 1024 * 1024);

static __always_inline __u8 traits_of(struct sock *sk, const struct ends *ends)
{
	__u8 traits = ends->mapped ? TRAIT_V4_MAPPED : 0;

	if (BPF_CORE_READ(sk, sk_socket, file, f_flags) & O_NONBLOCK)
		traits |= TRAIT_NONBLOCKING;
	return traits;
}

#define LATE_NS 100000000

static __always_inline bool is_timed(const struct connection *connection)
{
	return connection->response == RESPONSE_SEGMENT || connection->response == RESPONSE_READ;
}

static __always_inline void count_signs(const struct connection *connection)
{
	if (connection->syn_retransmits)
		count_quality(syn_retransmitted);
	if (connection->response == RESPONSE_NOT_TIMED)
		count_quality(responses_not_timed);
	else if (is_timed(connection) &&
		 connection->response_ns >= connection->latency_ns + LATE_NS)
		count_quality(late_responses);
}

static __always_inline void count_connection(const struct connection *connection)
{
	struct destination key = {
		.ip = connection->ends.ip,
		.result = connection->result,
		.port = by_port ? connection->ends.dport : 0,
		.stage = STAGE_CONNECT,
		.address = connection->ends.daddr,
	};

	if (count_stage(&key, connection->latency_ns) && is_timed(connection)) {
		key.stage = STAGE_FIRST_RESPONSE;
		count_more(&key, connection->response_ns);
	}
}

/* The event's end: exactly one of reported, below the threshold, lost. */
static __always_inline void report(const struct connection *connection)
{
	struct connection *record;
	__u64 ns = is_timed(connection) ? connection->response_ns : connection->latency_ns;

	if (min_ns && ns <= min_ns) {
		count_stat(below_threshold);
		return;
	}
	count_signs(connection);
	if (want_histogram) {
		count_connection(connection);
		return;
	}
	record = ring_reserve(connections, struct connection);
	if (!record)
		return;
	*record = *connection;
	bpf_ringbuf_submit(record, 0);
}

#endif
