/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef EXT4SLOWER_QUALITY_BPF_H
#define EXT4SLOWER_QUALITY_BPF_H

#include "stats.bpf.h"

/* What is no loss, but a person should know. */
struct quality {
	__u64 files_unknown;  /* another file had the descriptor when the call was over */
	__u64 opens_not_kept; /* found no room, and may have been of ext4 */
	__u64 retries;	      /* calls without waiting that were made again, and count once */
};

QUALITY;

#endif
