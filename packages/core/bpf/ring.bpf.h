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

/* Room for one record, or NULL after counting that there is none. Not for programs that run in
 * NMI: there a reserve also fails while the ring's lock is taken, which is ring_busy. */
#define ring_reserve(ring, record)                                               \
	({                                                                       \
		record *record_ = bpf_ringbuf_reserve(&ring, sizeof(record), 0); \
		if (!record_)                                                    \
			count_lost(ring_full);                                   \
		record_;                                                         \
	})

#endif
