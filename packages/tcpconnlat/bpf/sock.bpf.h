/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef TCPCONNLAT_SOCK_BPF_H
#define TCPCONNLAT_SOCK_BPF_H

#include "kernel.bpf.h"

/* What is read here of sockets and of the files that they are. */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct net {
	struct ns_common ns;
};

typedef struct {
	struct net *net;
} possible_net_t;

struct in6_addr {
	union {
		__u32 u6_addr32[4];
	} in6_u;
};

struct sock_common {
	__u32 skc_daddr;
	__u32 skc_rcv_saddr;
	__u16 skc_dport;
	unsigned short skc_family;
	volatile unsigned char skc_state;
	possible_net_t skc_net;
	unsigned long skc_flags;
	struct in6_addr skc_v6_daddr; /* CONFIG_IPV6 */
	struct in6_addr skc_v6_rcv_saddr;
};

struct sock {
	struct sock_common __sk_common;
	__u16 sk_protocol; /* a bit field before 5.6 */
	int sk_err;
	struct socket *sk_socket;
	__u32 sk_ack_backlog;
	__u32 sk_max_ack_backlog;
};

enum sock_flags {
	SOCK_DONE = 1, /* a FIN came */
};

struct inet_sock {
	struct sock sk;
	__u16 inet_sport;
};

struct request_sock {
	struct request_sock *dl_next;
	struct sock *sk;
};

struct tcp_request_sock {
	__u64 snt_synack; /* us, CLOCK_MONOTONIC; 0: the SYN-ACK was a cookie */
};

struct request_sock_queue {
	struct request_sock *rskq_accept_head;
	struct request_sock *rskq_accept_tail;
};

struct inet_connection_sock {
	struct request_sock_queue icsk_accept_queue;
	void *icsk_ulp_data;
};

struct list_head {
	struct list_head *next;
};

struct tcp_sock {
	__u32 total_retrans;
	__u32 srtt_us;
	__u64 bytes_received;
	__u8 syn_fastopen : 1;
	__u8 syn_data_acked : 1;
	bool is_mptcp; /* CONFIG_MPTCP; a bit field on some kernels */
	struct list_head tsorted_sent_queue;
	struct request_sock *fastopen_rsk;
};

struct mptcp_sock {
	struct sock *first;
};

struct mptcp_subflow_context {
	__u32 mp_join : 1;
};

typedef enum {
	SS_UNCONNECTED = 1, /* linux/net.h, the same on all kernels */
} socket_state;

struct socket {
	socket_state state;
	struct file *file;
	struct sock *sk;
};

struct inode {
	unsigned short i_mode;
	unsigned long i_ino;
};

struct file {
	struct inode *f_inode;
	unsigned int f_flags;
	void *private_data;
};

struct socket_alloc {
	struct socket socket;
	struct inode vfs_inode;
};

struct proto_accept_arg {
	int flags;
};

struct sk_buff {
	unsigned int len;
	unsigned char *data;
};

struct trace_event_raw_inet_sock_set_state {
	const void *skaddr;
	int oldstate;
	int newstate;
};

#pragma clang attribute pop

/* Of the user ABI, the same on all kernels. */
#define AF_UNSPEC 0
#define AF_INET 2
#define AF_INET6 10
#define IPPROTO_TCP 6
#define IPPROTO_MPTCP 262
#define O_NONBLOCK 04000

#endif
