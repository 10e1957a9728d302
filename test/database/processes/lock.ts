import { acquireLock } from '../../../src/platform/db/embedded/lock.js';

/** Takes the lock of its first argument, says so, and holds it until it is killed; or says why it can not. */
const file = process.argv[2] ?? '';
try {
  await acquireLock(file, '/data');
  process.stdout.write('held\n');
  setInterval(() => {}, 1000);
} catch (error) {
  process.stdout.write(`${error instanceof Error ? error.message : ''}\n`);
}
