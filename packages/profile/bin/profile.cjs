#!/usr/bin/env node
const { existsSync } = require('node:fs');

const built = `${__dirname}/../dist/command.cjs`;
if (existsSync(built)) {
  module.exports = require(built).main();
} else {
  process.stderr.write('profile: not built; run npm start\n');
  process.exitCode = 1;
}
