import { describe, expect, it } from 'vitest';
import { type Load, seeded, simulate } from '../../../scripts/scaling/queues.js';

const REQUESTS = 200_000;
const run = (load: Omit<Load, 'requests' | 'random'>) =>
  simulate({ ...load, requests: REQUESTS, random: seeded(7) });
const one = (mean: number) => [{ part: 1, visits: [{ station: 0, mean }] }];

describe('the simulation of queues', () => {
  it.each([0.3, 0.6, 0.8])('agrees with the formulas of M/M/1 at a load of %d', (load) => {
    const { p50, p99, utilisation, throughput } = run({
      stations: [{ servers: 1 }],
      kinds: one(0.001),
      arrivals: { rate: load * 1000 },
    });
    const quantile = (q: number) => (-0.001 * Math.log(1 - q)) / (1 - load);
    expect(p50 / quantile(0.5)).toBeCloseTo(1, 0.7);
    expect(p99 / quantile(0.99)).toBeCloseTo(1, 0.7);
    expect(utilisation[0]).toBeCloseTo(load, 1);
    expect(throughput / (load * 1000)).toBeCloseTo(1, 1);
  });

  it('agrees with the formula of Erlang for two servers', () => {
    // M/M/2 at a load of 0.75: a request waits with the probability 2 * 0.75^2 / (1 + 0.75) = 0.643.
    const { p99 } = run({ stations: [{ servers: 2 }], kinds: one(0.001), arrivals: { rate: 1500 } });
    // The time in the system has its 99 % quantile at 8.5 ms then (wait: 0.643 * exp(-500 t)).
    expect(p99 * 1000).toBeGreaterThan(7.5);
    expect(p99 * 1000).toBeLessThan(9.8);
  });

  it('gives clients that ask again and again what the slowest station can carry', () => {
    const { throughput, utilisation } = run({
      stations: [{ servers: 1 }, { servers: 1 }],
      kinds: [
        {
          part: 1,
          visits: [
            { station: 0, mean: 0.001 },
            { station: 1, mean: 0.0002 },
          ],
        },
      ],
      arrivals: { clients: 50 },
    });
    expect(throughput).toBeGreaterThan(980);
    expect(throughput).toBeLessThan(1020);
    expect(utilisation[1]).toBeCloseTo(0.2, 1);
  });

  it('mixes kinds by their parts', () => {
    const { utilisation } = run({
      stations: [{ servers: 1 }, { servers: 1 }],
      kinds: [
        { part: 0.75, visits: [{ station: 0, mean: 0.001 }] },
        { part: 0.25, visits: [{ station: 1, mean: 0.001 }] },
      ],
      arrivals: { rate: 800 },
    });
    expect(utilisation[0]).toBeCloseTo(0.6, 1);
    expect(utilisation[1]).toBeCloseTo(0.2, 1);
  });
});
