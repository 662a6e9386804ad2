// @ts-check
// Writes src/<object>.gen.ts of the package in the current directory, from the BTF of its built objects; with --check
// it compares instead.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { generate } from './layout/generate.mjs';

/**
 * What the generated files of a package must contain.
 * @param {string} directory the package's, its objects built
 */
export function layouts(directory) {
  /** @type {typeof import('@probekit/native')} */
  const { btf, BpfObject } = createRequire(import.meta.url)('@probekit/native');
  const built = path.join(directory, 'dist/bpf');
  return readdirSync(path.join(built, 'x64'))
    .filter((file) => file.endsWith('.bpf.o'))
    .map((file) => {
      const name = file.replace('.bpf.o', '');
      const texts = ['x64', 'arm64'].map((arch) => {
        const object = path.join(built, arch, file);
        const opened = BpfObject.open(object);
        const programs = opened.programs().map((program) => program.name);
        const maps = opened.maps();
        opened.dispose();
        return generate({ name, types: btf(object), programs, maps });
      });
      if (texts[0] !== texts[1]) throw new Error(`${name}: the layouts of x64 and arm64 differ`);
      return {
        file: path.join(directory, `src/${name}.gen.ts`),
        text: /** @type {string} */ (texts[0]),
      };
    });
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
