import type { TypedObject } from '@probekit/core';
import type { skeleton } from './funclatency.gen.js';
import type { Target } from './target.js';
import type { UserFunctions } from './user-function.js';

/** So many names are enough to go on with. */
const NAMED = 5;

/** What a person should know of the functions as they begin to be traced. */
export function startNotices(object: TypedObject<typeof skeleton>, target: Target): string[] {
  const user = target.kind === 'user' ? [unwindNotice(target), stepNotice(target)] : [];
  return [...user, refusedNotice(object, target)].filter((text) => text !== undefined);
}

/** What return probes do to C++ and Rust. */
function unwindNotice({ binary, unwinds }: UserFunctions): string | undefined {
  if (!unwinds) return undefined;
  return `${binary.path} is C++ or Rust: an exception or panic that passes a traced function ends its process; where one may, trace system calls`;
}

/** Whose calls the probes add more to than was measured, and than --calibrate subtracts. */
function stepNotice({ functions }: UserFunctions): string | undefined {
  const stepped = functions.filter(({ isStepped }) => isStepped);
  if (stepped.length === 0) return undefined;
  const names = listed(stepped.map(({ name }) => name));
  return `the kernel may single-step ${stepped.length} of ${functions.length} functions, which begin with no push, so that probes add far more to them: ${names}`;
}

/** Which functions the kernel refused, where it took others. */
function refusedNotice(
  { attachments }: TypedObject<typeof skeleton>,
  { functions }: Target,
): string | undefined {
  const refused = new Map<number, string>();
  for (const { link } of attachments) {
    for (const { index, code } of link.info().refused ?? []) refused.set(index, code);
  }
  if (refused.size === 0) return undefined;
  const names = [...refused].map(([index, code]) => `${functions[index]?.name} (${code})`);
  return `${refused.size} of ${functions.length} functions are not traced: ${listed(names)}`;
}

function listed(names: readonly string[]): string {
  const more = names.length > NAMED ? `, and ${names.length - NAMED} more` : '';
  return names.slice(0, NAMED).join(', ') + more;
}
