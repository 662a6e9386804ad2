/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef TCPCONNLAT_RESULT_BPF_H
#define TCPCONNLAT_RESULT_BPF_H

#include "ends.bpf.h"

/* What became of a connection; src/result.ts names them. */
enum result {
	RESULT_OK, /* of an incoming one: accepted */
	RESULT_REFUSED,
	RESULT_TIMEOUT,
	RESULT_UNREACHABLE,
	RESULT_RESET,
	RESULT_CLOSED,
	RESULT_FAILED,
};

/* What kind of connection it is; src/result.ts names them. */
enum trait {
	TRAIT_NONBLOCKING = 1 << 0,
	TRAIT_V4_MAPPED = 1 << 1,
	TRAIT_FAST_OPEN = 1 << 2,
	TRAIT_MPTCP = 1 << 3,
	TRAIT_SIMULTANEOUS = 1 << 4,
	TRAIT_PEER_CLOSED = 1 << 5,
	TRAIT_SYNCOOKIE = 1 << 6,
};

static __always_inline __u8 result_of(int error)
{
	switch (error) {
	case 0:
		return RESULT_CLOSED;
	case ECONNREFUSED:
		return RESULT_REFUSED;
	case ETIMEDOUT:
		return RESULT_TIMEOUT;
	case ENETUNREACH:
	case EHOSTUNREACH:
	case ENETDOWN:
	case EHOSTDOWN:
		return RESULT_UNREACHABLE;
	case ECONNRESET:
	case EPIPE:
		return RESULT_RESET;
	default:
		return RESULT_FAILED;
	}
}

static __always_inline __u32 netns_of(struct sock *sk)
{
	return BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
}

static __always_inline bool is_mptcp_subflow(struct sock *sk)
{
	struct tcp_sock *tp = (struct tcp_sock *)sk;

	return bpf_core_field_exists(tp->is_mptcp) && BPF_CORE_READ_BITFIELD_PROBED(tp, is_mptcp);
}

#endif
