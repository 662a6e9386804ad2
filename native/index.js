// Loads the binary for this platform: the one built here, else that of the platform's package.

const { existsSync } = require('node:fs');
const { join } = require('node:path');

const platform = `${process.platform}-${process.arch}-gnu`;
const built = join(__dirname, `probekit-native.${platform}.node`);
const file = existsSync(built) ? built : `@probekit/native-${platform}`;

function wayOut(cause) {
  if (process.platform !== 'linux') return `there is none for ${process.platform}: use Linux`;
  if (!process.report.getReport().header.glibcVersionRuntime)
    return 'there is none for musl: use a system with glibc';
  if (file === built || cause.code !== 'MODULE_NOT_FOUND') return cause.message.split('\n')[0];
  return 'install it without --omit=optional, or build it with: npm run build -w @probekit/native';
}

try {
  module.exports = require(file);
} catch (cause) {
  throw new Error(`probekit's native add-on for ${platform} did not load: ${wayOut(cause)}`, {
    cause,
  });
}
