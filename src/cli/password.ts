import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { systemRandom } from '../kernel/random.js';
import { StartError } from '../kernel/start-error.js';

/** Without look-alikes; 20 of them are more than 95 bits. */
const ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789';
const LENGTH = 20;

export const generatePassword = (): string => systemRandom.text(LENGTH, ALPHABET);

/** Where a password is read from and prompted for; the streams of the process except in tests. */
export interface PasswordSource {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly prompt: NodeJS.WritableStream;
}

/** Exit code of a command interrupted by Ctrl-C, by the convention of shells. */
const INTERRUPTED = 130;

/**
 * Reads a password: prompted for without echo at a terminal, otherwise from the first line of standard input. Never
 * from an argument, which other users of the machine could read.
 *
 * @throws StartError if there is none
 */
export async function readPassword(source?: PasswordSource): Promise<string> {
  const password = await readPasswordIfAny('Password: ', source);
  if (password === null) throw new StartError('No password was given: type one, or pipe it in.');
  return password;
}

/**
 * The same, if an empty answer is allowed too.
 *
 * @param question only shown at a terminal
 * @returns null for an empty line, and for input that ends without one
 */
export async function readPasswordIfAny(
  question: string,
  { input, prompt }: PasswordSource = { input: process.stdin, prompt: process.stderr },
): Promise<string | null> {
  const isTerminal = input.isTTY === true;
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input, output: silent, terminal: isTerminal });
  // The terminal is in raw mode: Ctrl-C has no effect without a listener.
  reader.once('SIGINT', () => process.exit(INTERRUPTED));
  if (isTerminal) prompt.write(question);
  const [line]: unknown[] = await Promise.race([once(reader, 'line'), once(reader, 'close')]);
  reader.close();
  if (isTerminal) prompt.write('\n');
  return typeof line === 'string' && line !== '' ? line : null;
}
