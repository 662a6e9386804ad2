/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef TCPCONNLAT_ARRIVAL_BPF_H
#define TCPCONNLAT_ARRIVAL_BPF_H

#include "destination.bpf.h"
#include "ring.bpf.h"

/* One row of an incoming connection. */
struct arrival {
	__u64 start_ns; /* the end of its handshake; CLOCK_MONOTONIC */
	__u64 handshake_ns;
	__u64 wait_ns; /* until accept(), or until the end without */
	__u32 pid;     /* of who accepted it; 0: nobody */
	__u32 tid;
	__u32 netns;
	__u32 synack_retransmits;
	__u32 queue_length; /* that waited already */
	__u32 queue_limit;
	struct ends ends;
	__u16 error;
	__u8 result;
	__u8 traits;
	bool is_handshake_timed;
	bool is_wait_timed;
	char comm[TASK_COMM_LEN];
};

RING(arrivals, struct arrival, 16 * 1024 * 1024);

static __always_inline void count_arrival_signs(const struct arrival *arrival)
{
	if (arrival->synack_retransmits)
		count_quality(syn_retransmitted);
	/* The kernel lets one wait more than the limit (sk_acceptq_is_full()). */
	if (arrival->queue_length >= arrival->queue_limit)
		count_quality(queue_filled);
	if (arrival->traits & TRAIT_SYNCOOKIE)
		count_quality(syncookies);
	else if (!arrival->is_handshake_timed && !(arrival->traits & TRAIT_FAST_OPEN))
		count_quality(handshakes_not_timed);
	if (!arrival->is_wait_timed)
		count_quality(accepts_not_timed);
}

static __always_inline void count_arrival(const struct arrival *arrival)
{
	struct destination key = {
		.ip = arrival->ends.ip,
		.result = arrival->result,
		.port = by_port ? arrival->ends.lport : 0,
		.stage = STAGE_ACCEPT_WAIT,
		.address = by_port ? arrival->ends.saddr : arrival->ends.daddr,
	};

	if (!arrival->is_wait_timed) {
		count_lost(async_not_timed);
	} else if (count_stage(&key, arrival->wait_ns) && arrival->is_handshake_timed) {
		key.stage = STAGE_HANDSHAKE;
		count_more(&key, arrival->handshake_ns);
	}
}

/* The event's end: exactly one of reported, below the threshold, lost. */
static __always_inline void report_arrival(const struct arrival *arrival)
{
	struct arrival *record;

	if (min_ns && arrival->is_wait_timed &&
	    arrival->handshake_ns + arrival->wait_ns <= min_ns) {
		count_stat(below_threshold);
		return;
	}
	count_arrival_signs(arrival);
	if (want_histogram) {
		count_arrival(arrival);
		return;
	}
	record = ring_reserve(arrivals, struct arrival);
	if (!record)
		return;
	*record = *arrival;
	bpf_ringbuf_submit(record, 0);
}

#endif
