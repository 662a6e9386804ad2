/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef EXT4SLOWER_QUALITY_BPF_H
#define EXT4SLOWER_QUALITY_BPF_H

#include "kernel.bpf.h"

/* What is no loss, but a person should know. */
struct quality {
	__u64 files_unknown;  /* another file had the descriptor when the call was over */
	__u64 opens_not_kept; /* found no room, and may have been of ext4 */
	__u64 retries;	      /* calls without waiting that were made again, and count once */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct quality);
} quality SEC(".maps");

#define count_quality(field)                                                    \
	do {                                                                    \
		__u32 zero_ = 0;                                                \
		struct quality *found_ = bpf_map_lookup_elem(&quality, &zero_); \
		if (found_)                                                     \
			__sync_fetch_and_add(&found_->field, 1);                \
	} while (0)

#endif
