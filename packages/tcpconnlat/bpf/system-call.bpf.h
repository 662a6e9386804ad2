/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef TCPCONNLAT_SYSTEM_CALL_BPF_H
#define TCPCONNLAT_SYSTEM_CALL_BPF_H

#include "sock.bpf.h"

/* The current task's system call, and the sockets that its file descriptors are. */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

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

struct pt_regs___x86_call {
	unsigned long di;
	unsigned long si;
	unsigned long orig_ax;
};

struct pt_regs___arm64_call {
	__u64 regs[31];
	__s32 syscallno;
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

#define S_IFMT 0170000
#define S_IFSOCK 0140000
#define TS_COMPAT 2 /* arch/x86/include/asm/thread_info.h */

#if defined(__TARGET_ARCH_x86)
#define NR_CONNECT 42
#define NR_ACCEPT 43
#define NR_ACCEPT4 288
#define CALL_NUMBER(regs) ((int)BPF_CORE_READ((struct pt_regs___x86_call *)(regs), orig_ax))
#define CALL_FD(regs) ((__u32)BPF_CORE_READ((struct pt_regs___x86_call *)(regs), di))
#define CALL_ADDRESS(regs) BPF_CORE_READ((struct pt_regs___x86_call *)(regs), si)
#elif defined(__TARGET_ARCH_arm64)
#define NR_CONNECT 203
#define NR_ACCEPT 202
#define NR_ACCEPT4 242
#define CALL_NUMBER(regs) BPF_CORE_READ((struct pt_regs___arm64_call *)(regs), syscallno)
#define CALL_FD(regs) ((__u32)BPF_CORE_READ((struct pt_regs___arm64_call *)(regs), regs[0]))
#define CALL_ADDRESS(regs) BPF_CORE_READ((struct pt_regs___arm64_call *)(regs), regs[1])
#endif

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
