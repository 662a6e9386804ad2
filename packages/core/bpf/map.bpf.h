/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef PROBEKIT_MAP_BPF_H
#define PROBEKIT_MAP_BPF_H

#include "kernel.bpf.h"

/*
 * bpf_map_update_elem() whose errors compare as errors. Where the JIT calls a map's own function,
 * that returned an int before 6.4 (commit d7ba4cc900bf), and only the lower half of a negative one
 * reached the program.
 */
static __always_inline int map_update(void *map, const void *key, const void *value, __u64 flags)
{
	return (int)bpf_map_update_elem(map, key, value, flags);
}

#endif
