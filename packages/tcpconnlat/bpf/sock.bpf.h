/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef TCPCONNLAT_SOCK_BPF_H
#define TCPCONNLAT_SOCK_BPF_H

#include "kernel.bpf.h"
#include <bpf/bpf_endian.h>

/* What is read here of sockets and of the files and calls that lead to them. */
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

struct tcp_sock {
	__u32 total_retrans;
	__u32 srtt_us;
	__u64 bytes_received;
	__u8 syn_fastopen : 1;
	bool is_mptcp; /* CONFIG_MPTCP; a bit field on some kernels */
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
};

struct file {
	struct inode *f_inode;
	unsigned int f_flags;
	void *private_data;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct thread_info {
	__u32 status; /* x86 */
};

struct task_struct___files {
	struct thread_info thread_info;
	struct files_struct *files;
};

struct sk_buff {
	unsigned int len;
	unsigned char *data;
};

struct pt_regs___x86_call {
	unsigned long di;
	unsigned long si;
	unsigned long orig_ax;
};

struct pt_regs___arm64_call {
	__u64 regs[31];
	__s32 syscallno;
};

struct trace_event_raw_inet_sock_set_state {
	const void *skaddr;
	int oldstate;
	int newstate;
};

struct trace_event_raw_sys_enter {
	long id;
	unsigned long args[6];
};

struct trace_event_raw_sys_exit {
	long id;
	long ret;
};

#pragma clang attribute pop

/* Of the user ABI, the same on all kernels. */
#define AF_UNSPEC 0
#define AF_INET 2
#define AF_INET6 10
#define IPPROTO_TCP 6
#define IPPROTO_MPTCP 262
#define O_NONBLOCK 04000
#define S_IFMT 0170000
#define S_IFSOCK 0140000
#define TS_COMPAT 2 /* arch/x86/include/asm/thread_info.h */

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

/* Of the current task's file; NULL when that is no socket. */
static __always_inline struct sock *sock_of_fd(__u32 fd)
{
	struct task_struct___files *task = (void *)bpf_get_current_task();
	struct fdtable *table = BPF_CORE_READ(task, files, fdt);
	struct file **files, *file = NULL;
	struct socket *socket;

	if (fd >= BPF_CORE_READ(table, max_fds))
		return NULL;
	files = BPF_CORE_READ(table, fd);
	if (bpf_probe_read_kernel(&file, sizeof(file), &files[fd]) || !file)
		return NULL;
	if ((BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFSOCK)
		return NULL;
	socket = BPF_CORE_READ(file, private_data);
	return BPF_CORE_READ(socket, sk);
}

/* A 32-bit program's system calls have other numbers. */
static __always_inline bool is_compat_call(void)
{
	struct task_struct___files *task = (void *)bpf_get_current_task();

	if (!bpf_core_field_exists(task->thread_info.status))
		return false;
	return BPF_CORE_READ(task, thread_info.status) & TS_COMPAT;
}

#endif
