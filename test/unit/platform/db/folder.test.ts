import { describe, expect, it } from 'vitest';
import { unwritable } from '../../../../src/platform/db/embedded/folder.js';

const fileError = (code: string) => Object.assign(new Error(code), { code, syscall: 'write' });

describe('the data folder', () => {
  it.each(['ENOSPC', 'EDQUOT'])('whose disk is full says so (%s)', (code) => {
    expect(unwritable('/data', fileError(code))).toMatchObject({
      name: 'StartError',
      message: `The disk of the data folder /data is full (${code}): free some space, or set DATA_DIR to a folder on another disk.`,
    });
  });

  it('that is not writable says so', () => {
    expect(unwritable('/data', fileError('EACCES'))).toMatchObject({
      message: expect.stringMatching(/^The data folder \/data can't be written \(EACCES\): /),
    });
  });

  it('passes other errors on', () => {
    const error = new TypeError('a bug');
    expect(unwritable('/data', error)).toBe(error);
  });
});
