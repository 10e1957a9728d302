import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadPolicy } from '@open-policy-agent/opa-wasm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBundle } from '../../src/authorization/bundle/bundle.js';
import type { PolicyEngine } from '../../src/authorization/engines/engine.js';
import { createOpaHttpEngine } from '../../src/authorization/engines/opa-http.js';
import { createEmbeddedEngine } from '../../src/authorization/engines/opa-wasm.js';
import { type Case, readMatrices } from './matrix.js';
import { type OpaServer, opa, POLICY_WASM, RULES, startOpa, withoutOpa } from './opa.js';
import { SPACES } from './spaces.js';

const CASES = readMatrices();
const TABLES = [...new Set(CASES.map(({ table }) => table))];
const casesOf = (table: string) => CASES.filter((each) => each.table === table);

/** Only the cases that differ, with what tells them apart: thousands of equal ones say nothing. */
const differences = (cases: readonly Case[], answers: readonly unknown[]) =>
  cases
    .map(({ point, expected }, index) => ({ point, expected, answer: answers[index] }))
    .filter(({ expected, answer }) => JSON.stringify(sorted(expected)) !== JSON.stringify(sorted(answer)));

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted()
      .map(([key, each]) => [key, sorted(each)]),
  );
};

/** Asks in groups, as a request asks: OPA answers them in one query each. */
async function askTogether(
  engine: PolicyEngine,
  cases: readonly Case[],
  size = 100,
): Promise<readonly unknown[]> {
  const groups = Array.from({ length: Math.ceil(cases.length / size) }, (_, index) =>
    cases.slice(index * size, (index + 1) * size).map(({ question }) => question),
  );
  const answers: unknown[] = [];
  for (const group of groups) answers.push(...(await engine.ask(group)));
  return answers;
}

/** Asks one by one, as CVAT does. What is undefined alone is an error, and null among others. */
async function askAlone(engine: PolicyEngine, cases: readonly Case[]): Promise<readonly unknown[]> {
  const answers: unknown[] = [];
  const queue = cases.entries();
  const worker = async () => {
    for (const [index, { question }] of queue) {
      answers[index] = await engine.ask([question]).then(
        ([answer]) => answer,
        (error: unknown) =>
          error instanceof Error && error.message.includes('opa_undefined') ? null : Promise.reject(error),
      );
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  return answers;
}

describe('the decision tables', () => {
  it('cover every package', () => {
    expect(new Set(CASES.map(({ question }) => question.package))).toEqual(
      new Set(SPACES.map((space) => space.package)),
    );
    expect(CASES.length).toBeGreaterThan(20_000);
  });

  it.each(TABLES.filter((table) => !table.endsWith('.filter')))('%s both allows and refuses', (table) => {
    expect(new Set(casesOf(table).flatMap(({ expected }) => expected))).toEqual(new Set([true, false]));
  });
});

describe('the embedded engine', () => {
  let engine: PolicyEngine;
  beforeAll(async () => {
    engine = await createEmbeddedEngine(POLICY_WASM);
  });

  it.each(TABLES)('decides as %s says', async (table) => {
    const cases = casesOf(table);
    expect(differences(cases, await askTogether(engine, cases))).toEqual([]);
  });

  it.each(TABLES)('gives a single answer as %s says', async (table) => {
    const cases = casesOf(table);
    expect(differences(cases, await askAlone(engine, cases))).toEqual([]);
  });
});

describe('the compiled rule that answers many questions', () => {
  it('decides as the tables say', async () => {
    const policy = await loadPolicy(await readFile(POLICY_WASM));
    const questions = CASES.map(({ question }) => question);
    const [answers] = policy.evaluate({ questions }, 'decisions/answers');
    expect(differences(CASES, answers?.result)).toEqual([]);
  });
});

describe.skipIf(withoutOpa)('opa eval', () => {
  it('decides as the tables say', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'matrix-'));
    try {
      const input = join(directory, 'input.json');
      await writeFile(input, JSON.stringify({ questions: CASES.map(({ question }) => question) }));
      const bundle = join(directory, 'bundle.tar.gz');
      await writeFile(bundle, (await createBundle([RULES])).bytes);
      const query = ['eval', '--format=raw', `--bundle=${bundle}`, `--input=${input}`];
      const answers: unknown = JSON.parse(await opa(...query, 'data.decisions.answers'));
      expect(Array.isArray(answers) && differences(CASES, answers)).toEqual([]);
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});

describe.skipIf(withoutOpa)('an OPA server', () => {
  let directory: string;
  let server: OpaServer;
  let engine: PolicyEngine;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'matrix-'));
    const { bytes, revision } = await createBundle([RULES]);
    await writeFile(join(directory, 'bundle.tar.gz'), bytes);
    server = await startOpa('--bundle', join(directory, 'bundle.tar.gz'));
    const isOurs = (loaded: unknown) => loaded === revision;
    engine = createOpaHttpEngine({ url: server.url, timeoutMs: 20_000, isOurs });
  });
  afterAll(async () => {
    await engine.close();
    await server.close();
    await rm(directory, { recursive: true });
  });

  it.each(TABLES)('answers many questions at once as %s says', async (table) => {
    const cases = casesOf(table);
    expect(differences(cases, await askTogether(engine, cases))).toEqual([]);
  });

  it.each(TABLES)('answers a question alone, at the address that CVAT uses, as %s says', async (table) => {
    const cases = casesOf(table);
    expect(differences(cases, await askAlone(engine, cases))).toEqual([]);
  });
});
