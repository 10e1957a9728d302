import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readRules, revisionOf } from '../../../src/authorization/bundle/sources.js';
import { allow, filter } from '../../../src/authorization/engines/answers.js';
import type { PolicyAuth, PolicyEngine, PolicyQuestion } from '../../../src/authorization/engines/engine.js';
import { createEmbeddedEngine } from '../../../src/authorization/engines/opa-wasm.js';
import { StartError } from '../../../src/kernel/start-error.js';

const RULES = fileURLToPath(new URL('../../../rules', import.meta.url));
const POLICY = join(RULES, 'compiled', 'policy.wasm');

const ME = { id: 7, privilege: 'user' } as const;
const LIST: PolicyQuestion = {
  package: 'users',
  rule: 'allow',
  input: { scope: 'list', auth: { user: ME, organization: null }, resource: null },
};
const MAINTAINED: PolicyAuth = {
  user: ME,
  organization: { id: 30, owner: { id: 8 }, user: { role: 'maintainer' } },
};

/** An invitation whose role is what a client wrote. */
const invite = (role: unknown): PolicyQuestion => ({
  package: 'invitations',
  rule: 'allow',
  input: {
    scope: 'create',
    auth: MAINTAINED,
    resource: { owner: { id: 7 }, invitee: { id: null }, role, organization: { id: 30 } },
  },
});

const nested = (depth: number) => {
  let value: unknown = 'owner';
  for (let level = 0; level < depth; level++) value = [value];
  return value;
};

describe('the embedded engine', () => {
  let engine: PolicyEngine;
  beforeEach(async () => {
    engine = await createEmbeddedEngine(POLICY);
  });

  it('decides by the rules in the repository', async () => {
    const revision = revisionOf(await readRules([RULES]));
    expect(await engine.ready()).toEqual({ ready: true, revision });
  });

  it('answers several questions in order, and null for an undefined one', async () => {
    const stranger: PolicyAuth = {
      user: ME,
      organization: { id: 30, owner: { id: 8 }, user: { role: null } },
    };
    const foreign = { ...LIST, input: { ...LIST.input, auth: stranger } };
    const answers = await engine.ask([
      LIST,
      { ...LIST, rule: 'filter' },
      { ...foreign, rule: 'filter' },
      { ...LIST, rule: 'plugin_allow' },
      { ...LIST, package: 'server', rule: 'plugin_allow' },
      { ...LIST, package: 'server', rule: 'filter' },
      foreign,
    ]);
    expect(answers).toEqual([true, { id: 7 }, null, [true], [], null, false]);
    await expect(filter(engine, foreign)).rejects.toMatchObject({ status: 503, code: 'opa_undefined' });
    expect(await engine.ask([])).toEqual([]);
  });

  it.each([
    ['half a surrogate pair', '\ud800'],
    ['the other half, after a backslash', 'a\\\udfff'],
    ['what looks like half a pair', '\\ud800'],
    ['NUL', 'own\u0000er'],
    ['emoji', '👩‍🚀'],
    ['a long text', 'x'.repeat(1_000_000)],
    ['a long run of backslashes', `${'\\'.repeat(200_000)}\ud800`],
    ['a huge number', 1e300],
    ['a list', ['owner']],
  ])('leaves to validation a role that is none: %s', async (_name, role) => {
    expect(await allow(engine, invite(role))).toBe(true);
    expect(await allow(engine, invite('owner'))).toBe(false);
  });

  it('permits nothing when a value is nested too deeply', async () => {
    const question = allow(engine, invite(nested(100_000)));
    await expect(question).rejects.toMatchObject({ status: 503, code: 'opa_bad_answer' });
  });

  it('gives the same answers to questions that come at once', async () => {
    const roles = ['worker', 'owner', 'supervisor', 'maintainer'];
    const answers = await Promise.all(
      Array.from({ length: 400 }, (_, index) => allow(engine, invite(roles[index % 4]))),
    );
    expect(answers).toEqual(Array.from({ length: 400 }, (_, index) => index % 2 === 0));
  });
});

describe('a compiled policy', () => {
  let directory: string;
  let copy: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'policy-'));
    copy = join(directory, 'policy.wasm');
    await copyFile(POLICY, copy);
    await copyFile(POLICY.replace('.wasm', '.json'), copy.replace('.wasm', '.json'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  const refused = () => expect(createEmbeddedEngine(copy)).rejects.toThrow(StartError);

  it('is loaded from where it is said to be', async () => {
    expect(await allow(await createEmbeddedEngine(copy), LIST)).toBe(true);
  });

  it('is refused when it is missing', async () => {
    await rm(copy);
    await refused();
  });

  it('is refused when it does not say what it was made from', async () => {
    await writeFile(copy.replace('.wasm', '.json'), '{}');
    await refused();
  });

  it('is refused when a bit of it has changed', async () => {
    const bytes = await readFile(copy);
    bytes.writeUInt8(bytes.readUInt8(90_000) ^ 1, 90_000);
    await writeFile(copy, bytes);
    await refused();
  });
});
