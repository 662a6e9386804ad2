/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef PROBEKIT_RING_BPF_H
#define PROBEKIT_RING_BPF_H

#include "stats.bpf.h"

/*
 * A ring buffer whose records are all of one type. `ring__record` carries that
 * type into BTF, where the layout generator finds it; nothing ever reads it.
 */
#define RING(ring, record, bytes)                   \
	struct {                                    \
		__uint(type, BPF_MAP_TYPE_RINGBUF); \
		__uint(max_entries, bytes);         \
	} ring SEC(".maps");                        \
	const volatile record *const volatile ring##__record = NULL

/* Room for one record, or NULL after counting why there is none. */
#define ring_reserve(ring, record)                                               \
	({                                                                       \
		record *record_ = bpf_ringbuf_reserve(&ring, sizeof(record), 0); \
		if (!record_)                                                    \
			count_ring_loss(&ring, sizeof(record));                  \
		record_;                                                         \
	})

/* A reserve fails when the ring is full, or in NMI when its lock is taken. */
static __always_inline void count_ring_loss(void *ring, __u64 size)
{
	__u64 used = bpf_ringbuf_query(ring, BPF_RB_AVAIL_DATA);
	__u64 bytes = bpf_ringbuf_query(ring, BPF_RB_RING_SIZE);

	if (used + size + BPF_RINGBUF_HDR_SZ > bytes)
		count_lost(ring_full);
	else
		count_lost(ring_busy);
}

#endif
