// Prints, as JSON, how many instructions this kernel's verifier looks at for each program of the objects named: by object
// and program. A program that this kernel refuses is left out. Runs where the kernel is: on the host or in a guest.
import path from 'node:path';
import { callingSync, native } from '../native.js';

const STATS = 4;

async function verified(file: string): Promise<Record<string, number>> {
  const { BpfObject } = native();
  const names = callingSync(() => {
    const object = BpfObject.open(file);
    const programs = object.programs().map(({ name }) => name);
    object.dispose();
    return programs;
  });
  const counts: Record<string, number> = {};
  for (const only of names) {
    const object = BpfObject.open(file);
    try {
      const autoload = names.map((name) => [name, { autoload: name === only }]);
      object.configure({ programs: Object.fromEntries(autoload), logLevel: STATS });
      await object.load();
      const [program] = object.programs().filter(({ loaded }) => loaded);
      if (program) counts[only] = program.verifiedInstructions;
    } catch {
      // Refused: this kernel has no such hook.
    } finally {
      await object.close();
    }
  }
  return counts;
}

const instructions: Record<string, Record<string, number>> = {};
for (const file of process.argv.slice(2)) {
  instructions[path.basename(file, '.bpf.o')] = await verified(file);
}
process.stdout.write(`${JSON.stringify(instructions)}\n`);
