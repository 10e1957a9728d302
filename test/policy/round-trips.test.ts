import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {
  PolicyEngine,
  PolicyInput,
  PolicyPackage,
  PolicyQuestion,
} from '../../src/authorization/engines/engine.js';
import { createEmbeddedEngine } from '../../src/authorization/engines/opa-wasm.js';
import { ask, askerOf, giveToken, SAFE, type Target, targetsOf } from '../api/access-tokens/replay.js';
import { buildWorld, SECRET_KEY } from '../api/docs/world.js';
import { createTestApp, type TestApp } from '../support/app.js';
import { startOpa as startShippedOpa } from '../support/services.js';
import { POLICY_WASM, withoutOpa } from './opa.js';

/** What passed between this server and OPA: the path, the document, and OPA's answer. */
interface Exchange {
  readonly path: string;
  readonly document: { readonly input: unknown };
  readonly result: unknown;
}

/** Stands between them and counts. */
async function startCounter(target: string, seen: Exchange[]): Promise<Server> {
  const server = createServer(async (req, res) => {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const init = body === '' ? {} : { method: 'POST', body };
    const answer = await fetch(target + (req.url ?? ''), init);
    const text = await answer.text();
    if (body !== '') {
      const { result } = JSON.parse(text) as { result?: unknown };
      seen.push({ path: req.url ?? '', document: JSON.parse(body) as Exchange['document'], result });
    }
    res.writeHead(answer.status, { 'Content-Type': 'application/json' }).end(text);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

const ONCE = '/v1/data/decisions/answers';

describe.skipIf(withoutOpa)('a request with a personal access token', () => {
  let opa: Awaited<ReturnType<typeof startShippedOpa>>;
  let counter: Server;
  let app: TestApp;
  let embedded: PolicyEngine;
  const seen: Exchange[] = [];

  beforeAll(async () => {
    opa = await startShippedOpa();
    counter = await startCounter(opa.url, seen);
    const OPA_URL = `http://127.0.0.1:${(counter.address() as AddressInfo).port}`;
    app = await createTestApp({
      engines: 'embedded',
      env: { SECRET_KEY, EMAIL_BACKEND: 'console', OPA_URL },
    });
    embedded = await createEmbeddedEngine(POLICY_WASM);
  });
  afterAll(async () => {
    await app.close();
    counter.closeAllConnections();
    counter.close();
    await opa.stop();
  });

  /** One who may. Of diego, who has a second factor, some routes ask a proof first that no token can give. */
  const asker = (target: Target): string =>
    target.route?.needsProof !== undefined && askerOf(target) === 'diego' ? 'maria' : askerOf(target);

  /** What a route asks for the token of one who may. */
  async function exchangesOf(target: Target, readOnly: boolean): Promise<readonly Exchange[]> {
    const { headers } = await giveToken(app, asker(target), readOnly ? 'read-only' : 'read/write');
    seen.length = 0;
    await ask(app, target, headers);
    return [...seen];
  }
  const isReading = ({ method }: Target): boolean => SAFE.has(method);
  /** Those that change something come last: a world each. */
  const decided = () =>
    targetsOf(app)
      .filter(({ route, method }) => route?.access.kind === 'policy' && method !== 'OPTIONS')
      .toSorted((one, other) => Number(isReading(other)) - Number(isReading(one)));
  const questionsOf = (exchange: Exchange | undefined): readonly PolicyQuestion[] =>
    (exchange?.document.input as { questions?: readonly PolicyQuestion[] } | undefined)?.questions ?? [];
  /** Which objects there are for the caller, asked alone and so at the address of CVAT. */
  const filterOf = ({ path, document }: Exchange): PolicyQuestion | undefined => {
    const name = /^\/v1\/data\/(organizations|invitations)\/filter$/.exec(path)?.[1] as
      | PolicyPackage
      | undefined;
    return name && { package: name, rule: 'filter', input: document.input as PolicyInput };
  };
  /** Objects that are looked for among the rows of a list: which rows, is asked before. */
  const looksUpByList = ({ route }: Target): boolean =>
    route?.access.kind === 'policy' && route.access.filter !== undefined && route.load !== undefined;

  it('asks OPA once for base, plugins and list filter together, on every route', {
    timeout: 120_000,
  }, async () => {
    const trips: Record<string, number> = {};
    const expected: Record<string, number> = {};
    for (const target of decided()) {
      if (!isReading(target) || Object.keys(trips).length === 0) await buildWorld(app);
      const exchanges = await exchangesOf(target, false);
      const last = exchanges.at(-1);
      expect(last?.path, target.name).toBe(ONCE);
      const before = exchanges.slice(0, -1);
      expect(
        before.filter((each) => filterOf(each) === undefined),
        target.name,
      ).toEqual([]);
      const questions = questionsOf(last);
      const bases = questions.filter(({ rule }) => rule === 'allow').length;
      expect(
        questions.filter(({ rule }) => rule === 'plugin_allow'),
        target.name,
      ).toHaveLength(bases);
      trips[target.name] = exchanges.length;
      expected[target.name] = looksUpByList(target) ? 2 : 1;
    }
    expect(trips).toEqual(expected);
    expect(Object.values(trips).filter((count) => count === 1).length).toBeGreaterThan(20);
  });

  it('gets the answers that one question at a time would get, at the addresses of CVAT and embedded', {
    timeout: 120_000,
  }, async () => {
    const post = async (path: string, input: unknown) => {
      const answer = await fetch(`${opa.url}/v1/data/${path}`, {
        method: 'POST',
        body: JSON.stringify({ input }),
      });
      return ((await answer.json()) as { result?: unknown }).result ?? null;
    };
    await buildWorld(app);
    let compared = 0;
    for (const target of decided()) {
      for (const exchange of await exchangesOf(target, !isReading(target))) {
        const filter = filterOf(exchange);
        if (filter !== undefined) {
          expect(await embedded.ask([filter]), target.name).toEqual([exchange.result]);
          continue;
        }
        expect(exchange.path).toBe(ONCE);
        const questions = questionsOf(exchange);
        const alone: unknown[] = [];
        for (const { package: name, rule, input } of questions) {
          if (rule !== 'plugin_allow') alone.push(await post(`${name}/${rule}`, input));
          else if (name === 'users' || name === 'access_tokens')
            alone.push([await post(`access_token_plugin/${name}/allow`, input)]);
          else alone.push([]);
        }
        expect(exchange.result, target.name).toEqual(alone);
        expect(await embedded.ask(questions), target.name).toEqual(alone);
        compared += questions.length;
      }
    }
    expect(compared).toBeGreaterThan(100);
  });
});
