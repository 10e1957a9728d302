import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createBundle } from '../../src/authorization/bundle/bundle.js';
import { StartError } from '../../src/kernel/start-error.js';
import { RULES } from './opa.js';

const PLUGIN = 'acme.access_token_plugin.users.rego';

describe('rules of the operator', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'custom-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const put = (name: string, text: string | Uint8Array) => writeFile(join(folder, name), text);
  const bundle = () => createBundle([RULES], [folder]);
  const refusal = () =>
    bundle().then(
      () => 'none',
      (error: unknown) => (error instanceof StartError ? error.message : Promise.reject(error)),
    );

  it('go into the bundle beside the shipped ones and change its revision', async () => {
    const before = await bundle();
    await put('limits.rego', 'package acme.limits\n\nallow if input.scope == "list"\n');
    const after = await bundle();
    expect(before.custom).toEqual([]);
    expect(after.custom.map(({ name }) => name)).toEqual(['limits.rego']);
    expect(after.revision).not.toBe(before.revision);
    expect(after.etag).not.toBe(before.etag);
  });

  it('may have several files of one package, plain or with a prefix of dots', async () => {
    await put('a.rego', '# a comment (\npackage acme.limits # another [\n\nx := "}"\n');
    await put('b.rego', 'package\n  acme.limits\n\ny := `{\n(` # `\n');
    await put('c.rego', '\ufeffpackage acme.limits\r\n\r\nz := [{"a": [1]}]\r\n');
    expect((await bundle()).custom).toHaveLength(3);
  });

  it('are not tests, drafts of an editor or other files', async () => {
    for (const name of ['.a.rego', '.#b.rego', 'c_test.rego', 'd.gen.rego', 'e.rego~', 'data.json'])
      await put(name, '(');
    expect((await bundle()).custom).toEqual([]);
  });

  it.each([
    ['users', 'package users\n\nallow if true\n'],
    ['access_token_plugin.users', 'package access_token_plugin.users\n\nallow if true\n'],
    ['inside a shipped one', 'package users.more\n\nallow if true\n'],
    ['around a shipped one', 'package access_token_plugin\n\nusers.allow if true\n'],
    ['utils', 'package utils\n\nis_admin if true\n'],
    ['decisions', 'package decisions\n\nanswers := []\n'],
    ['bundle_plugins', 'package bundle_plugins\n\norganizations := [true]\n'],
    ['bundle_revision', 'package bundle_revision\n\nrevision := "x"\n'],
  ])('cannot add to what a shipped package allows: %s', async (_package, text) => {
    await put('access_token_plugin.mine.rego', text);
    expect(await refusal()).toMatch(/^access_token_plugin\.mine\.rego /);
  });

  it.each([
    ['nothing', ''],
    ['no package', 'allow if true\n'],
    ['a package line that comes late', 'x := 1\npackage acme\n'],
    ['a package line in a comment', '# package acme\n'],
    ['a package in brackets', 'package acme["users"]\n'],
    ['half a package', 'package acme.\n'],
    ['a package with a part in brackets', 'package acme.a["b"].c\n'],
  ])('need a package line: %s', async (_what, text) => {
    await put('limits.rego', text);
    expect(await refusal()).toMatch(/^limits\.rego/);
  });

  it.each([
    ['package a\n\nallow if {\n\tinput.x\n', 'limits.rego, line 3: the closing } is missing'],
    ['package a\n\nx := [1, {"y": 2]\n', 'limits.rego, line 3: nothing opens before this ]'],
    ['package a\n\nx := 1)\n', 'limits.rego, line 3: nothing opens before this )'],
    ['package a\n\nx := "half\n', 'limits.rego, line 3: this string is not closed'],
    ['package a\n\nx := `half\n\n', 'limits.rego, line 3: this string is not closed'],
    ['package a\n\nx := $"a {input.b}\n', 'limits.rego, line 3: this string is not closed'],
    ['package a\n\nx := $`a {"b"\n', 'limits.rego, line 3: the closing } is missing'],
  ])('that are cut off are refused with the line: %j', async (text, reason) => {
    await put('limits.rego', text);
    expect(await refusal()).toContain(reason);
  });

  it.each([
    'package a\n\nx := "\\"(" # {\n',
    'package a\n\nx := `\\`\n',
    'package a\n\nx := $"{f("(")} \\{ b"\n',
    'package a\n\nx := $`a {[1 |\n\ttrue]} }\nc`\n',
    'package a\n\nx := "{" + $"{$`{1}`}"\n',
    'package a\n\nx := y[constructor]\n',
    'package a\n\nx := f(toString)\n',
  ])('are not refused for what only looks like a bracket: %j', async (text) => {
    await put('limits.rego', text);
    expect((await bundle()).custom).toHaveLength(1);
  });

  it('that are no UTF-8 are refused', async () => {
    await put('limits.rego', Buffer.from('package acme # \xe9\n', 'latin1'));
    expect(await refusal()).toContain('limits.rego');
  });

  it('cannot have the name of a shipped file, or two folders the same', async () => {
    await put('users.rego', 'package acme\n');
    expect(await refusal()).toContain('users.rego');
    await rm(join(folder, 'users.rego'));
    await put('limits.rego', 'package acme\n');
    await expect(createBundle([RULES], [folder, folder])).rejects.toThrow(/limits\.rego/);
    await expect(createBundle([RULES], [join(folder, 'nothing')])).rejects.toThrow(StartError);
  });

  describe('that are a plugin', () => {
    const plugin = (text: string, name = PLUGIN) => put(name, text);

    it.each([
      [PLUGIN, 'package acme.access_token_plugin.users\n\nallow if true\n'],
      [
        'access_token_plugin.organizations.rego',
        'package access_token_plugin.organizations\n\ndefault allow := false\n',
      ],
      ['limits_access_token_plugin.x.rego', 'package a.b.access_token_plugin.server\n\nallow if true\n'],
    ])('are taken under the names of CVAT: %s', async (name, text) => {
      await plugin(text, name);
      expect((await bundle()).custom).toHaveLength(1);
    });

    it('may narrow a package of the operator', async () => {
      await put('projects.rego', 'package projects\n\ndefault allow := false\n');
      await plugin(
        'package access_token_plugin.projects\n\nallow if true\n',
        'access_token_plugin.projects.rego',
      );
      expect((await bundle()).custom).toHaveLength(2);
    });

    it.each([
      ['another package', 'package acme.users\n\nallow if true\n'],
      ['no base package', 'package access_token_plugin\n\nallow if true\n'],
      ['half a word', 'package my_access_token_plugin.users\n\nallow if true\n'],
      ['two base packages', 'package access_token_plugin.access_token_plugin.users\n\nallow if true\n'],
      ['an unknown base package', 'package acme.access_token_plugin.user\n\nallow if true\n'],
      ['no rule allow', 'package acme.access_token_plugin.users\n\nallowed if true\n'],
      ['allow in a body only', 'package acme.access_token_plugin.users\n\nx if {\n\tallow\n}\n'],
      ['no package line', 'allow if true\n'],
      ['half a file', 'package acme.access_token_plugin.users\n\nallow if {\n'],
    ])('are refused by their file name when they are malformed: %s', async (_what, text) => {
      await plugin(text);
      expect(await refusal()).toContain(PLUGIN);
    });

    it('are refused under a name by which CVAT would not find them', async () => {
      await put('limits.rego', 'package acme.access_token_plugin.users\n\nallow if true\n');
      expect(await refusal()).toContain('limits.rego');
    });

    it('are refused with both file names when they are there twice', async () => {
      const text = 'package acme.access_token_plugin.users\n\nallow if true\n';
      await plugin(text, 'a_access_token_plugin.users.rego');
      await plugin(text, 'b_access_token_plugin.users.rego');
      expect(await refusal()).toMatch(
        /a_access_token_plugin\.users\.rego and b_access_token_plugin\.users\.rego/,
      );
    });
  });
});
