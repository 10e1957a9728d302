import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBundle } from '../../src/authorization/bundle/bundle.js';
import { packagedFile } from '../../src/authorization/bundle/plugins.js';
import { type RuleFile, readRules } from '../../src/authorization/bundle/sources.js';
import { createOpaRules, type OpaRules } from '../../src/authorization/engines/opa-rules.js';
import { type OpaServer, RULES, startOpa, withoutOpa } from './opa.js';

const STRINGS: RuleFile = {
  name: 'strings.rego',
  text: `package strings # "

a := "\\"(" # {

b := \`\\\`

c := $"{f("(")} \\{ b {[1 |
	true]} }"

d := $\`a {"}"}
}\`

f(x) := $"{$\`{x}\`}"
`,
};

describe.skipIf(withoutOpa)('what OPA says of a file', () => {
  let folder: string;
  let server: OpaServer;
  let opa: OpaRules;
  let revision: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parsing-'));
    const bundle = await createBundle([RULES]);
    revision = bundle.revision;
    await writeFile(join(folder, 'bundle.tar.gz'), bundle.bytes);
    server = await startOpa('--bundle', join(folder, 'bundle.tar.gz'));
    opa = createOpaRules({ url: server.url, timeoutMs: 20_000 });
  });
  afterAll(async () => {
    await opa.close();
    await server.close();
    await rm(folder, { recursive: true });
  });

  it('is nothing of one that it can parse, and the place of the error of another', async () => {
    for (const file of [...(await readRules([RULES])), STRINGS]) expect(await opa.problemOf(file)).toBeNull();
    const broken = { name: 'a b.rego', text: 'package a\n\nallow if if {\n' };
    expect(await opa.problemOf(broken)).toMatch(/^a b\.rego:\d+: rego_parse_error: [^\n]+$/);
    const old = { name: 'old.rego', text: 'package old\n\nallow { input.x }\n' };
    expect(await opa.problemOf(old)).toMatch(/^old\.rego:3: .*`if` keyword/);
  });

  it('changes none of its rules', async () => {
    const file = { name: 'more.rego', text: 'package users\n\nallow := true\n' };
    expect(await opa.problemOf(file)).toBeNull();
    expect(await opa.loadedRevision()).toBe(revision);
    const policies = (await (await fetch(`${server.url}/v1/policies`)).json()) as {
      result: { id: string }[];
    };
    expect(policies.result.filter(({ id }) => id.includes('more'))).toEqual([]);
  });

  it('is missing when it has no bundle of ours', async () => {
    const bare = await startOpa();
    const other = createOpaRules({ url: bare.url, timeoutMs: 20_000 });
    expect(await other.loadedRevision()).toBeNull();
    await expect(other.problemOf(STRINGS)).rejects.toMatchObject({ code: 'opa_bad_answer' });
    await other.close();
    await bare.close();
  });

  /** Every file, cut off at many places, and with a piece cut out. */
  const damaged = ({ name, text }: RuleFile): readonly RuleFile[] =>
    Array.from({ length: Math.ceil(text.length / 17) }, (_, index) => index * 17).flatMap((at) => [
      { name, text: text.slice(0, at) },
      { name, text: text.slice(0, at) + text.slice(at + 1) },
      { name, text: text.slice(0, at) + text.slice(at + 5) },
    ]);

  const isRefusedHere = (file: RuleFile): boolean => {
    try {
      packagedFile(file);
      return false;
    } catch {
      return true;
    }
  };

  it('is something wherever the start refuses a file, so that nothing is refused that OPA takes', async () => {
    const files = [...(await readRules([RULES])), STRINGS].flatMap(damaged).filter(isRefusedHere);
    expect(files.length).toBeGreaterThan(500);
    const problems = await Promise.all(files.map(opa.problemOf));
    expect(files.filter((_, index) => problems[index] === null)).toEqual([]);
  });
});
