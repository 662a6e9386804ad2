/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef TCPCONNLAT_DESTINATION_BPF_H
#define TCPCONNLAT_DESTINATION_BPF_H

#include "histogram.bpf.h"
#include "quality.bpf.h"
#include "result.bpf.h"

const volatile __u64 min_ns = 0;
const volatile bool want_histogram = false;
const volatile bool by_port = false;
/* The part of an address that destinations are told apart by. */
const volatile __u32 v4_prefix = 0xffffffff;
const volatile __u32 v6_prefix_a = 0xffffffff;
const volatile __u32 v6_prefix_b = 0xffffffff;
const volatile __u32 v6_prefix_c = 0xffffffff;
const volatile __u32 v6_prefix_d = 0xffffffff;

/* What was timed; src/stage.ts names them. */
enum stage {
	STAGE_CONNECT,
	STAGE_FIRST_RESPONSE,
	STAGE_HANDSHAKE,
	STAGE_ACCEPT_WAIT,
};

struct destination {
	struct ip_address address;
	__u16 port;
	__u8 ip;
	__u8 result;
	__u16 stage;
	__u16 chunk;
};

HISTOGRAMS(destinations, struct destination, 4096);

/* In the histogram of a key whose address is a whole one. */
static __always_inline int count_time(const struct destination *whole, __u64 ns)
{
	__u32 slot = histogram_slot(ns);
	struct destination key = *whole;

	key.chunk = slot / SLOTS_PER_CHUNK;
	if (key.ip == 4) {
		key.address.a &= v4_prefix;
	} else {
		key.address.a &= v6_prefix_a;
		key.address.b &= v6_prefix_b;
		key.address.c &= v6_prefix_c;
		key.address.d &= v6_prefix_d;
	}
	return histogram_add(&destinations, &key, slot, ns, 0);
}

/* The stage that stands for the event. false: it is lost, and counted so. */
static __always_inline bool count_stage(const struct destination *key, __u64 ns)
{
	int err = count_time(key, ns);

	if (err)
		count_refused(err);
	return !err;
}

/* Another stage of the same event. */
static __always_inline void count_more(const struct destination *key, __u64 ns)
{
	if (count_time(key, ns))
		count_quality(stages_not_counted);
}

#endif
