/**
 * A simulation of queues: requests arrive at random, visit stations one after another, and wait where all servers of a
 * station are busy. Times are in seconds.
 */

/** Where requests queue: `servers` work at once, on one line of waiting requests. */
export interface Station {
  readonly servers: number;
}

/** One visit: the place of the station in the list, and the mean time of service. Times vary exponentially. */
export interface Visit {
  readonly station: number;
  readonly mean: number;
}

/** A kind of request, with its part of all requests. The parts sum up to 1. */
export interface Kind {
  readonly part: number;
  readonly visits: readonly Visit[];
}

export interface Load {
  readonly stations: readonly Station[];
  readonly kinds: readonly Kind[];
  /** Requests a second, at random times (a Poisson process); or a number of clients that ask again after each answer. */
  readonly arrivals: { readonly rate: number } | { readonly clients: number };
  /** How many requests are simulated; the first tenth only fills the queues. */
  readonly requests: number;
  /** A number from 0 up to 1, excluding 1. */
  readonly random: () => number;
}

export interface Outcome {
  /** Answers a second. */
  readonly throughput: number;
  /** The part of the time that the servers of each station work. */
  readonly utilisation: readonly number[];
  readonly p50: number;
  readonly p99: number;
}

interface Request {
  readonly began: number;
  readonly visits: readonly Visit[];
  next: number;
}

interface Event {
  readonly at: number;
  /** Undefined for an arrival. */
  readonly leaving: Request | undefined;
}

/** Runs a load until the last request was answered. */
export function simulate({ stations, kinds, arrivals, requests, random }: Load): Outcome {
  const exponential = (mean: number): number => -mean * Math.log(1 - random());
  const events = createHeap();
  const lines = stations.map(({ servers }) => ({ free: servers, waiting: [] as Request[], head: 0, busy: 0 }));
  const latencies: number[] = [];
  const warm = Math.floor(requests / 10);
  let [begun, ended, measuredFrom, now] = [0, 0, 0, 0];

  const kindOf = (): Kind | undefined => {
    let left = random();
    return kinds.find(({ part }) => (left -= part) < 0) ?? kinds.at(-1);
  };
  const serve = (request: Request): void => {
    const visit = request.visits[request.next];
    const line = visit && lines[visit.station];
    if (visit === undefined || line === undefined) return;
    line.free -= 1;
    const time = exponential(visit.mean);
    if (ended >= warm) line.busy += time;
    events.push({ at: now + time, leaving: request });
  };
  const enter = (request: Request): void => {
    const line = lines[request.visits[request.next]?.station ?? -1];
    if (line === undefined) return finish(request);
    if (line.free > 0) serve(request);
    else line.waiting.push(request);
  };
  const leave = (request: Request): void => {
    const line = lines[request.visits[request.next]?.station ?? -1];
    if (line !== undefined) {
      line.free += 1;
      const waiting = line.waiting[line.head];
      if (waiting !== undefined) {
        line.head += 1;
        serve(waiting);
      }
    }
    request.next += 1;
    enter(request);
  };
  const begin = (): void => {
    begun += 1;
    if ('rate' in arrivals && begun < requests)
      events.push({ at: now + exponential(1 / arrivals.rate), leaving: undefined });
    enter({ began: now, visits: kindOf()?.visits ?? [], next: 0 });
  };
  const finish = (request: Request): void => {
    ended += 1;
    if (ended === warm) measuredFrom = now;
    if (ended > warm) latencies.push(now - request.began);
    if ('clients' in arrivals && begun < requests) begin();
  };

  const first = 'clients' in arrivals ? arrivals.clients : 1;
  for (let client = 0; client < first; client += 1) events.push({ at: 0, leaving: undefined });
  for (let event = events.pop(); event !== undefined; event = events.pop()) {
    now = event.at;
    if (event.leaving === undefined) begin();
    else leave(event.leaving);
  }

  const seconds = now - measuredFrom;
  const sorted = latencies.toSorted((a, b) => a - b);
  const quantile = (q: number): number => sorted[Math.floor(q * (sorted.length - 1))] ?? 0;
  return {
    throughput: latencies.length / seconds,
    utilisation: lines.map(({ busy }, index) => busy / seconds / (stations[index]?.servers ?? 1)),
    p50: quantile(0.5),
    p99: quantile(0.99),
  };
}

/** Events, the earliest first. */
function createHeap() {
  const heap: Event[] = [];
  const before = (a: number, b: number): boolean => (heap[a]?.at ?? Infinity) < (heap[b]?.at ?? Infinity);
  const swap = (a: number, b: number): void => {
    const [left, right] = [heap[a], heap[b]];
    if (left !== undefined && right !== undefined) [heap[a], heap[b]] = [right, left];
  };
  return {
    push: (event: Event): void => {
      heap.push(event);
      for (let at = heap.length - 1, up = (at - 1) >> 1; at > 0 && before(at, up); up = (at - 1) >> 1) {
        swap(at, up);
        at = up;
      }
    },
    pop: (): Event | undefined => {
      const [first] = heap;
      const last = heap.pop();
      if (first === undefined || last === undefined || heap.length === 0) return first;
      heap[0] = last;
      for (let at = 0; ; ) {
        const left = 2 * at + 1;
        const least = before(left + 1, left) ? left + 1 : left;
        if (!before(least, at)) return first;
        swap(at, least);
        at = least;
      }
    },
  };
}

/** @returns a source of numbers from 0 up to 1 that is the same for the same seed (Marsaglia's xorshift, 32 bits) */
export function seeded(seed: number): () => number {
  let state = seed | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
