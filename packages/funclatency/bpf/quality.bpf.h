/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef FUNCLATENCY_QUALITY_BPF_H
#define FUNCLATENCY_QUALITY_BPF_H

#include "kernel.bpf.h"

/* Facts about the run, per CPU and added up at its end. */
struct quality {
	__u64 calls;	 /* with sampling: all of them */
	__u64 too_deep;	 /* lost: more calls open in the thread than are kept */
	__u64 restarted; /* system calls that a signal interrupted and the kernel continued */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct quality);
} quality SEC(".maps");

#define count_quality(field)                                                      \
	do {                                                                      \
		__u32 zero_ = 0;                                                  \
		struct quality *quality_ = bpf_map_lookup_elem(&quality, &zero_); \
		if (quality_)                                                     \
			__sync_fetch_and_add(&quality_->field, 1);                \
	} while (0)

#endif
