import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBundle } from '../../src/authorization/bundle/bundle.js';
import { readPlugins } from '../../src/authorization/engines/answers.js';
import { questionDocument } from '../../src/authorization/engines/document.js';
import type { PolicyEngine, PolicyInput, PolicyPackage } from '../../src/authorization/engines/engine.js';
import { createOpaHttpEngine } from '../../src/authorization/engines/opa-http.js';
import { blocksOf, commandsOf } from '../support/document-blocks.js';
import { findOpa } from '../support/programs.js';
import { type OpaServer, RULES, startOpa, withoutOpa } from './opa.js';

/** Every example of docs/custom-rules.md, as an operator would use it. */

const DOCUMENT = 'custom-rules.md';
const BLOCKS = blocksOf(DOCUMENT);
const EXAMPLES = new Map(
  BLOCKS.filter(({ language }) => language === 'rego').map(({ before, text }) => [
    /`([\w.]+\.rego)`:$/.exec(before)?.[1] ?? before,
    text,
  ]),
);
const JSON_BLOCKS = BLOCKS.filter(({ language }) => language === 'json').map(
  ({ text }) => JSON.parse(text) as Record<string, unknown>,
);

/** What each plugin answers: scope, token, resource, and whether the package then lets the token. */
type Case = readonly [scope: string, token: number, resource: object | null, allowed: boolean];
const membership = (new_role: string) => ({
  role: 'worker',
  is_active: true,
  user: { id: 9 },
  organization: { id: 3 },
  new_role,
});
const ANSWERS: Readonly<Record<string, { readonly base: PolicyPackage; readonly cases: readonly Case[] }>> = {
  'access_token_plugin.organizations.rego': {
    base: 'organizations',
    cases: [
      ['list', 1, null, true],
      ['create', 1, null, true],
      ['delete', 1, null, false],
      ['transfer', 1, null, false],
    ],
  },
  'acme.access_token_plugin.invitations.rego': {
    base: 'invitations',
    cases: [
      ['list', 1, null, true],
      ['create', 1, null, false],
      ['create', 12, null, true],
      ['create', 34, null, true],
    ],
  },
  'acme.access_token_plugin.memberships.rego': {
    base: 'memberships',
    cases: [
      ['view', 1, membership('owner'), true],
      ['change:role', 1, membership('worker'), true],
      ['change:role', 1, membership('supervisor'), false],
    ],
  },
};

describe.skipIf(withoutOpa)('the examples of docs/custom-rules.md', () => {
  let folder: string;
  let server: OpaServer;
  let engine: PolicyEngine;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'documented-'));
    for (const [name, text] of EXAMPLES) await writeFile(path.join(folder, name), text);
    const { bytes, custom } = await createBundle([RULES], [folder]);
    expect(custom).toHaveLength(EXAMPLES.size - 1);
    const bundle = path.join(folder, 'bundle.tar.gz');
    await writeFile(bundle, bytes);
    server = await startOpa('--bundle', bundle);
    engine = createOpaHttpEngine({ url: server.url, timeoutMs: 20_000, isOurs: () => true });
  });
  afterAll(async () => {
    await engine.close();
    await server.close();
    await rm(folder, { recursive: true });
  });

  const ask = async (base: PolicyPackage, input: PolicyInput) => {
    const [answer] = await engine.ask([{ package: base, rule: 'plugin_allow', input }]);
    return readPlugins(answer);
  };

  it('are all here: each is a plugin with answers, what plugins share, or the test of one', () => {
    expect([...EXAMPLES.keys()].toSorted()).toEqual(
      [
        ...Object.keys(ANSWERS),
        'acme.automation.rego',
        'access_token_plugin.organizations_test.rego',
      ].toSorted(),
    );
  });

  it.each(Object.entries(ANSWERS))('%s answers as the text says', async (_name, { base, cases }) => {
    for (const [scope, id, resource, allowed] of cases) {
      const user = { id: 7, privilege: 'user' as const };
      const auth = { user, organization: null, token: { id, read_only: false } };
      expect([scope, id, await ask(base, { scope, auth, resource })]).toEqual([scope, id, [allowed]]);
    }
  });

  it('have the document that the server sends, key for key, and the plugin refuses it', async () => {
    const [document] = JSON_BLOCKS;
    const input = document as unknown as PolicyInput;
    const sent = questionDocument({ package: 'memberships', rule: 'plugin_allow', input });
    expect(JSON.stringify(sent)).toBe(JSON.stringify(input));
    expect(await ask('memberships', input)).toEqual([false]);
  });

  it('pass the commands of the text, and fail them when the plugin is wrong', async () => {
    const [commands = ''] = commandsOf(DOCUMENT);
    expect(commands).toContain('opa test');
    const PATH = `${path.dirname(findOpa() ?? '')}:${process.env['PATH']}`;
    const run = () =>
      promisify(execFile)('sh', ['-euc', commands], { cwd: folder, env: { ...process.env, PATH } });
    await rm(path.join(folder, 'bundle.tar.gz'));
    expect((await run()).stdout).toContain('PASS: 1/1');
    const plugin = path.join(folder, 'access_token_plugin.organizations.rego');
    const right = await readFile(plugin, 'utf8');
    await writeFile(plugin, right.replace('"delete", ', ''));
    await expect(run()).rejects.toMatchObject({ stdout: expect.stringContaining('FAIL: 1/1') as string });
    await writeFile(plugin, right);
  });

  it('name the scopes that there are', async () => {
    const text = await readFile(path.resolve('docs', DOCUMENT), 'utf8');
    const rows = [...text.matchAll(/^\| `(\w+)` \| (`.*) \|$/gm)];
    const named = rows.map(([, name = '', scopes = '']) => [name, scopes.replaceAll('`', '').split(', ')]);
    const there = await Promise.all(
      ['access_tokens', 'growth', 'invitations', 'memberships', 'organizations', 'server', 'users'].map(
        async (name) => {
          const table = await readFile(path.join(RULES, 'matrix', `${name}.csv`), 'utf8');
          const scopes = table
            .trim()
            .split('\n')
            .slice(1)
            .map((line) => line.split(',')[0]);
          return [name, [...new Set(scopes)].filter((scope) => scope !== '*').toSorted()];
        },
      ),
    );
    expect(named).toEqual(there);
  });

  it('quote what readiness says', async () => {
    const source = await readFile(path.resolve('src/authorization/bundle/live-rules.ts'), 'utf8');
    const text = await readFile(path.resolve('docs', DOCUMENT), 'utf8');
    const quoted = [...text.matchAll(/^\| `((?:OPA|Changed)[^`]*)` \|/gm)].map(([, words = '']) => words);
    expect(quoted).toHaveLength(3);
    for (const words of quoted) expect(source).toContain(words.replace(/180 s; .*/, ''));
    expect(JSON_BLOCKS.at(-1)).toMatchObject({
      status: 'ok',
      rules: expect.stringContaining('last good rules') as string,
    });
  });
});
