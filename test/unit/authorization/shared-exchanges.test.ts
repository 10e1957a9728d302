import type { ServerResponse } from 'node:http';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { PolicyEngine, PolicyQuestion } from '../../../src/authorization/engines/engine.js';
import { createOpaHttpEngine, type OpaHttpOptions } from '../../../src/authorization/engines/opa-http.js';
import { answering, type Seen, startOpaStub } from '../../support/opa-stub.js';

/** The caller's number is in the question, and in the answer that the stubs give to it. */
const filterOf = (id: number, resource: unknown = null): PolicyQuestion => ({
  package: 'users',
  rule: 'filter',
  input: { scope: 'list', auth: { user: { id, privilege: 'user' }, organization: null }, resource },
});
const pluginOf = (id: number): PolicyQuestion => ({ ...filterOf(id), rule: 'plugin_allow' });

interface Carried {
  readonly rule: PolicyQuestion['rule'];
  readonly input: PolicyQuestion['input'];
}

const TOGETHER = '/v1/data/decisions/answers';
/** Callers from this number on get no answer. */
const WITHOUT_ANSWER = 1_000_001;
const answerTo = ({ rule, input: { auth } }: Carried): unknown => {
  if (auth.user.id >= WITHOUT_ANSWER) return null;
  return rule === 'filter' ? { id: auth.user.id } : [auth.user.id % 2 === 0];
};

/** @returns the questions of an exchange, also of one that carries a single one */
function questionsIn({ url, body }: Seen): readonly Carried[] {
  const { input } = JSON.parse(body) as { input: { questions?: readonly Carried[] } & Carried['input'] };
  return input.questions ?? [{ rule: url?.endsWith('/filter') ? 'filter' : 'plugin_allow', input }];
}
const idsIn = (seen: Seen) => questionsIn(seen).map(({ input }) => input.auth.user.id);

function answerRightly(seen: Seen, response: ServerResponse): void {
  const answers = questionsIn(seen).map(answerTo);
  answering(JSON.stringify({ result: seen.url === TOGETHER ? answers : answers[0] }))(seen, response);
}

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function start(
  answer: (seen: Seen, response: ServerResponse) => void,
  options: Partial<OpaHttpOptions> = {},
) {
  const stub = await startOpaStub(answer);
  const repeated: number[] = [];
  const engine: PolicyEngine = createOpaHttpEngine({
    url: stub.url,
    timeoutMs: 5000,
    isOurs: () => true,
    observe: { sent: () => undefined, repeated: (questions) => repeated.push(questions) },
    ...options,
  });
  closers.push(stub.close, engine.close);
  return { stub, engine, repeated };
}

const range = (length: number) => Array.from({ length }, (_, index) => index + 1);
const askAll = (engine: PolicyEngine, ids: readonly number[]) =>
  Promise.all(ids.map((id) => engine.ask([filterOf(id)])));
const filtersOf = (ids: readonly number[]) => ids.map((id) => [{ id }]);

describe('questions of concurrent requests', () => {
  it('share an exchange if they arrive in one turn, and each gets its own answer', async () => {
    const { stub, engine } = await start(answerRightly);
    const answers = await Promise.all([
      engine.ask([filterOf(1)]),
      engine.ask([filterOf(2), pluginOf(2)]),
      engine.ask([filterOf(3)]),
    ]);
    expect(answers).toEqual([[{ id: 1 }], [{ id: 2 }, [true]], [{ id: 3 }]]);
    expect(stub.seen.map(({ url }) => url)).toEqual([TOGETHER]);
    expect(stub.seen.map(idsIn)).toEqual([[1, 2, 2, 3]]);
  });

  it('share with no more than 32 questions', async () => {
    const { stub, engine } = await start(answerRightly);
    expect(await askAll(engine, range(70))).toEqual(filtersOf(range(70)));
    expect(stub.seen.map((seen) => idsIn(seen).length)).toEqual([32, 32, 6]);
  });

  it('wait while the exchanges under way are as many as may be, and then share one', async () => {
    let release = (): void => undefined;
    const { stub, engine } = await start(
      (seen, response) => {
        if (stub.seen.length > 1) answerRightly(seen, response);
        else release = () => answerRightly(seen, response);
      },
      { inFlight: 1 },
    );
    const first = engine.ask([filterOf(1)]);
    await expect.poll(() => stub.seen.length).toBe(1);
    const second = engine.ask([filterOf(2)]);
    await new Promise(setImmediate);
    const third = engine.ask([filterOf(3)]);
    release();
    expect(await Promise.all([first, second, third])).toEqual(filtersOf([1, 2, 3]));
    expect(stub.seen.map(idsIn)).toEqual([[1], [2, 3]]);
  });

  it('do not share if they are large', async () => {
    const { stub, engine } = await start(answerRightly);
    const large = engine.ask([filterOf(1, { role: 'x'.repeat(9000) })]);
    expect(await Promise.all([large, ...range(2).map((id) => engine.ask([filterOf(id)]))])).toEqual(
      filtersOf([1, 1, 2]),
    );
    expect(stub.seen.map(({ url }) => url).sort()).toEqual([TOGETHER, '/v1/data/users/filter']);
  });

  it('do not share if they are for plugins of an operator, which may be slow', async () => {
    const { stub, engine } = await start(answerRightly, { sharesPlugins: false });
    await Promise.all([1, 2].map((id) => engine.ask([pluginOf(id)])));
    await askAll(engine, [3, 4]);
    expect(stub.seen.map(idsIn)).toEqual([[1], [2], [3, 4]]);
  });
});

const refusal = (code: string) => expect.objectContaining({ status: 503, code });
/** @returns the answers, or the code of the refusal */
const outcomeOf = (asked: Promise<readonly unknown[]>): Promise<unknown> =>
  asked.catch((error: unknown) => (error as { code?: unknown }).code);

describe('an exchange that fails for all who share it', () => {
  it('is not repeated if OPA was not reached', async () => {
    const { stub, engine, repeated } = await start(answerRightly);
    await stub.close();
    const refused = await Promise.allSettled(range(20).map((id) => engine.ask([filterOf(id)])));
    expect(refused.map((each) => each.status === 'rejected' && each.reason)).toEqual(
      range(20).map(() => refusal('opa_unreachable')),
    );
    expect(repeated).toEqual([]);
  });

  it('is not repeated if OPA is silent', async () => {
    const { stub, engine } = await start(() => undefined, { timeoutMs: 200 });
    const outcomes = await Promise.all(range(20).map((id) => outcomeOf(engine.ask([filterOf(id)]))));
    expect(new Set(outcomes)).toEqual(new Set(['opa_unreachable']));
    expect(stub.seen).toHaveLength(1);
  });

  it('is not repeated if OPA has no rules yet', async () => {
    const { stub, engine } = await start((seen, response) =>
      answering('{}', seen.url === '/health?bundles' ? 500 : 200)(seen, response),
    );
    const outcomes = await Promise.all(range(20).map((id) => outcomeOf(engine.ask([filterOf(id)]))));
    expect(new Set(outcomes)).toEqual(new Set(['opa_no_bundle']));
    expect(stub.seen.map(({ url }) => url)).toEqual([TOGETHER, '/health?bundles']);
  });

  it('is repeated one by one, at the addresses of CVAT, if OPA does not know how to answer several', async () => {
    const { stub, engine, repeated } = await start((seen, response) => {
      if (seen.url === TOGETHER) answering('{}')(seen, response);
      else if (seen.method === 'GET') answering('{}')(seen, response);
      else answerRightly(seen, response);
    });
    expect(await askAll(engine, [1, 2])).toEqual(filtersOf([1, 2]));
    expect(stub.seen.filter(({ url }) => url === '/v1/data/users/filter').map(idsIn)).toEqual([[1], [2]]);
    expect(repeated).toEqual([1, 1]);
  });
});

describe('the time limit of a question', () => {
  const measure = async (asked: Promise<readonly unknown[]>) => {
    const start = performance.now();
    return { code: await outcomeOf(asked), took: performance.now() - start };
  };

  it('includes the wait for an exchange', async () => {
    const { stub, engine } = await start(() => undefined, { inFlight: 1, timeoutMs: 400 });
    const first = measure(engine.ask([filterOf(1)]));
    await expect.poll(() => stub.seen.length).toBe(1);
    const others = await Promise.all(range(3).map((id) => measure(engine.ask([filterOf(id)]))));
    for (const { code, took } of [await first, ...others]) {
      expect(code).toBe('opa_unreachable');
      expect(took).toBeLessThan(750);
    }
  });

  it('includes the second asking', async () => {
    const { engine, repeated } = await start(
      (seen, response) => {
        if (seen.url === TOGETHER) setTimeout(() => answering('{"result":[]}')(seen, response), 500);
      },
      { timeoutMs: 600 },
    );
    for (const { code, took } of await Promise.all([1, 2].map((id) => measure(engine.ask([filterOf(id)]))))) {
      expect(code).toBe('opa_unreachable');
      expect(took).toBeLessThan(1000);
    }
    expect(repeated).toEqual([1, 1]);
  });

  it('frees the exchange of those that gave up for those that come later', async () => {
    let isSilent = true;
    const { engine } = await start(
      (seen, response) => {
        if (!isSilent) answerRightly(seen, response);
      },
      { inFlight: 1, connections: 1, timeoutMs: 300 },
    );
    expect(await outcomeOf(engine.ask([filterOf(1)]))).toBe('opa_unreachable');
    isSilent = false;
    expect(await engine.ask([filterOf(2)])).toEqual([{ id: 2 }]);
  });
});

/** What an OPA, or whatever answers in its place, may say to several questions. */
type Habit = (seen: Seen, response: ServerResponse) => void;

const saying = (change: (answers: readonly unknown[]) => unknown): Habit => {
  return (seen, response) =>
    answering(JSON.stringify({ result: change(questionsIn(seen).map(answerTo)) }))(seen, response);
};
const HABITS: Readonly<Record<string, Habit>> = {
  right: answerRightly,
  'too few': saying((answers) => answers.slice(1)),
  'too many': saying((answers) => [...answers, { id: 0 }]),
  'none at all': saying(() => []),
  'null for each': saying((answers) => answers.map(() => null)),
  'null for the first': saying((answers) => [null, ...answers.slice(1)]),
  'a text for the last': saying((answers) => [...answers.slice(0, -1), 'true']),
  'no list': saying(() => true),
  'an object': saying((answers) => ({ ...answers })),
  'too long': saying((answers) => [...answers.slice(1), { id: 'x'.repeat(70_000) }]),
  'no JSON': answering('<!doctype html>'),
  'half of it': answering('{"result":[{"id"'),
  'no result': answering('{}'),
  'status 400': answering('{"code":"invalid_parameter"}', 400),
  'status 413': answering('', 413),
  'status 500': answering('{"code":"internal_error"}', 500),
  'a closed connection': (_seen, response) => void response.socket?.destroy(),
  'no HTTP': (_seen, response) => void response.socket?.end('+OK\r\n'),
};

/** Questions that have no answer, also alone. */
const POISON = {
  undefined: { id: WITHOUT_ANSWER, code: 'opa_undefined', alone: answering('{}') },
  failing: { id: WITHOUT_ANSWER + 1, code: 'opa_unreachable', alone: answering('', 500) },
  'too long': {
    id: WITHOUT_ANSWER + 2,
    code: 'opa_bad_answer',
    alone: answering(`{"result":"${'x'.repeat(70_000)}"}`),
  },
} as const;

/** JSON can't express it. A value that is nested too deeply can't be written either, but takes long to fail. */
const cyclic: { self?: unknown } = {};
cyclic.self = cyclic;

interface Asked {
  readonly questions: readonly PolicyQuestion[];
  readonly expected: unknown;
}

const ids = fc.integer({ min: 1, max: WITHOUT_ANSWER - 1 });
const asked: fc.Arbitrary<Asked> = fc.oneof(
  { weight: 6, arbitrary: ids.map((id) => ({ questions: [filterOf(id)], expected: [{ id }] })) },
  {
    weight: 3,
    arbitrary: ids.map((id) => ({
      questions: [pluginOf(id), filterOf(id)],
      expected: [[id % 2 === 0], { id }],
    })),
  },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom(...Object.values(POISON))
      .map(({ id, code }) => ({ questions: [filterOf(id)], expected: code })),
  },
  {
    weight: 1,
    arbitrary: ids.map((id) => ({ questions: [filterOf(id, cyclic)], expected: 'opa_bad_answer' })),
  },
  {
    weight: 1,
    arbitrary: ids.map((id) => ({
      questions: [filterOf(id, 'x'.repeat(9000))],
      expected: [{ id }],
    })),
  },
);

describe('a request that shares an exchange', () => {
  it('gets what it would get alone, whatever the others ask, and whatever is said to all of them', {
    timeout: 180_000,
  }, async () => {
    let habit: Habit = answerRightly;
    const { engine, stub } = await start((seen, response) => {
      if (seen.method === 'GET') return answering('{}')(seen, response);
      const poison = Object.values(POISON).find(({ id }) => idsIn(seen)[0] === id);
      const isOneRequest = new Set(idsIn(seen)).size === 1;
      if (seen.url === TOGETHER && !isOneRequest) habit(seen, response);
      else if (poison !== undefined && seen.url !== TOGETHER) poison.alone(seen, response);
      else answerRightly(seen, response);
    });
    const turn = fc.tuple(fc.constantFrom(...Object.keys(HABITS)), fc.array(asked, { maxLength: 9 }));
    await fc.assert(
      fc.asyncProperty(turn, async ([name, askings]) => {
        habit = HABITS[name] ?? answerRightly;
        const outcomes = await Promise.all(askings.map(({ questions }) => outcomeOf(engine.ask(questions))));
        stub.seen.length = 0;
        expect(outcomes).toEqual(askings.map(({ expected }) => expected));
      }),
      { numRuns: 8000 },
    );
  });
});
