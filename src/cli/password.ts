import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { systemRandom } from '../kernel/random.js';
import { StartError } from '../kernel/start-error.js';

/** Without look-alikes; 20 of them are more than 95 bits. */
const ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789';
const LENGTH = 20;

export const generatePassword = (): string => systemRandom.text(LENGTH, ALPHABET);

/**
 * Reads a password: asked for without echo at a terminal, otherwise the first line of standard input. Never an
 * argument, which other users of the machine could read.
 *
 * @throws StartError when there is none
 */
export async function readPassword(): Promise<string> {
  const isTerminal = process.stdin.isTTY === true;
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input: process.stdin, output: silent, terminal: isTerminal });
  if (isTerminal) process.stderr.write('Password: ');
  const [line] = (await Promise.race([once(reader, 'line'), once(reader, 'close')])) as [string?];
  reader.close();
  if (isTerminal) process.stderr.write('\n');
  if (line === undefined || line === '')
    throw new StartError('No password was given: type one, or pipe it in.');
  return line;
}
