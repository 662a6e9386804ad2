// @ts-check
// native <- core <- tool: who may import whom. One table; ARCHITECTURE.md says why.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Packages that tools may import, lazily. */
const LIBRARIES = ['flamegraph'];

/** Packages that may import tools, lazily: they are about the suite as a whole. Every other one beside core is a tool. */
const OF_TOOLS = ['doctor'];

/** What a renderer may import of core: nothing that leads to the kernel. */
const PURE = /^packages\/core\/src\/(render\/.*|report|escape|wall-time)\.js$/;

/**
 * @typedef {{ module: string, lazy: boolean, typeOnly: boolean }} Import
 * @typedef {{ file: RegExp, refuse: (imported: Import, file: string) => boolean, because: string }} Rule
 */

/** @type {readonly Rule[]} */
const RULES = [
  {
    file: /^(packages|examples)\/(?!core\/src\/native\.ts$)/,
    refuse: ({ module }) => module.startsWith('@probekit/native'),
    because: 'only packages/core/src/native.ts loads the add-on',
  },
  {
    file: /^packages\/core\/(?!test\/)/,
    refuse: ({ module }) => /^@probekit\/(?!native$)/.test(module),
    because: 'core knows no package but native',
  },
  {
    file: /^packages\/core\/src\/render\//,
    refuse: ({ module, typeOnly }, file) =>
      !typeOnly && module.startsWith('.') && !PURE.test(path.join(path.dirname(file), module)),
    because: 'a renderer turns reports into text, without the kernel',
  },
  {
    file: /^(packages|examples)\/(?!core\/)[^/]+\/(src|bin)\//,
    refuse: ({ module, lazy }, file) => {
      const [, name] = /^@probekit\/([^/]+)/.exec(module) ?? [];
      const own = file.split('/')[1] ?? '';
      if (!name || ['core', 'native', own].includes(name)) return false;
      const reached = OF_TOOLS.includes(own) ? !OF_TOOLS.includes(name) : LIBRARIES.includes(name);
      return !(reached && lazy);
    },
    because: `a tool imports core, and ${LIBRARIES.join(', ')} when it needs it: await import(); ${OF_TOOLS.join(', ')} alone may import tools, likewise`,
  },
  {
    file: /^(packages|examples)\//,
    refuse: ({ module }, file) =>
      module.startsWith('.') &&
      packageOf(path.join(path.dirname(file), module)) !== packageOf(file) &&
      !file.includes('/test/'),
    because: 'packages meet through their exports',
  },
];

/**
 * Every breach in one file, a sentence each.
 * @param {string} file relative to the repository
 * @param {string} text
 * @param {readonly string[]} tools names that core and native must not contain
 * @returns {string[]}
 */
export function breaches(file, text, tools) {
  const found = [];
  for (const imported of imports(text)) {
    for (const { file: where, refuse, because } of RULES) {
      if (where.test(file) && refuse(imported, file)) {
        found.push(`${file}: imports ${imported.module}; ${because}`);
      }
    }
  }
  const code = withoutComments(text);
  if (!file.includes('/test/') && /\bprocess\s*\.\s*exit\s*\(/.test(code)) {
    found.push(
      `${file}: exits by force, which cuts off what is still in a pipe; set process.exitCode`,
    );
  }
  if (/^(native\/(src|index)|packages\/core\/(src|bpf))/.test(file)) {
    for (const tool of tools) {
      if (new RegExp(`\\b${tool}\\b`, 'i').test(code)) {
        found.push(`${file}: names ${tool}; core and native know no tool`);
      }
    }
  }
  return found;
}

/**
 * Every breach in the repository.
 * @param {string} root
 */
export function allBreaches(root) {
  const tools = readdirSync(path.join(root, 'packages')).filter(
    (name) => name !== 'core' && !LIBRARIES.includes(name) && !OF_TOOLS.includes(name),
  );
  const found = [];
  for (const top of ['native', 'packages', 'examples', 'scripts', 'bench']) {
    for (const file of sources(root, top)) {
      found.push(...breaches(file, readFileSync(path.join(root, file), 'utf8'), tools));
    }
  }
  return found;
}

/**
 * @param {string} text
 * @returns {Import[]}
 */
export function imports(text) {
  const code = withoutComments(text);
  const found = [];
  const statement = /\b(?:import|export)\s+(type\s)?[^;'"()]*?(?:from\s*)?['"]([^'"]+)['"]/g;
  for (const [, type, module = ''] of code.matchAll(statement)) {
    found.push({ module, lazy: false, typeOnly: type !== undefined });
  }
  // import('x'), require('x') and createRequire(import.meta.url)('x')
  for (const [, module = ''] of code.matchAll(
    /(?:\bimport|\brequire|\.url\s*\))\s*\(\s*['"]([^'"]+)['"]/g,
  )) {
    found.push({ module, lazy: true, typeOnly: false });
  }
  return found;
}

/** @param {string} text */
function withoutComments(text) {
  return text.replace(/('(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*")|\/\*[\s\S]*?\*\/|\/\/.*/g, '$1');
}

/** @param {string} file */
function packageOf(file) {
  return file.split('/', 2).join('/');
}

/**
 * @param {string} root
 * @param {string} directory
 * @returns {string[]}
 */
function sources(root, directory) {
  return readdirSync(path.join(root, directory), { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(directory, entry.name);
    if (entry.isDirectory()) {
      return ['node_modules', 'dist', 'target', 'test'].includes(entry.name)
        ? []
        : sources(root, file);
    }
    return /\.([cm]?[jt]s|rs|[ch])$/.test(entry.name) ? [file] : [];
  });
}
