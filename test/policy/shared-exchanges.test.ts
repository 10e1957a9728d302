import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBundle } from '../../src/authorization/bundle/bundle.js';
import type { PolicyEngine, PolicyInput, PolicyQuestion } from '../../src/authorization/engines/engine.js';
import { createOpaHttpEngine } from '../../src/authorization/engines/opa-http.js';
import { type OpaServer, RULES, startOpa, withoutOpa } from './opa.js';

/** A plugin that misbehaves in every way that Rego knows, as the scope says. */
const PLUGIN = `package access_token_plugin.organizations

allow if input.scope in {"list", "conflict"}

allow := "maybe" if input.scope == "conflict"

allow := to_number(input.resource) == 1 if input.scope == "builtin"

allow := {"allow": true, "reasons": [concat("", [x | some _ in numbers.range(1, 9000); x := "too long"])]} if {
	input.scope == "too long"
}
`;

interface Asked {
  readonly questions: readonly PolicyQuestion[];
  /** The answers, or the code of the refusal. */
  readonly expected: unknown;
}

const inputOf = (id: number, scope = 'list', resource: unknown = null): PolicyInput => ({
  scope,
  auth: { user: { id, privilege: 'user' }, organization: null, token: { id: 500, read_only: false } },
  resource,
});
/** Each caller's filter names them. */
const filterOf = (id: number, resource: unknown = null): PolicyQuestion => ({
  package: 'users',
  rule: 'filter',
  input: inputOf(id, 'list', resource),
});
const allowOf = (id: number): PolicyQuestion => ({ ...filterOf(id), rule: 'allow' });
const pluginOf = (scope: string, resource: unknown = null): PolicyQuestion => ({
  package: 'organizations',
  rule: 'plugin_allow',
  input: inputOf(7, scope, resource),
});
/** A question that no route asks: of a package or a rule that is not there. */
const strange = (name: string, rule: string): PolicyQuestion =>
  Object.assign(filterOf(7), { package: name, rule });

function nested(depth: number): unknown {
  let value: unknown = 'worker';
  for (let level = 0; level < depth; level += 1) value = [value];
  return value;
}

const stranger: PolicyQuestion = {
  ...filterOf(7),
  input: {
    ...inputOf(7),
    auth: {
      user: { id: 7, privilege: 'user' },
      organization: { id: 3, owner: { id: 8 }, user: { role: null } },
    },
  },
};

const POISON: readonly Asked[] = [
  { questions: [filterOf(7, nested(50_000))], expected: 'opa_bad_answer' },
  { questions: [strange('server', 'filter')], expected: 'opa_undefined' },
  { questions: [strange('nothing', 'allow')], expected: 'opa_undefined' },
  { questions: [strange('users', 'nothing')], expected: 'opa_undefined' },
  { questions: [stranger], expected: 'opa_undefined' },
  { questions: [{ ...stranger, rule: 'allow' }, stranger], expected: [false, null] },
  { questions: [pluginOf('conflict')], expected: 'opa_unreachable' },
  { questions: [pluginOf('too long')], expected: 'opa_bad_answer' },
  { questions: [pluginOf('builtin', { no: 'number' })], expected: [[null]] },
  { questions: [filterOf(7), pluginOf('nothing')], expected: [{ id: 7 }, [null]] },
];

const ids = fc.integer({ min: 1, max: 1_000_000 });
const harmless: fc.Arbitrary<Asked> = ids.map((id) => ({ questions: [filterOf(id)], expected: [{ id }] }));
const asked: fc.Arbitrary<Asked> = fc.oneof(
  { weight: 6, arbitrary: harmless },
  {
    weight: 3,
    arbitrary: ids.map((id) => ({
      questions: [filterOf(id), pluginOf('list'), allowOf(id)],
      expected: [{ id }, [true], true],
    })),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(ids, fc.constantFrom('x'.repeat(60_000), nested(2000), '\ud800', { input: { questions: [] } }))
      .map(([id, resource]) => ({ questions: [filterOf(id, resource)], expected: [{ id }] })),
  },
  { weight: 3, arbitrary: fc.constantFrom(...POISON) },
);

describe.skipIf(withoutOpa)('a request that shares an exchange with OPA', () => {
  let folder: string;
  let server: OpaServer;
  let engine: PolicyEngine;
  const exchanges: number[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'shared-'));
    const custom = join(folder, 'custom');
    await mkdir(custom);
    await writeFile(join(custom, 'access_token_plugin.organizations.rego'), PLUGIN);
    const bundle = join(folder, 'bundle.tar.gz');
    await writeFile(bundle, (await createBundle([RULES], [custom])).bytes);
    server = await startOpa('--bundle', bundle);
    engine = createOpaHttpEngine({
      url: server.url,
      timeoutMs: 20_000,
      isOurs: () => true,
      observe: { sent: (questions) => exchanges.push(questions), repeated: () => undefined },
    });
  });
  afterAll(async () => {
    await engine.close();
    await server.close();
    await rm(folder, { recursive: true });
  });

  const outcomeOf = ({ questions }: Asked): Promise<unknown> =>
    engine.ask(questions).catch((error: unknown) => (error as { code?: unknown }).code);

  it('gets what it gets alone: each of the poisoned ones', async () => {
    const outcomes: unknown[] = [];
    for (const each of POISON) outcomes.push(await outcomeOf(each));
    expect(outcomes).toEqual(POISON.map(({ expected }) => expected));
  });

  it('gets its own answer among 32, in one exchange', async () => {
    exchanges.length = 0;
    const askings = Array.from({ length: 32 }, (_, id) => ({
      questions: [filterOf(id)],
      expected: [{ id }],
    }));
    expect(await Promise.all(askings.map(outcomeOf))).toEqual(askings.map(({ expected }) => expected));
    expect(exchanges).toEqual([32]);
  });

  it('gets what it gets alone, whatever the others ask', { timeout: 300_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(asked, { maxLength: 8 }), async (askings) => {
        expect(await Promise.all(askings.map(outcomeOf))).toEqual(askings.map(({ expected }) => expected));
      }),
      { numRuns: 2000 },
    );
  });
});
