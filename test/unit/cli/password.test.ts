import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { readPassword, readPasswordIfAny } from '../../../src/cli/password.js';
import { StartError } from '../../../src/kernel/start-error.js';

const PASSWORD = 'Wiesel-42-quarks';

/** An input with this text, and what was shown meanwhile. */
function source(text: string, isTTY = false) {
  const input = Object.assign(new PassThrough(), { isTTY });
  const prompt = new PassThrough();
  let shown = '';
  prompt.on('data', (chunk: Buffer) => {
    shown += chunk.toString();
  });
  input.end(text);
  return { input, prompt, shown: () => shown };
}

describe('a password at the command line', () => {
  it.each([`${PASSWORD}\n`, `${PASSWORD}\r\n`, PASSWORD, `${PASSWORD}\nmore\n`])(
    'is the first line of the input: %j',
    async (text) => {
      const from = source(text);
      expect(await readPassword(from)).toBe(PASSWORD);
      expect(from.shown()).toBe('');
    },
  );

  it('keeps its blanks', async () => {
    expect(await readPassword(source('  two words \n'))).toBe('  two words ');
  });

  it('is asked for at a terminal, and not shown', async () => {
    const from = source(`${PASSWORD}\n`, true);
    expect(await readPasswordIfAny('Who goes there? ', from)).toBe(PASSWORD);
    expect(from.shown()).toBe('Who goes there? \n');
  });

  it.each(['', '\n'])('is required, or null where it is not: %j', async (text) => {
    await expect(readPassword(source(text))).rejects.toThrow(StartError);
    expect(await readPasswordIfAny('Password: ', source(text))).toBeNull();
  });
});
