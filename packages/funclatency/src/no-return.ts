/**
 * Functions that never return, so that they have no latency: `__noreturn` of the kernel (tools/objtool/noreturns.h), and of
 * C libraries. A return probe of some of them would even be fatal.
 */
const KERNEL = new Set([
  '__arm64_sys_exit',
  '__arm64_sys_exit_group',
  '__fortify_panic',
  '__ia32_sys_exit',
  '__ia32_sys_exit_group',
  '__module_put_and_kthread_exit',
  '__reiserfs_panic',
  '__stack_chk_fail',
  '__ubsan_handle_builtin_unreachable',
  '__x64_sys_exit',
  '__x64_sys_exit_group',
  'arch_cpu_idle_dead',
  'cpu_startup_entry',
  'do_exit',
  'do_group_exit',
  'do_task_dead',
  'ex_handler_msr_mce',
  'hlt_play_dead',
  'hv_ghcb_terminate',
  'kthread_complete_and_exit',
  'kthread_exit',
  'machine_real_restart',
  'make_task_dead',
  'mpt_halt_firmware',
  'mwait_play_dead',
  'nmi_panic_self_stop',
  'panic',
  'panic_smp_self_stop',
  'rest_init',
  'rewind_stack_and_make_dead',
  'sev_es_terminate',
  'snp_abort',
  'start_kernel',
  'stop_this_cpu',
  'usercopy_abort',
  'x86_64_start_kernel',
  'x86_64_start_reservations',
]);

const USER = new Set([
  '_Exit',
  '_Unwind_Resume',
  '__assert',
  '__assert_fail',
  '__assert_perror_fail',
  '__chk_fail',
  '__cxa_bad_cast',
  '__cxa_bad_typeid',
  '__cxa_call_unexpected',
  '__cxa_pure_virtual',
  '__cxa_rethrow',
  '__cxa_throw',
  '__fortify_fail',
  '__libc_fatal',
  '__libc_longjmp',
  '__libc_siglongjmp',
  '__libc_start_call_main',
  '__libc_start_main',
  '__longjmp',
  '__longjmp_chk',
  '__stack_chk_fail',
  '_dl_start_user',
  '_exit',
  '_longjmp',
  '_start',
  'abort',
  'err',
  'errx',
  'exit',
  'longjmp',
  'pthread_exit',
  'quick_exit',
  'siglongjmp',
  'thrd_exit',
  'verr',
  'verrx',
]);

export function neverReturns(name: string, where: 'kernel' | 'user'): boolean {
  return (where === 'kernel' ? KERNEL : USER).has(name);
}

/**
 * Of C libraries, those that keep their own return address, return twice, or return on another stack: a return probe puts
 * its own address in its place, and the program would later jump there.
 */
const KEEPS_RETURN =
  /^_*(libc_)?((sig)?(setjmp|longjmp)(_chk)?|(get|set|swap|make|start_)context|v?fork|clone[0-9]*|restore(_rt)?)$|^_dl_(runtime|tlsdesc)/;

export function keepsReturn(name: string): boolean {
  return KEEPS_RETURN.test(name);
}
