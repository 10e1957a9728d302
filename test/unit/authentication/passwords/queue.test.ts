import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createWorkQueue, SERVER } from '../../../../src/authentication/passwords/queue.js';
import { ClientGone, ServiceUnavailable, Throttled } from '../../../../src/kernel/errors.js';

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
      queue.run(SERVER, () => {
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
    const results = [queue.run(SERVER, first.job), queue.run(SERVER, second.job)];
    let ran = false;
    const third = queue.run(SERVER, async () => {
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
    expect(await queue.run(SERVER, async () => 'admitted')).toBe('admitted');
  });

  it('gives the place of a failed job to the next one', async () => {
    const queue = createWorkQueue({ concurrency: 1, limit: 1 });
    const failing = gate();
    const results = [queue.run(SERVER, failing.job), queue.run(SERVER, async () => 'next')];
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
            queue.run(SERVER, async () => {
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

describe('clients of the password queue', () => {
  /** A queue of one place, which is taken until `next` gives it to whoever stands first. */
  const createCrowd = async (limit: number) => {
    const queue = createWorkQueue({ concurrency: 1, limit });
    const served: string[] = [];
    const gates = [gate()];
    const first = queue.run(SERVER, gates[0]?.job ?? (async () => ''));
    const ask = (name: string, address: string, account: string | null = null) => {
      const controller = new AbortController();
      const result = queue.run({ account, client: { address, signal: controller.signal } }, () => {
        const { job, open } = gate();
        gates.push({ job, open, fail: () => {} });
        served.push(name);
        return job();
      });
      result.catch(() => undefined);
      return { result, hangUp: () => controller.abort() };
    };
    const next = async () => {
      gates.at(-1)?.open();
      await settle();
    };
    await settle();
    return { ask, next, served, first };
  };

  it('take turns by address, so that one with many jobs keeps another waiting for one', async () => {
    const { ask, next, served } = await createCrowd(100);
    for (let i = 0; i < 20; i += 1) ask(`flood ${i}`, '203.0.113.1');
    ask('office 0', '203.0.113.2');
    ask('office 1', '203.0.113.2');
    ask('home', '203.0.113.3');
    for (let i = 0; i < 7; i += 1) await next();
    expect(served).toEqual(['flood 0', 'office 0', 'home', 'flood 1', 'office 1', 'flood 2', 'flood 3']);
  });

  it('may have half of the line for an address, a network of IPv6 being one: then 429', async () => {
    const { ask } = await createCrowd(100);
    for (let i = 0; i < 50; i += 1) ask('v6', `2001:db8:0:7::${i}`);
    await expect(ask('too many', '2001:db8:0:7:ffff::1').result).rejects.toMatchObject({
      status: 429,
      headers: { 'Retry-After': '5' },
    });
    const other = ask('another', '2001:db8:0:8::1');
    await settle();
    other.hangUp();
    await expect(other.result).rejects.toBeInstanceOf(ClientGone);
  });

  it('may have half of the line for an account, wherever they ask from', async () => {
    const { ask, next, served } = await createCrowd(20);
    for (let i = 0; i < 10; i += 1) ask('botnet', `198.51.100.${i}`, 'id:7');
    await expect(ask('one more', '198.51.100.99', 'id:7').result).rejects.toBeInstanceOf(Throttled);
    ask('other account', '198.51.100.98', 'id:8');
    await next();
    expect(served).toEqual(['botnet']);
    ask('room again', '198.51.100.97', 'id:7');
    for (let i = 0; i < 11; i += 1) await next();
    expect(served.slice(-2)).toEqual(['other account', 'room again']);
  });

  it('that come late to a full line take the place of the youngest of the address with most', async () => {
    const { ask, next, served } = await createCrowd(8);
    const greedy = ['a', 'b', 'c', 'd'].map((name, i) => [
      ask(`${name}0`, `203.0.113.${i}`),
      ask(`${name}1`, `203.0.113.${i}`),
    ]);
    const late = ask('late', '203.0.113.9');
    await expect(greedy[0]?.[1]?.result).rejects.toMatchObject({
      status: 503,
      body: { code: 'password_queue_full' },
    });
    await expect(ask('d2', '203.0.113.3').result).rejects.toBeInstanceOf(ServiceUnavailable);
    for (let i = 0; i < 8; i += 1) await next();
    expect(served).toEqual(['a0', 'b0', 'c0', 'd0', 'late', 'b1', 'c1', 'd1']);
    await next();
    await late.result;
  });

  it('are told 503 when the line is full of others who have as little', async () => {
    const { ask } = await createCrowd(3);
    for (let i = 0; i < 3; i += 1) ask(`one ${i}`, `203.0.113.${i}`);
    await expect(ask('late', '203.0.113.9').result).rejects.toBeInstanceOf(ServiceUnavailable);
  });

  it('that hang up leave the line, and give their share back', async () => {
    const { ask, next, served } = await createCrowd(20);
    const gone = Array.from({ length: 10 }, () => ask('gone', '203.0.113.1', 'id:7'));
    for (const { hangUp } of gone) hangUp();
    for (const { result } of gone) await expect(result).rejects.toBeInstanceOf(ClientGone);
    ask('here', '203.0.113.1', 'id:7');
    await next();
    expect(served).toEqual(['here']);
  });

  it('that hung up before they came in are not served, even when nobody waits', async () => {
    const queue = createWorkQueue({ concurrency: 1, limit: 1 });
    const client = { address: '203.0.113.1', signal: AbortSignal.abort() };
    await expect(queue.run({ account: null, client }, async () => 'done')).rejects.toBeInstanceOf(ClientGone);
    expect(await queue.run(SERVER, async () => 'free')).toBe('free');
  });

  it('are all served or refused, and the line is empty at the end, whatever they do', async () => {
    const visits = fc.array(
      fc.record({
        address: fc.constantFrom('203.0.113.1', '203.0.113.2', '203.0.113.3', '2001:db8::1'),
        account: fc.constantFrom(null, 'id:1', 'id:2'),
        hangsUp: fc.boolean(),
      }),
      { maxLength: 40 },
    );
    await fc.assert(
      fc.asyncProperty(visits, fc.integer({ min: 0, max: 12 }), async (all, limit) => {
        const queue = createWorkQueue({ concurrency: 2, limit });
        const results = all.map(({ address, account, hangsUp }) => {
          const controller = new AbortController();
          const result = queue.run({ account, client: { address, signal: controller.signal } }, settle);
          if (hangsUp) setImmediate(() => controller.abort());
          return result;
        });
        const outcomes = await Promise.allSettled(results);
        const served = outcomes.filter(({ status }) => status === 'fulfilled').length;
        expect(served).toBeGreaterThanOrEqual(Math.min(all.length, 2));
        const places = Array.from({ length: 2 + limit }, () => queue.run(SERVER, settle));
        await Promise.all(places);
      }),
    );
  });
});
