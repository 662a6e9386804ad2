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
	__u64 stages_not_counted;  /* no room in a histogram of an event that another one has */
	__u64 queue_filled;	   /* incoming connections that took the last place of a queue */
	__u64 syncookies;	   /* incoming connections */
	__u64 handshakes_not_timed;
	__u64 accepts_not_timed;
	__u64 listeners_not_found; /* of incoming connections that may be in scope */
	__u64 listeners_not_kept;
};

QUALITY;

#endif
