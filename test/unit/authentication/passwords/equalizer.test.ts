import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createEqualizer } from '../../../../src/authentication/passwords/equalizer.js';
import { createWorkQueue, SERVER } from '../../../../src/authentication/passwords/queue.js';

/** A world where only work and sleep take time. */
const createWorld = (preferredMs: number) => {
  let time = 0;
  const work = (ms: number, result: boolean) => async () => {
    time += ms;
    return result;
  };
  const equalizer = createEqualizer({
    clock: { now: () => time },
    queue: createWorkQueue({ concurrency: 1, limit: 0 }),
    preferred: { algorithm: 'new', run: work(preferredMs, false) },
    sleep: async (ms) => {
      time += ms;
    },
  });
  const durationOf = async (action: () => Promise<unknown>): Promise<number> => {
    const before = time;
    await action();
    return time - before;
  };
  return {
    refuse: (algorithm: string, ms: number) =>
      durationOf(() => equalizer.first(SERVER, [{ algorithm, run: work(ms, false) }])),
    refuseAll: (algorithm: string, ...ms: readonly number[]) =>
      durationOf(() =>
        equalizer.first(
          SERVER,
          ms.map((each) => ({ algorithm, run: work(each, false) })),
        ),
      ),
    accept: (algorithm: string, ms: number) =>
      durationOf(() => equalizer.first(SERVER, [{ algorithm, run: work(ms, true) }])),
    hash: (ms: number) => durationOf(() => equalizer.run(SERVER, 'new', work(ms, true))),
    setClockBack: (ms: number) => {
      time -= ms;
    },
  };
};

describe('a refusal', () => {
  it('takes the same time whether the hash was new, cheaper, or dearer by less than half', async () => {
    const { refuse } = createWorld(200);
    expect(await refuse('new', 200)).toBe(300);
    expect(await refuse('md5', 0)).toBe(300);
    expect(await refuse('pbkdf2', 120)).toBe(300);
    expect(await refuse('argon2', 270)).toBe(300);
  });

  it('stretches to an algorithm that turned out to be slower still, within a second', async () => {
    const { refuse } = createWorld(200);
    await refuse('new', 200);
    await refuse('pbkdf2', 400);
    expect(await refuse('new', 200)).toBeCloseTo(440);
    expect(await refuse('md5', 0)).toBeCloseTo(440);
    await refuse('scrypt', 2000);
    expect(await refuse('md5', 0)).toBe(1000);
  });

  it('of several accounts at once is what every refusal takes from then on', async () => {
    const { refuse, refuseAll } = createWorld(200);
    await refuse('new', 200);
    const ofThree = await refuseAll('new', 200, 200, 200);
    expect(ofThree).toBe(300 + 2 * 200);
    expect(await refuse('new', 200)).toBe(ofThree);
    expect(await refuse('md5', 0)).toBe(ofThree);
    expect(await refuseAll('md5', 0, 0)).toBe(ofThree);
    await refuse('pbkdf2', 400);
    const ofOld = await refuseAll('pbkdf2', 400, 400, 400);
    expect(await refuseAll('pbkdf2', 400)).toBe(ofOld);
    expect(await refuse('new', 200)).toBe(ofOld);
  });

  it('runs a new hash first when none has been timed yet', async () => {
    const { refuse } = createWorld(200);
    expect(await refuse('md5', 0)).toBe(300);
  });

  it('follows the machine as it slows down', async () => {
    const { refuse, hash } = createWorld(200);
    for (let index = 0; index < 50; index += 1) await hash(400);
    expect(await refuse('md5', 0)).toBeCloseTo(600);
  });

  it('keeps its place in the queue for as long as a new hash would', async () => {
    let time = 0;
    const sleeps: { ms: number; wake: () => void }[] = [];
    const equalizer = createEqualizer({
      clock: { now: () => time },
      queue: createWorkQueue({ concurrency: 1, limit: 5 }),
      preferred: { algorithm: 'new', run: async () => false },
      sleep: (ms) => new Promise<void>((wake) => sleeps.push({ ms, wake })),
    });
    await equalizer.run(SERVER, 'new', async () => {
      time += 200;
    });
    const started: number[] = [];
    const compare = (index: number) =>
      equalizer.first(SERVER, [
        {
          algorithm: 'md5',
          run: async () => {
            started.push(index);
            return false;
          },
        },
      ]);
    const wakeNext = async () => {
      const next = sleeps.shift();
      time += next?.ms ?? 0;
      next?.wake();
      await new Promise((resolve) => setImmediate(resolve));
    };
    const results = [compare(1), compare(2)];
    await new Promise((resolve) => setImmediate(resolve));
    expect(started).toEqual([1]);
    expect(sleeps.map(({ ms }) => ms)).toEqual([200]);
    await wakeNext();
    expect(started).toEqual([1, 2]);
    expect(sleeps.map(({ ms }) => ms)).toEqual([100, 200]);
    while (sleeps.length > 0) await wakeNext();
    expect(await Promise.all(results)).toEqual([undefined, undefined]);
  });

  it('does not wait longer because the clock was set back', async () => {
    const { refuse, setClockBack } = createWorld(200);
    await refuse('new', 200);
    setClockBack(1_000_000);
    expect(await refuse('md5', 0)).toBe(300);
  });

  it('costs one time for all algorithms below a second, once each has been seen', async () => {
    const algorithms = fc.array(fc.integer({ min: 0, max: 900 }), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 600 }), algorithms, async (preferredMs, costs) => {
        const { refuse } = createWorld(preferredMs);
        const classes = [
          ['new', preferredMs] as const,
          ...costs.map((ms, index) => [`old${index}`, ms] as const),
        ];
        for (const [algorithm, ms] of classes) await refuse(algorithm, ms);
        const times = [];
        for (const [algorithm, ms] of classes) times.push(await refuse(algorithm, ms));
        expect(Math.max(...times) - Math.min(...times)).toBeLessThan(1e-6);
      }),
    );
  });
});

describe('a success', () => {
  it('is told at once', async () => {
    const { refuse, accept } = createWorld(200);
    await refuse('new', 200);
    expect(await accept('md5', 0)).toBe(0);
    expect(await accept('new', 200)).toBe(200);
  });
});
