import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readRules } from '../../src/authorization/bundle/sources.js';
import { opa, RULES, withoutOpa } from './opa.js';

const regoFiles = async (directory: string) =>
  (await readdir(directory)).filter((name) => name.endsWith('.rego')).map((name) => join(directory, name));

describe.skipIf(withoutOpa)('the rules', () => {
  it('are written as opa fmt writes them', async () => {
    expect(await opa('fmt', '--list', ...(await regoFiles(RULES)))).toBe('');
  });

  it('pass the strict check against the schemas of their input', async () => {
    expect(await opa('check', '--strict', '--schema=schemas', ...(await regoFiles(RULES)))).toBe('');
  });

  it('pass their own tests', async () => {
    const report: unknown = JSON.parse(await opa('test', '--format=json', ...(await regoFiles(RULES))));
    expect(Array.isArray(report) && report.length).toBeGreaterThanOrEqual(40);
  });

  it.each([
    ['users.rego', 'input.resource.id ==', 'input.resource.ident =='],
    ['organizations.rego', 'input.resource.owner.id', 'input.resource.owner.ident'],
    ['memberships.rego', 'input.resource.is_active', 'input.resource.active'],
    ['invitations.rego', 'input.resource.invitee.id', 'input.resource.invitee'],
    ['access_tokens.rego', 'input.resource.owner.id', 'input.resource.owner_id'],
    ['growth.rego', 'input.resource.user.id', 'input.resource.user_id'],
    ['utils.rego', 'input.auth.user.privilege', 'input.auth.user.group'],
    ['decisions.rego', 'input.questions', 'input.question'],
  ])('are refused by the check when %s reads what its document does not have', async (file, right, wrong) => {
    const copy = await mkdtemp(join(tmpdir(), 'rules-'));
    try {
      await cp(RULES, copy, { recursive: true });
      const text = await readFile(join(copy, file), 'utf8');
      expect(text).toContain(right);
      await writeFile(join(copy, file), text.replace(right, wrong));
      const check = opa('check', '--strict', `--schema=${join(copy, 'schemas')}`, ...(await regoFiles(copy)));
      await expect(check).rejects.toThrow(/rego_type_error/);
    } finally {
      await rm(copy, { recursive: true });
    }
  });

  it('say of each package and each public rule what it is for', async () => {
    const rules = await readRules([RULES]);
    const undescribed = rules.flatMap(({ name, text }) => {
      const firsts = new Map<string, number>();
      for (const match of text.matchAll(DEFINITION)) {
        const subject = match[1] ?? match[2] ?? '';
        if (!firsts.has(subject)) firsts.set(subject, match.index);
      }
      const bare = [...firsts].filter(
        ([, index]) => !/# METADATA\n(#.*\n)*# +description: .+\n(#.*\n)*$/.test(text.slice(0, index)),
      );
      return bare.map(([subject]) => `${name}: ${subject}`);
    });
    expect(undescribed).toEqual([]);
  });
});

/** A package, or a rule whose name has no underscore in front. */
const DEFINITION = /^(?:(package \S+)|(?:default )?([a-z]\w*)(?:\(\w+\))? (?::=|if))/gm;
