// @ts-check
// The least that any Node program takes to sample: the add-on, profile's object, an event on each CPU, and nothing else.
const { readFileSync } = require('node:fs');
const { BpfObject } = require('@probekit/native');

const [, , file, hertz] = process.argv;
const cpus = readFileSync('/sys/devices/system/cpu/online', 'utf8').split(/[-,]/).map(Number);

async function main() {
  const object = BpfObject.open(`${file}`);
  await object.load();
  for (let cpu = cpus[0] ?? 0; cpu <= (cpus.at(-1) ?? 0); cpu++) {
    await object.attach('sample', { kind: 'perf_event', frequency: Number(hertz), cpu });
  }
  process.stderr.write('Sampling\n');
  await object.close();
}
main();
