import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { extract, type Headers } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createBundle } from '../../../src/authorization/bundle/bundle.js';
import { StartError } from '../../../src/kernel/start-error.js';

const RULES = fileURLToPath(new URL('../../../rules', import.meta.url));
const GENERATED = ['bundle_plugins.rego', 'bundle_revision.rego'];

async function unpack(bytes: Buffer) {
  const members: { readonly header: Headers; readonly content: string }[] = [];
  const archive = extract();
  Readable.from([gunzipSync(bytes)]).pipe(archive);
  for await (const entry of archive) members.push({ header: entry.header, content: await text(entry) });
  return members;
}

describe("this server's bundle", () => {
  it('holds each rule once, flat under rules/, and nothing else but its revision and its plugins', async () => {
    const { bytes } = await createBundle([RULES]);
    const members = await unpack(bytes);
    const rules = (await readdir(RULES)).filter(
      (name) => name.endsWith('.rego') && !name.endsWith('_test.rego'),
    );
    expect(members.map(({ header }) => header.name)).toEqual(
      [...rules, ...GENERATED].toSorted().map((name) => `rules/${name}`),
    );
    const shipped = members.filter(({ header }) => !GENERATED.includes(header.name.replace('rules/', '')));
    for (const { header, content } of shipped) {
      expect(content).toBe(await readFile(join(RULES, '..', header.name), 'utf8'));
    }
  });

  it('holds the packages that CVAT asks', async () => {
    const members = await unpack((await createBundle([RULES])).bytes);
    const packages = members.map(({ content }) => /^package (\S+)$/m.exec(content)?.[1]);
    expect(packages).toEqual(
      expect.arrayContaining([
        'utils',
        'organizations',
        'memberships',
        'invitations',
        'users',
        'server',
        'access_tokens',
        'growth',
        'access_token_plugin.users',
        'access_token_plugin.access_tokens',
      ]),
    );
  });
});

describe('a bundle', () => {
  let one: string;
  let other: string;
  beforeEach(async () => {
    const directory = await mkdtemp(join(tmpdir(), 'bundle-'));
    [one, other] = [join(directory, 'one'), join(directory, 'other')];
    await mkdir(one);
    await mkdir(other);
    await writeFile(join(one, 'b.rego'), 'package b\n');
    await writeFile(join(one, 'a.rego'), 'package a\n');
    await writeFile(join(other, 'c.rego'), 'package c\n');
  });
  afterEach(() => rm(join(one, '..'), { recursive: true }));

  it('has the same bytes whenever and by whomever the files were written', async () => {
    const before = await createBundle([one]);
    await utimes(join(one, 'a.rego'), 1, 1);
    await writeFile(join(other, 'a.rego'), 'package a\n');
    await writeFile(join(other, 'b.rego'), 'package b\n');
    await rm(join(other, 'c.rego'));
    expect(await createBundle([one])).toEqual(before);
    expect(await createBundle([other])).toEqual(before);
    const headers = (await unpack(before.bytes)).map(({ header }) => header);
    expect(
      new Set(headers.map(({ uid, gid, mode, mtime }) => `${uid} ${gid} ${mode} ${mtime?.getTime()}`)),
    ).toEqual(new Set([`0 0 ${0o644} 0`]));
  });

  it("has the ETag of its bytes in CVAT's form", async () => {
    const { bytes, etag } = await createBundle([one]);
    expect(etag).toBe(`"${createHash('blake2b512').update(bytes).digest('hex')}"`);
    expect(etag).toMatch(/^"[0-9a-f]{128}"$/);
  });

  it('changes its ETag and its revision with any rule, and says the revision in a rule', async () => {
    const before = await createBundle([one]);
    await writeFile(join(one, 'b.rego'), 'package b\n\nx := 1\n');
    const after = await createBundle([one]);
    expect(after.etag).not.toBe(before.etag);
    expect(after.revision).not.toBe(before.revision);
    const members = await unpack(after.bytes);
    expect(members.find(({ header }) => header.name === 'rules/bundle_revision.rego')?.content).toContain(
      `\nrevision := "${after.revision}"\n`,
    );
  });

  it('leaves out tests, generated tests and everything that is no rule', async () => {
    const before = await createBundle([one]);
    for (const name of [
      'a_test.rego',
      'a_test.gen.rego',
      'secret.env',
      '.manifest',
      'data.json',
      'a.rego.bak',
    ]) {
      await writeFile(join(one, name), 'package x\n');
    }
    expect(await createBundle([one])).toEqual(before);
  });

  it('takes rules from several directories', async () => {
    const names = (await unpack((await createBundle([one, other])).bytes)).map(({ header }) => header.name);
    expect(names).toEqual(['a.rego', 'b.rego', ...GENERATED, 'c.rego'].map((name) => `rules/${name}`));
  });

  it('is not made of two rules of one name, of no rules, or of a missing directory', async () => {
    await writeFile(join(other, 'a.rego'), 'package other\n');
    await expect(createBundle([one, other])).rejects.toThrow(StartError);
    await rm(join(other, 'a.rego'));
    await rm(join(other, 'c.rego'));
    await expect(createBundle([other])).rejects.toThrow(StartError);
    await expect(createBundle([join(one, 'nothing')])).rejects.toThrow(StartError);
  });

  it.each(GENERATED)('does not let a rule take the name of its %s', async (name) => {
    await writeFile(join(one, name), 'package mine\n');
    await expect(createBundle([one])).rejects.toThrow(StartError);
    await rename(join(one, name), join(other, name));
    await expect(createBundle([one], [other])).rejects.toThrow(StartError);
  });
});
