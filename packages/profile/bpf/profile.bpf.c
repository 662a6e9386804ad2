// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#include "off-cpu.bpf.h"
#include "on-cpu.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";
