// @ts-check
// native/index.d.ts is written by hand, to be read; here it is held against what the binary exports.

const LONGEST = 180;

/**
 * Where the declarations and the loaded add-on differ, a sentence each.
 * @param {string} text of index.d.ts
 * @param {Record<string, unknown>} exported
 * @returns {string[]}
 */
export function differences(text, exported) {
  const found = [];
  const lines = text.trimEnd().split('\n').length;
  if (lines > LONGEST) found.push(`it has ${lines} lines, more than ${LONGEST}`);
  const declared = declaredNames(text);
  const real = exportedNames(exported);
  for (const name of declared) if (!real.has(name)) found.push(`the add-on has no ${name}`);
  for (const name of real) if (!declared.has(name)) found.push(`${name} is not declared`);
  return found;
}

/** @param {string} text */
function declaredNames(text) {
  const names = new Set();
  let inside = '';
  for (const line of text.split('\n')) {
    const [, kind, name = ''] =
      /^export declare (?:const )?(class|function|enum) (\w+)/.exec(line) ?? [];
    if (name) {
      names.add(name);
      inside = kind === 'class' && !line.endsWith('}') ? name : '';
    } else if (line.startsWith('}')) {
      inside = '';
    } else if (inside) {
      const [, isStatic, member] = /^ {2}(static )?(?:readonly )?(\w+)[(:?]/.exec(line) ?? [];
      if (member && member !== 'constructor')
        names.add(`${inside}${isStatic ? ' ' : '.'}${member}`);
    }
  }
  return names;
}

/** @param {Record<string, unknown>} exported */
function exportedNames(exported) {
  const names = new Set();
  for (const [name, value] of Object.entries(exported)) {
    names.add(name);
    if (typeof value !== 'function') continue;
    for (const member of Object.getOwnPropertyNames(value.prototype ?? {})) {
      if (member !== 'constructor') names.add(`${name}.${member}`);
    }
    for (const member of Object.getOwnPropertyNames(value)) {
      if (!['length', 'name', 'prototype', 'arguments', 'caller'].includes(member)) {
        names.add(`${name} ${member}`);
      }
    }
  }
  return names;
}
