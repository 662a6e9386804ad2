// As spin.c, in JavaScript. The clock is of the whole process: V8's other threads have little to do by then.
const { writeSync } = require('node:fs');

let sink = 1;

/** @param {number} times */
function hot(times) {
  for (let i = 0; i < times; i++) sink = (Math.imul(sink, 1103515245) + 12345) | 0;
}

/** @param {number} times */
function cold(times) {
  for (let i = 0; i < times; i++) sink = (Math.imul(sink, 1103515245) ^ 3) | 0;
}

function cpuNs() {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1000;
}

let spentHot = 0;
let spentCold = 0;
for (let at = 1; ; at++) {
  const times = 100_000 + Math.floor(Math.random() * 200_000);
  const begun = cpuNs();
  hot((times * 7) / 5);
  const middle = cpuNs();
  cold((times * 3) / 5);
  const end = cpuNs();
  spentHot += middle - begun;
  spentCold += end - middle;
  if (at % 16 === 0) writeSync(1, `spent ${spentHot} ${spentCold}\n`);
}
