/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef TCPCONNLAT_WANTED_BPF_H
#define TCPCONNLAT_WANTED_BPF_H

#include "ends.bpf.h"

/* Which connections count, by their remote end; of incoming ones it is the local port. */
const volatile __u8 only_ip = 0; /* 4, 6, or 0: both */
const volatile __u16 port_first = 0;
const volatile __u16 port_last = 65535;
const volatile bool only_net = false;
const volatile __u8 net_ip = 0;
const volatile __u32 net_a = 0, net_b = 0, net_c = 0, net_d = 0;
const volatile __u32 mask_a = 0, mask_b = 0, mask_c = 0, mask_d = 0;

static __always_inline bool is_wanted_port(__u16 port)
{
	return port >= port_first && port <= port_last;
}

static __always_inline bool is_wanted_peer(const struct ends *ends)
{
	const struct ip_address *to = &ends->daddr;

	if (only_ip && ends->ip != only_ip)
		return false;
	if (!only_net)
		return true;
	return ends->ip == net_ip && (to->a & mask_a) == net_a && (to->b & mask_b) == net_b &&
	       (to->c & mask_c) == net_c && (to->d & mask_d) == net_d;
}

static __always_inline bool is_wanted(const struct ends *ends)
{
	return is_wanted_port(ends->dport) && is_wanted_peer(ends);
}

#endif
