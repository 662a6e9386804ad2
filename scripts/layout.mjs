// @ts-check
// Writes src/<object>.gen.ts of the package in the current directory, from the BTF of its built objects; with --check
// it compares instead.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { generate, generateShared, sharedStructs } from './layout/generate.mjs';

const core = fileURLToPath(new URL('../packages/core', import.meta.url));

/**
 * What the generated files of a package must contain.
 * @param {string} directory the package's, its objects and core's built
 */
export function layouts(directory) {
  const built = path.join(directory, 'dist/bpf');
  return readdirSync(path.join(built, 'x64'))
    .filter((file) => file.endsWith('.bpf.o'))
    .map((file) => {
      const name = file.replace('.bpf.o', '');
      const texts = ['x64', 'arm64'].map((arch) => {
        const object = read(path.join(built, arch, file));
        if (directory === core) return generateShared(object);
        return generate(
          object,
          sharedStructs(read(path.join(core, 'dist/bpf', arch, 'core.bpf.o'))),
        );
      });
      if (texts[0] !== texts[1]) throw new Error(`${name}: the layouts of x64 and arm64 differ`);
      return {
        file: path.join(directory, `src/${name}.gen.ts`),
        text: /** @type {string} */ (texts[0]),
      };
    });
}

/** @param {string} file an object's @returns {import('./layout/generate.mjs').BpfObject} */
function read(file) {
  /** @type {typeof import('@probekit/native')} */
  const { btf, BpfObject } = createRequire(import.meta.url)('@probekit/native');
  const opened = BpfObject.open(file);
  const programs = opened.programs().map((program) => program.name);
  const maps = opened.maps();
  opened.dispose();
  return { name: path.basename(file, '.bpf.o'), types: btf(file), programs, maps };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const { file, text } of layouts(process.cwd())) {
    if (!process.argv.includes('--check')) {
      writeFileSync(file, text);
    } else if (readFileSync(file, 'utf8') !== text) {
      process.stderr.write(
        `${path.relative(process.cwd(), file)} is not what the object says; run npm run build\n`,
      );
      process.exitCode = 1;
    }
  }
}
