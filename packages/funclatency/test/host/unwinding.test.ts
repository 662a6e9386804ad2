import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { host, records, type Started } from '@probekit/core/testing';
import { afterAll, expect, it } from 'vitest';
import { bin } from '../fixtures/bin.js';

const directory = mkdtempSync(path.join(tmpdir(), 'funclatency-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** Calls `passed` once at each line that it reads, which throws at a line "throw". */
const PROGRAM = `
  #include <iostream>
  #include <string>
  static void raise(const std::string &line) { if (line == "throw") throw 1; }
  extern "C" __attribute__((noinline)) void passed(const std::string &line) { raise(line); asm(""); }
  int main() {
    std::cout << "ready" << std::endl;
    for (std::string line; std::getline(std::cin, line);) {
      try { passed(line); } catch (int) { }
      std::cout << "did " << line << std::endl;
    }
  }`;

function compiled(language: 'c++' | 'c', source: string): string {
  const file = path.join(directory, language);
  const compiler = language === 'c' ? 'gcc' : 'g++';
  execFileSync(compiler, ['-O1', '-x', language, '-', '-o', file], { input: source });
  return file;
}

function start(options: readonly string[]): Started {
  return host.start([...bin, '--json', ...options], { input: '' });
}

const saidBy = (stdout: string) =>
  (records(stdout) as { type: string; text?: string }[])
    .filter(({ type }) => type === 'notice')
    .map(({ text }) => text);

it('says of a C++ program that an exception would end it, which is so', async () => {
  const program = host.start([compiled('c++', PROGRAM)]);
  await program.waitFor(/ready/);
  program.write('throw\n');
  await program.waitFor(/did throw/);
  const tool = start(['-p', String(program.pid), ':passed']);
  await tool.waitFor(/Hit Ctrl-C to end/);
  program.write('nothing\n');
  await program.waitFor(/did nothing/);
  program.write('throw\n');
  const { signal } = await program.done;
  expect(signal).toBe('SIGABRT');
  tool.signal('SIGINT');
  const { code, stdout } = await tool.done;
  expect(code).toBe(0);
  expect(saidBy(stdout)).toContainEqual(
    expect.stringMatching(
      /is C\+\+ or Rust: an exception or panic that passes a traced function ends/,
    ),
  );
});

it('says nothing of it for a C program', async () => {
  const program = compiled('c', 'void passed(void) { } int main(void) { passed(); }');
  const tool = start(['-d', '0.2', `${program}:passed`]);
  const { code, stdout } = await tool.done;
  expect(code).toBe(0);
  expect(saidBy(stdout).filter((text) => /exception/.test(text ?? ''))).toEqual([]);
});
