import { readFile } from 'node:fs/promises';
import { type LoadedPolicy, loadPolicy } from '@open-policy-agent/opa-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import { readMatrices } from './matrix.js';
import { POLICY_WASM } from './opa.js';

type Path = readonly string[];

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const pathsOf = (value: unknown, at: Path = []): readonly Path[] =>
  isRecord(value)
    ? Object.keys(value).flatMap((key) => [[...at, key], ...pathsOf(value[key], [...at, key])])
    : [];

function without(document: unknown, [key = '', ...rest]: Path): unknown {
  if (!isRecord(document)) return document;
  const { [key]: value, ...others } = document;
  return rest.length === 0 ? others : { ...others, [key]: without(value, rest) };
}

describe('a document with something missing', () => {
  let policy: LoadedPolicy;
  beforeAll(async () => {
    policy = await loadPolicy(await readFile(POLICY_WASM));
  });

  /** The rules themselves, without the engine, which would complete the document. */
  const allows = (name: string, input: unknown): unknown =>
    policy.evaluate(input, `${name}/allow`)[0]?.result;

  const cases = readMatrices().filter(({ question }) => question.rule === 'allow');
  const refused = cases.filter(({ expected }) => expected === false);

  it('is never permitted what the whole one is refused', () => {
    const damaged = refused.flatMap(({ question }) =>
      pathsOf(question.input).map((path) => ({
        name: question.package,
        input: without(question.input, path),
      })),
    );
    expect(damaged.length).toBeGreaterThan(100_000);
    expect(damaged.filter(({ name, input }) => allows(name, input) !== false)).toEqual([]);
  });

  it('is permitted nothing if it does not say which account asks', () => {
    const anonymous = cases.map(({ question }) => ({
      name: question.package,
      input: without(question.input, ['auth', 'user']),
    }));
    expect(anonymous.filter(({ name, input }) => allows(name, input) !== false)).toEqual([]);
  });

  it('is refused by every package when it is empty, null or of another kind', () => {
    const names = new Set(cases.map(({ question }) => question.package));
    const inputs = [{}, null, [], 'admin', true, 0, { auth: null }, { auth: { user: 'admin' } }];
    const answers = [...names].flatMap((name) => inputs.map((input) => allows(name, input)));
    expect(new Set(answers)).toEqual(new Set([false]));
  });
});
