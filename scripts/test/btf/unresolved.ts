import { execFileSync } from 'node:child_process';
import { type Code, readCode } from './object.js';
import { reachable } from './reachable.js';

/**
 * What a BPF object would read on a kernel that does not have it: of each CO-RE relocation that this BTF does not
 * resolve and that no question for existence keeps from being reached, the section, the kind and the name.
 *
 * bpftool does the matching, which is libbpf's: it leaves out what is not there without a word, but says so when asked
 * to debug. Sizes are not compared.
 */
export function unresolved(object: string, btf: string): string[] {
  // Standard error first; only a shell can join the two.
  const said = execFileSync(
    'sh',
    ['-c', 'exec bpftool -d gen min_core_btf "$1" /dev/null "$2" 2>&1', 'sh', btf, object],
    { encoding: 'utf8', maxBuffer: 1 << 28 },
  );
  const missing = new Set<string>();
  const names = new Map<string, string>();
  for (const [, section, index, rest = ''] of said.matchAll(/prog '(.*?)': relo #(\d+): (.*)$/gm)) {
    const relocation = `${section} ${index}`;
    const [, kind, name] = /^<(\w+)> \[\d+\] (.*?)( \(.*\))?$/.exec(rest) ?? [];
    if (name) names.set(relocation, `${kind} ${name}`);
    if (rest === 'no matching targets found') missing.add(relocation);
  }
  return readCode(object).flatMap((code) => {
    const label = (index: number) => {
      const name = names.get(`${code.name} ${index}`);
      if (!name)
        throw new Error(`bpftool: ${object}: no word of relocation ${index} of ${code.name}`);
      return `${code.name}: ${name}`;
    };
    const isMissing = code.relocations.map((_, index) => missing.has(`${code.name} ${index}`));
    return [...new Set(poisoned(code, isMissing).map(label))];
  });
}

/** The relocations that poison an instruction which can be reached. */
function poisoned(code: Code, isMissing: readonly boolean[]): number[] {
  const answers = new Map<number, bigint>();
  const poison = new Set<number>();
  code.relocations.forEach(({ instruction, asks }, index) => {
    if (asks) answers.set(instruction, isMissing[index] ? 0n : 1n);
    else if (isMissing[index]) poison.add(instruction);
  });
  const reached = reachable(code, answers, poison);
  return [...code.relocations.keys()].filter((index) => {
    const { asks = true, instruction = -1 } = code.relocations[index] ?? {};
    return !asks && isMissing[index] && reached.has(instruction);
  });
}
