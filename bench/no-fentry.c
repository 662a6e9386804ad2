/*
 * Preloaded into a tool of libbpf-tools: the kernel seems to refuse fentry and fexit, so that it
 * takes kprobes.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <stdarg.h>
#include <sys/syscall.h>

static int is_refused(const union bpf_attr *attr)
{
	return attr->prog_type == BPF_PROG_TYPE_TRACING &&
	       (attr->expected_attach_type == BPF_TRACE_FENTRY ||
		attr->expected_attach_type == BPF_TRACE_FEXIT);
}

long syscall(long number, ...)
{
	register long r10 __asm__("r10"), r8 __asm__("r8"), r9 __asm__("r9");
	long args[6], returned;
	va_list list;

	va_start(list, number);
	for (int i = 0; i < 6; i++)
		args[i] = va_arg(list, long);
	va_end(list);
	if (number == SYS_bpf && args[0] == BPF_PROG_LOAD &&
	    is_refused((const union bpf_attr *)args[1])) {
		errno = EOPNOTSUPP;
		return -1;
	}
	r10 = args[3];
	r8 = args[4];
	r9 = args[5];
	__asm__ volatile("syscall"
			 : "=a"(returned)
			 : "a"(number), "D"(args[0]), "S"(args[1]), "d"(args[2]), "r"(r10), "r"(r8),
			   "r"(r9)
			 : "rcx", "r11", "memory");
	if (returned >= 0 || returned < -4095)
		return returned;
	errno = -returned;
	return -1;
}
