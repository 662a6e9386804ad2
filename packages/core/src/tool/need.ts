import { hintFor, missingCapabilities } from '../hints.js';
import { callingSync, type Feature, native } from '../native.js';

/**
 * What a plan asks of the kernel: a feature that is tried, or something that its BTF must have. `module`: the kernel
 * module that brings it, for the hint. `parameters`: how many it must have, since tracepoints change between kernels.
 */
export type Need =
  | Feature
  | { readonly function: string; readonly module?: string }
  | { readonly tracepoint: string; readonly parameters?: number; readonly module?: string };

/** Why a need is not met. */
export interface Missing {
  /** The feature's name, or `function x`, `tracepoint x`. */
  readonly need: string;
  /** errno's name. */
  readonly code: string;
  /** In words, with the way out. */
  readonly why: string;
  /** Those that would do, without the `CAP_`; empty where that is not the reason. */
  readonly capabilities: readonly string[];
}

/** Asks the running kernel; undefined when the need is met. `capabilities`: what a plan says that it needs. */
export function missing(need: Need, capabilities: readonly string[]): Missing | undefined {
  return typeof need === 'string'
    ? missingFeature(need, capabilities)
    : missingType(need, capabilities);
}

function missingFeature(feature: Feature, capabilities: readonly string[]): Missing | undefined {
  const { ok, code = 'EINVAL', detail } = callingSync(() => native().probe(feature));
  if (ok) return undefined;
  const refusal = { code, feature, capabilities };
  return {
    need: feature,
    code,
    why: hintFor(refusal) ?? detail ?? 'the kernel refuses it',
    capabilities: missingCapabilities(refusal),
  };
}

function missingType(
  need: Exclude<Need, Feature>,
  capabilities: readonly string[],
): Missing | undefined {
  const [kind, name] =
    'function' in need
      ? (['function', need.function] as const)
      : (['tracepoint', need.tracepoint] as const);
  const no = (code: string, why: string, lacking: readonly string[] = []): Missing => ({
    need: `${kind} ${name}`,
    code,
    why,
    capabilities: lacking,
  });
  const found = callingSync(() => native().kernelType(kind, name));
  if (!found) {
    const load = need.module ? `; modprobe ${need.module} brings it, if it is a module` : '';
    return no('ENOENT', `this kernel's BTF has no ${kind} ${name}${load}`);
  }
  // bpf_btf_get_next_id, by which libbpf finds a module's types.
  const refusal = { code: 'EPERM', capabilities: [...capabilities, 'SYS_ADMIN'] };
  if (found.module !== undefined && missingCapabilities(refusal).includes('SYS_ADMIN')) {
    return no(
      'EPERM',
      `it is in module ${found.module}: ${hintFor(refusal)}`,
      missingCapabilities(refusal),
    );
  }
  const expected = 'parameters' in need ? need.parameters : undefined;
  if (expected !== undefined && found.parameters !== expected) {
    return no('EINVAL', `${name} has ${found.parameters} parameters here, not ${expected}`);
  }
  return undefined;
}
