import { BpfError, fieldsOf } from '../errors.js';
import { hintFor, missingCapabilities } from '../hints.js';
import type { Feature } from '../native.js';
import { missing } from './need.js';

/**
 * The same error with what would change the kernel's mind, when it refused for want of a capability or a setting.
 * `attaching`: the feature by which a program that could not be attached was to be.
 */
export function withHint(
  error: unknown,
  capabilities: readonly string[],
  attaching?: (program: string) => Feature | undefined,
): unknown {
  if (!(error instanceof BpfError) || error.hint) return error;
  const { code, op, subject = '' } = error;
  // Elsewhere another code is about the function or the file, which is there or not.
  const isRefused = code === 'EPERM' || code === 'EACCES';
  const tried = op === 'perf_event_open' ? 'perf_event' : op === 'attach' && attaching?.(subject);
  const refusal = { code, capabilities, ...(isRefused && tried ? { feature: tried } : {}) };
  const lacks = missingCapabilities(refusal).length > 0;
  // What the verifier has rejected is no question of capabilities, unless one is missing.
  if (error.verifierLog && !lacks) return error;
  const memory = code === 'EPERM' && op === 'load' && !lacks && missing('memlock', capabilities);
  const hint = memory ? memory.why : hintFor(refusal);
  return hint ? new BpfError({ ...fieldsOf(error), hint }, { cause: error }) : error;
}
