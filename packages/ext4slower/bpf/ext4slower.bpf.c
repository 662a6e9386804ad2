// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Operations on ext4 by its own functions, or by the system calls that lead to them.
 */
#include "calls.bpf.h"
#include "hooks.bpf.h"

SEC("tp_btf/sched_process_exit")
int BPF_PROG(thread_exit)
{
	forget_thread();
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
