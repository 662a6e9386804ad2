/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef FUNCLATENCY_QUALITY_BPF_H
#define FUNCLATENCY_QUALITY_BPF_H

#include "stats.bpf.h"

/* Facts about the run, per CPU and added up at its end. */
struct quality {
	__u64 calls;	 /* with sampling: all of them */
	__u64 too_deep;	 /* lost: more calls open in the thread than are kept */
	__u64 restarted; /* system calls that a signal interrupted and the kernel continued */
};

QUALITY;

#endif
