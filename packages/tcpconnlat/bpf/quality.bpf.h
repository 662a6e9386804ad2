/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef TCPCONNLAT_QUALITY_BPF_H
#define TCPCONNLAT_QUALITY_BPF_H

#include "stats.bpf.h"

/* What is no loss, but a person should know. */
struct quality {
	__u64 calls_not_kept;	 /* a failure of theirs before SYN_SENT would not have been seen */
	__u64 syn_retransmitted; /* connections */
	__u64 late_responses;	 /* that came 100 ms after the handshake or later */
	__u64 responses_not_timed; /* data came, and no hook of ours saw when */
};

QUALITY;

#endif
