/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef TCPCONNLAT_HANDSHAKE_BPF_H
#define TCPCONNLAT_HANDSHAKE_BPF_H

#include "sock.bpf.h"

/* How far to look from the head of an accept queue for one that is no longer its tail. */
#define NEAR 8

static __always_inline bool is_request_of(struct request_sock *request, struct sock *child)
{
	return request && BPF_CORE_READ(request, sk) == child;
}

/* The request that an established child was made of: it was just put at the tail of the accept
 * queue. NULL: others were put behind it, or it was accepted already. */
static __always_inline struct request_sock *request_of(struct sock *child, struct sock *listener)
{
	struct inet_connection_sock *icsk = (struct inet_connection_sock *)listener;
	struct request_sock *request;

	if (!listener)
		return NULL;
	request = BPF_CORE_READ(icsk, icsk_accept_queue.rskq_accept_tail);
	if (is_request_of(request, child))
		return request;
	request = BPF_CORE_READ(icsk, icsk_accept_queue.rskq_accept_head);
	for (int i = 0; i < NEAR && request; i++) {
		if (is_request_of(request, child))
			return request;
		request = BPF_CORE_READ(request, dl_next);
	}
	return NULL;
}

enum handshake {
	HANDSHAKE_UNKNOWN,
	HANDSHAKE_TIMED,
	HANDSHAKE_COOKIE, /* the SYN-ACK was one, of which the kernel keeps nothing */
};

/*
 * From the SYN-ACK, which answers the SYN at once, to the ACK that made the child. The child's
 * first round-trip time is the same, unless the SYN-ACK was repeated, or was a cookie and the time
 * comes of TCP timestamps, in whole milliseconds.
 */
static __always_inline enum handshake time_handshake(struct sock *child, struct sock *listener,
						     __u64 now, __u64 *ns)
{
	struct request_sock *request = request_of(child, listener);
	struct tcp_sock *tp = (struct tcp_sock *)child;
	__u64 sent_us;
	__u32 srtt;

	if (request) {
		sent_us = BPF_CORE_READ((struct tcp_request_sock *)request, snt_synack);
		/* It may have been freed, and used again, meanwhile. */
		if (is_request_of(request, child)) {
			if (!sent_us)
				return HANDSHAKE_COOKIE;
			if (sent_us * 1000 > now)
				return HANDSHAKE_UNKNOWN;
			*ns = now - sent_us * 1000;
			return HANDSHAKE_TIMED;
		}
	}
	srtt = BPF_CORE_READ(tp, srtt_us); /* eighths of a microsecond */
	if (!srtt || srtt % 8000 == 0 || BPF_CORE_READ(tp, total_retrans))
		return HANDSHAKE_UNKNOWN;
	*ns = srtt / 8 * 1000ULL;
	return HANDSHAKE_TIMED;
}

#endif
