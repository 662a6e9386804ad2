/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef TCPCONNLAT_ENDS_BPF_H
#define TCPCONNLAT_ENDS_BPF_H

#include "sock.bpf.h"
#include <bpf/bpf_endian.h>

struct ip_address {
	__u32 a; /* IPv4 lies here; all in network order */
	__u32 b;
	__u32 c;
	__u32 d;
};

/* The ends of a connection, as the wire has them. */
struct ends {
	struct ip_address saddr;
	struct ip_address daddr;
	__u16 lport; /* host order */
	__u16 dport;
	__u8 ip;     /* 4, 6, or 0: neither */
	bool mapped; /* an IPv6 socket that speaks IPv4 */
};

static __always_inline bool is_mapped(const struct ip_address *address)
{
	return !address->a && !address->b && address->c == bpf_htonl(0xffff);
}

static __always_inline struct ends ends_of(struct sock *sk)
{
	struct ends ends = {};
	__u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);

	ends.dport = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
	ends.lport = bpf_ntohs(BPF_CORE_READ((struct inet_sock *)sk, inet_sport));
	if (family == AF_INET6 && bpf_core_field_exists(sk->__sk_common.skc_v6_daddr)) {
		bpf_core_read(&ends.daddr, sizeof(ends.daddr), &sk->__sk_common.skc_v6_daddr);
		bpf_core_read(&ends.saddr, sizeof(ends.saddr), &sk->__sk_common.skc_v6_rcv_saddr);
		ends.ip = 6;
		if (!is_mapped(&ends.daddr))
			return ends;
		ends.mapped = true;
		ends.daddr = (struct ip_address){.a = ends.daddr.d};
		ends.saddr = (struct ip_address){.a = ends.saddr.d};
		ends.ip = 4;
	} else if (family == AF_INET) {
		ends.daddr.a = BPF_CORE_READ(sk, __sk_common.skc_daddr);
		ends.saddr.a = BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr);
		ends.ip = 4;
	}
	return ends;
}

#endif
