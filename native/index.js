'use strict'

// Loads the binary for this platform: the one built here, else that of the platform's package.

const { existsSync } = require('node:fs')
const { join } = require('node:path')

const musl = process.platform === 'linux' && !process.report.getReport().header.glibcVersionRuntime
const platform = `${process.platform}-${process.arch}-${musl ? 'musl' : 'gnu'}`
const built = join(__dirname, `probekit-native.${platform}.node`)

function load() {
  if (process.platform !== 'linux') {
    throw new Error(`probekit runs on Linux only, and this is ${process.platform}`)
  }
  const file = existsSync(built) ? built : `@probekit/native-${platform}`
  try {
    return require(file)
  } catch (cause) {
    const missing = cause.code === 'MODULE_NOT_FOUND' && file !== built
    const way = musl
      ? 'there is none for musl: use a system with glibc'
      : missing
        ? 'install it without --omit=optional, or build it with: npm run build -w @probekit/native'
        : cause.message.split('\n')[0]
    throw new Error(`probekit's native add-on for ${platform} did not load: ${way}`, { cause })
  }
}

module.exports = load()
