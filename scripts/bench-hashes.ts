/**
 * The floor of log-ins: new hashes alone, one for each processor at once. Prints hashes a second.
 *
 *   tsx scripts/bench-hashes.ts <rounds> <seconds>
 */
import { availableParallelism } from 'node:os';
import { hash } from 'bcrypt';

const [rounds = '12', seconds = '3'] = process.argv.slice(2);
const started = performance.now();
const end = started + Number(seconds) * 1000;
let hashes = 0;

async function hashUntilEnd(): Promise<void> {
  while (performance.now() < end) {
    await hash('a text as long as the digest that is hashed: 64 hexadecimal ones', Number(rounds));
    hashes += 1;
  }
}

await Promise.all(Array.from({ length: availableParallelism() }, hashUntilEnd));
process.stdout.write(String((hashes * 1000) / (performance.now() - started)));
