// SPDX-License-Identifier: Apache-2.0
/* Says whether this kernel lets the caller open a perf event on a whole CPU: prints "allowed" or
 * the error. */
#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.sample_period = 1000000,
	};

	puts(syscall(SYS_perf_event_open, &attr, -1, 0, -1, 0) < 0 ? strerror(errno) : "allowed");
	return 0;
}
