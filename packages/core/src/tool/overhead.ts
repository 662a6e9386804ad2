import { BpfError } from '../errors.js';
import { hintFor, missingCapabilities } from '../hints.js';
import { callingSync, native } from '../native.js';
import type { Missing } from './need.js';
import { withHint } from './with-hint.js';

const NEEDS = ['SYS_ADMIN'];

/** Makes the kernel count what programs cost, until it is closed. Throws BpfError that names the capability. */
export function countCost() {
  try {
    return callingSync(() => native().enableStats());
  } catch (error) {
    throw withHint(error, NEEDS);
  }
}

/** Why costs cannot be counted here; undefined: they can. */
export function overheadRefusal(): Omit<Missing, 'need'> | undefined {
  try {
    countCost().close();
    return undefined;
  } catch (error) {
    if (!(error instanceof BpfError)) throw error;
    const refusal = { code: error.code, capabilities: NEEDS };
    return {
      code: error.code,
      why: hintFor(refusal) ?? error.message,
      capabilities: missingCapabilities(refusal),
    };
  }
}
