import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createWorkQueue } from '../../../../src/authentication/passwords/queue.js';
import { ServiceUnavailable } from '../../../../src/kernel/errors.js';

/** A job that ends when told to. */
const gate = () => {
  const control: { open: () => void; fail: (error: Error) => void } = { open: () => {}, fail: () => {} };
  const promise = new Promise<string>((resolve, reject) => {
    control.open = () => resolve('done');
    control.fail = reject;
  });
  return { job: () => promise, open: () => control.open(), fail: (error: Error) => control.fail(error) };
};

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('the password queue', () => {
  it('runs as many jobs as allowed at once and keeps the order of the others', async () => {
    const queue = createWorkQueue({ concurrency: 2, limit: 10 });
    const gates = [gate(), gate(), gate(), gate()];
    const started: number[] = [];
    const results = gates.map(({ job }, index) =>
      queue.run(() => {
        started.push(index);
        return job();
      }),
    );
    await settle();
    expect(started).toEqual([0, 1]);
    gates[1]?.open();
    await settle();
    expect(started).toEqual([0, 1, 2]);
    for (const { open } of gates) open();
    expect(await Promise.all(results)).toEqual(['done', 'done', 'done', 'done']);
    expect(started).toEqual([0, 1, 2, 3]);
  });

  it('refuses with 503 and Retry-After when the line is full, and admits again later', async () => {
    const queue = createWorkQueue({ concurrency: 1, limit: 1 });
    const [first, second] = [gate(), gate()];
    const results = [queue.run(first.job), queue.run(second.job)];
    let ran = false;
    const third = queue.run(async () => {
      ran = true;
    });
    await expect(third).rejects.toBeInstanceOf(ServiceUnavailable);
    await expect(third).rejects.toMatchObject({
      status: 503,
      body: { code: 'password_queue_full' },
      headers: { 'Retry-After': '5' },
    });
    expect(ran).toBe(false);
    first.open();
    second.open();
    await Promise.all(results);
    expect(await queue.run(async () => 'admitted')).toBe('admitted');
  });

  it('gives the place of a failed job to the next one', async () => {
    const queue = createWorkQueue({ concurrency: 1, limit: 1 });
    const failing = gate();
    const results = [queue.run(failing.job), queue.run(async () => 'next')];
    failing.fail(new Error('broken'));
    await expect(results[0]).rejects.toThrow('broken');
    expect(await results[1]).toBe('next');
  });

  it('never runs more than allowed and finishes whatever it admitted', async () => {
    const scenario = fc.record({
      concurrency: fc.integer({ min: 1, max: 4 }),
      limit: fc.integer({ min: 0, max: 6 }),
      jobs: fc.array(fc.record({ ticks: fc.integer({ min: 1, max: 3 }), fails: fc.boolean() }), {
        maxLength: 25,
      }),
    });
    await fc.assert(
      fc.asyncProperty(scenario, async ({ concurrency, limit, jobs }) => {
        const queue = createWorkQueue({ concurrency, limit });
        let [running, most] = [0, 0];
        const outcomes = await Promise.allSettled(
          jobs.map(({ ticks, fails }) =>
            queue.run(async () => {
              running += 1;
              most = Math.max(most, running);
              for (let tick = 0; tick < ticks; tick += 1) await settle();
              running -= 1;
              if (fails) throw new RangeError('job');
            }),
          ),
        );
        const reasons = outcomes.flatMap((outcome) =>
          outcome.status === 'rejected' ? [outcome.reason] : [],
        );
        const refused = reasons.filter((reason) => reason instanceof ServiceUnavailable).length;
        expect(most).toBe(Math.min(concurrency, jobs.length));
        expect(refused).toBe(Math.max(0, jobs.length - concurrency - limit));
        expect(reasons.length - refused).toBe(
          jobs.slice(0, concurrency + limit).filter(({ fails }) => fails).length,
        );
      }),
    );
  });
});
