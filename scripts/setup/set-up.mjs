// @ts-check
import { build } from './build.mjs';
import { installPackages, installPrerequisites } from './install.mjs';
import { SetupError } from './stage.mjs';

/**
 * From a fresh clone to a built tree; says on stderr what is wrong when it cannot.
 * @param {string} name of who asks, for the message
 * @param {{ tests?: boolean }} [options] `tests`: with what only tests need
 * @returns {Promise<boolean>} done
 */
export async function setUp(name, { tests = false } = {}) {
  try {
    await installPrerequisites({ tests });
    await installPackages();
    await build();
    return true;
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    process.stderr.write(`${name}: ${error.message}\n`);
    return false;
  }
}
