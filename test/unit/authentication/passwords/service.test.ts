import { createHash, pbkdf2Sync } from 'node:crypto';
import { compare } from 'bcrypt';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SERVER } from '../../../../src/authentication/passwords/queue.js';
import {
  createPasswordService,
  type PasswordServiceOptions,
} from '../../../../src/authentication/passwords/service.js';
import { systemClock } from '../../../../src/kernel/clock.js';
import { ServiceUnavailable } from '../../../../src/kernel/errors.js';
import { systemRandom } from '../../../../src/kernel/random.js';
import { PASSWORD } from '../../../support/cvat.js';
import { leastWorkOf, workOf } from '../../../support/work.js';

/** Asked by the server itself: what clients may have of the queue is in `queue.test.ts`. */
const createService = (options: Partial<PasswordServiceOptions> = {}) => {
  const service = createPasswordService({ clock: systemClock, random: systemRandom, rounds: 4, ...options });
  return {
    ...service,
    hash: (password: string) => service.hash(password, SERVER),
    verify: (password: string, encoded: string) => service.verify(password, encoded, SERVER),
    verifyFirst: (password: string, encoded: readonly string[]) =>
      service.verifyFirst(password, encoded, SERVER),
    burn: (password: string) => service.burn(password, SERVER),
  };
};

const pbkdf2 = (password: string, iterations: number): string => {
  const salt = 'abcdefghijklmnopqrstuv';
  const key = pbkdf2Sync(password, salt, iterations, 32, 'sha256').toString('base64');
  return `pbkdf2_sha256$${iterations}$${salt}$${key}`;
};

const REFUSED = { valid: false, needsRehash: false };

const elapsed = async (action: () => Promise<unknown>): Promise<number> => {
  const startedAt = performance.now();
  await action();
  return performance.now() - startedAt;
};

describe('a new hash', () => {
  it('is bcrypt over the hexadecimal SHA-256 of the password, in Django’s format', async () => {
    const encoded = await createService().hash('Pässw0rd!');
    expect(encoded).toMatch(/^bcrypt_sha256\$\$2b\$04\$[./A-Za-z0-9]{53}$/);
    const digest = createHash('sha256').update('Pässw0rd!').digest('hex');
    expect(await compare(digest, encoded.slice('bcrypt_sha256$'.length))).toBe(true);
  });

  it('has the asked rounds, 12 unless told otherwise, and a salt of its own', async () => {
    const service = createService({ rounds: 5 });
    const [one, two] = await Promise.all([service.hash('same'), service.hash('same')]);
    expect(one).toMatch(/^bcrypt_sha256\$\$2b\$05\$/);
    expect(one).not.toBe(two);
    const byDefault = createPasswordService({ clock: systemClock, random: systemRandom });
    expect(await byDefault.hash('same', SERVER)).toMatch(/^bcrypt_sha256\$\$2b\$12\$/);
  });

  it('matches exactly the password it was made of, whatever its characters and length', async () => {
    const service = createService();
    const text = fc.string({ unit: 'grapheme', maxLength: 120 });
    await fc.assert(
      fc.asyncProperty(text, text, async (password, other) => {
        const encoded = await service.hash(password);
        expect(await service.verify(password, encoded)).toEqual({ valid: true, needsRehash: false });
        if (other !== password) expect(await service.verify(other, encoded)).toEqual(REFUSED);
      }),
      { numRuns: 40 },
    );
  });

  it.each([
    ['the 72 bytes of bcrypt', 'a'.repeat(72), `${'a'.repeat(72)}b`],
    ['a NUL', 'a\0b', 'a\0c'],
    ['surrounding space', ' secret ', 'secret'],
    ['Unicode normalization', 'é', 'e\u0301'],
  ])('tells passwords apart beyond %s', async (_, password, other) => {
    const service = createService();
    const encoded = await service.hash(password);
    expect((await service.verify(password, encoded)).valid).toBe(true);
    expect((await service.verify(other, encoded)).valid).toBe(false);
  });

  it.each([3, 16, 12.5, Number.NaN])('is not made with %d rounds', (rounds) => {
    expect(() => createService({ rounds })).toThrow(RangeError);
  });
});

describe('a rewrite', () => {
  it('is asked for after success with another algorithm or other rounds, higher ones too', async () => {
    const service = createService({ rounds: 5, extraHashers: ['md5'] });
    const four = await createService({ rounds: 4 }).hash('secret');
    const five = await service.hash('secret');
    const six = await createService({ rounds: 6 }).hash('secret');
    const md5 = `md5$salt$${createHash('md5').update('saltsecret').digest('hex')}`;
    const needsRehash = async (encoded: string) => service.verify('secret', encoded);
    expect(await needsRehash(five)).toEqual({ valid: true, needsRehash: false });
    for (const encoded of [four, six, md5, pbkdf2('secret', 1000)]) {
      expect(await needsRehash(encoded)).toEqual({ valid: true, needsRehash: true });
    }
  });

  it('is never asked for after a wrong password', async () => {
    expect(await createService().verify('wrong', pbkdf2('secret', 1000))).toEqual(REFUSED);
  });
});

describe('an unusable password', () => {
  it('is an exclamation mark and 40 random characters', () => {
    const service = createService();
    expect(service.makeUnusable()).toMatch(/^![A-Za-z0-9]{40}$/);
    expect(service.makeUnusable()).not.toBe(service.makeUnusable());
  });

  it('is told from a usable one', async () => {
    const service = createService();
    expect(service.isUsable(service.makeUnusable())).toBe(false);
    expect(service.isUsable('!')).toBe(false);
    expect(service.isUsable(await service.hash('secret'))).toBe(true);
  });

  it('matches nothing, itself included', async () => {
    const service = createService();
    const encoded = service.makeUnusable();
    for (const password of ['', '!', encoded, encoded.slice(1)]) {
      expect(await service.verify(password, encoded)).toEqual(REFUSED);
    }
  });
});

describe('a password too long or not Unicode', () => {
  it('is refused before any work, at 4097 units and at ten million', async () => {
    const service = createService({ rounds: 15 });
    const encoded = `pbkdf2_sha256$5000000$salt$${'A'.repeat(43)}=`;
    for (const password of ['x'.repeat(4097), 'x'.repeat(10_000_000)]) {
      const work = await leastWorkOf(async () => {
        expect(await service.verify(password, encoded)).toEqual(REFUSED);
        await service.burn(password);
        await expect(service.hash(password)).rejects.toThrow(RangeError);
      });
      expect(work).toBeLessThan(100);
    }
  });

  it('is accepted up to 4096 units, whole', async () => {
    const service = createService();
    const encoded = await service.hash('x'.repeat(4096));
    expect((await service.verify('x'.repeat(4096), encoded)).valid).toBe(true);
    expect((await service.verify('x'.repeat(4095), encoded)).valid).toBe(false);
  });

  it('does not match the replacement character in the place of a lone surrogate', async () => {
    const service = createService();
    const encoded = await service.hash('secret\ufffd');
    expect((await service.verify('secret\ufffd', encoded)).valid).toBe(true);
    expect((await service.verify('secret\ud800', encoded)).valid).toBe(false);
    await expect(service.hash('secret\ud800')).rejects.toThrow(RangeError);
    expect((await service.verify('😀', await service.hash('😀'))).valid).toBe(true);
  });
});

describe('several stored hashes', () => {
  it('are compared in their order, and the first that matches counts', async () => {
    const service = createService();
    const [one, two] = [await service.hash('one'), await service.hash('two')];
    const twins = [service.makeUnusable(), 'rot13$frperg', one, pbkdf2('two', 1000), two];
    expect(await service.verifyFirst('one', twins)).toEqual({ index: 2, needsRehash: false });
    expect(await service.verifyFirst('two', twins)).toEqual({ index: 3, needsRehash: true });
    expect(await service.verifyFirst('three', twins)).toBeUndefined();
    expect(await service.verifyFirst('one', [])).toBeUndefined();
    expect(await service.verifyFirst('x'.repeat(4097), [one])).toBeUndefined();
  });

  it('take one place in the queue', async () => {
    const service = createService({ concurrency: 1, queueLimit: 0 });
    const stored = await Promise.all([createService().hash('one'), createService().hash('two')]);
    expect(await service.verifyFirst('two', stored)).toEqual({ index: 1, needsRehash: false });
  });
});

describe('hashes that another program shares', () => {
  it('stay if Django reads them by default, and are replaced if it does not', async () => {
    const service = createService({ keepsDjangoHashes: true, extraHashers: ['md5'] });
    const md5 = `md5$salt$${createHash('md5').update('saltone').digest('hex')}`;
    for (const encoded of [pbkdf2('one', 1000), await service.hash('one')])
      expect(await service.verify('one', encoded)).toEqual({ valid: true, needsRehash: false });
    expect(await service.verify('one', md5)).toEqual({ valid: true, needsRehash: true });
  });
});

describe('a hostile stored hash', () => {
  it('is refused in the time of one hash, without throwing', async () => {
    const service = createService();
    const key = `${'A'.repeat(43)}=`;
    const hostile = [
      'argon2$argon2id$v=19$m=2147483648,t=2,p=8$c29tZXNhbHRzb21lc2FsdHNvbWVzYQ$S4wgi2/39fMAJlfhqz1lpg',
      `pbkdf2_sha256$1000000000$salt$${key}`,
      `pbkdf2_sha256$1000$$${key}`,
      `pbkdf2_sha256$many$salt$${key}`,
      `scrypt$1073741824$salt$8$1$${'A'.repeat(86)}==`,
      'bcrypt_sha256$$2b$31$abcdefghijklmnopqrstuue9kxD4iCPHJqdMINKgqk4utiFK.Y1cK',
      'bcrypt_sha256$$2y$04$abcdefghijklmnopqrstuue9kxD4iCPHJqdMINKgqk4utiFK.Y1cK',
      'rot13$frperg',
      `${'$'.repeat(1_000_000)}`,
      '',
    ];
    for (const encoded of hostile) {
      const work = await workOf(async () => expect(await service.verify('secret', encoded)).toEqual(REFUSED));
      expect(work).toBeLessThan(500);
    }
  });

  it('is refused as text of any kind', async () => {
    const service = createService();
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), async (encoded) => {
        expect(await service.verify('secret', encoded)).toEqual(REFUSED);
      }),
      { numRuns: 20 },
    );
  });
});

describe('a server without the binary of Argon2', () => {
  const ARGON2 =
    'argon2$argon2id$v=19$m=102400,t=2,p=8$c29tZXNhbHRzb21lc2FsdHNvbWVzYQ$S4wgi2/39fMAJlfhqz1lpg';
  const withoutBinary = () => {
    const told: unknown[] = [];
    const missing = new Error('Cannot find native binding.');
    const load = () => Promise.reject(missing);
    const argon2 = { load, onMissing: (error: unknown) => void told.push(error) };
    return { service: createService({ rounds: 8, argon2 }), told, missing };
  };

  it('lets nobody in by such a hash, and says so once', async () => {
    const { service, told, missing } = withoutBinary();
    expect(told).toEqual([]);
    for (const password of [PASSWORD, 'wrong', PASSWORD])
      expect(await service.verify(password, ARGON2)).toEqual(REFUSED);
    expect(told).toEqual([missing]);
    expect((await createService().verify(PASSWORD, ARGON2)).valid).toBe(true);
  });

  it('takes the time of any refusal for it', async () => {
    const { service } = withoutBinary();
    await service.burn('warm up');
    const times = { unknown: Infinity, argon2: Infinity };
    for (let round = 0; round < 5; round += 1) {
      times.unknown = Math.min(times.unknown, await elapsed(() => service.burn(PASSWORD)));
      times.argon2 = Math.min(times.argon2, await elapsed(() => service.verify(PASSWORD, ARGON2)));
    }
    expect(times.argon2 / times.unknown).toBeGreaterThan(0.6);
    expect(times.argon2 / times.unknown).toBeLessThan(1 / 0.6);
  });
});

describe('the time of a refusal', () => {
  it('does not tell an unknown user, an old hash and an unusable one apart', async () => {
    const service = createService({ rounds: 10, extraHashers: ['md5'], concurrency: 1 });
    const stored = [
      await service.hash('secret'),
      pbkdf2('secret', 1000),
      'md5$salt$207cdd0df3d34e6f649fff0e99931436',
      service.makeUnusable(),
      'pbkdf2_sha256$x',
      `pbkdf2_sha256$1000000000$salt$${'A'.repeat(43)}=`,
    ];
    const actions = stored.map((encoded) => () => service.verify('wrong', encoded));
    const ratios = actions.map((): number[] => []);
    for (let round = 0; round < 5; round += 1) {
      const unknown = await elapsed(() => service.burn('wrong'));
      for (const [index, action] of actions.entries()) ratios[index]?.push((await elapsed(action)) / unknown);
    }
    // Compared within a round, because the machine's load changes. A digest alone would have a ratio near 0.
    for (const ratio of ratios.map((values) => values.toSorted((a, b) => a - b)[2])) {
      expect(ratio).toBeGreaterThan(0.6);
      expect(ratio).toBeLessThan(1 / 0.6);
    }
  });
});

describe('many log-ins at once', () => {
  it('leave the event loop free', async () => {
    const service = createService({ rounds: 10 });
    const encoded = await service.hash('secret');
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
    }, 5);
    const took = await elapsed(async () => {
      const results = await Promise.all(Array.from({ length: 16 }, () => service.verify('secret', encoded)));
      expect(results.every(({ valid }) => valid)).toBe(true);
    });
    clearInterval(timer);
    // Hashing on the event loop would leave one turn between two hashes: a tenth of this.
    expect(turns).toBeGreaterThan(took / 5 / 3);
  });

  it('are refused beyond the queue, unknown users as well', async () => {
    const service = createService({ rounds: 8, concurrency: 1, queueLimit: 1 });
    const encoded = await service.hash('secret');
    const outcomes = await Promise.allSettled([
      service.verify('secret', encoded),
      service.burn('secret'),
      service.verify('secret', encoded),
      service.burn('secret'),
      service.hash('secret'),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'rejected',
      'rejected',
    ]);
    for (const outcome of outcomes.slice(2)) {
      expect(outcome).toMatchObject({ reason: expect.any(ServiceUnavailable) });
    }
  });

  it('run one per processor when the concurrency is 0', async () => {
    const service = createService({ concurrency: 0 });
    const encoded = await service.hash('secret');
    expect((await service.verify('secret', encoded)).valid).toBe(true);
  });
});
