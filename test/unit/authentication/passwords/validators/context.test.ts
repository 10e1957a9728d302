import { describe, expect, it } from 'vitest';
import { createPasswordPolicy } from '../../../../../src/authentication/passwords/validators/policy.js';
import { workOf } from '../../../../support/work.js';

const COMMON = 'This password is too common.';

const { validate } = createPasswordPolicy({
  context: ['annotate.lab7.example.org', 'Ångström Imaging'],
});

describe('a password made of the names of the server is too common', () => {
  it.each([
    ['the product twice', 'cvatcvat'],
    ['the product and a year', 'CVAT2024'],
    ['the product and signs', 'cvat!!!!_2'],
    ['the product, often', 'cvat'.repeat(60)],
    ['the host and a digit', 'annotate1'],
    ['the letters of the host, in another order', 'etatonna9'],
    ['a label of the host and a number', 'lab7-2026-10'],
    ['several labels of the host', 'annotate.lab7'],
    ['the whole host', 'annotate.lab7.example.org'],
    ['the name of the site', 'Ångström24'],
    ['words of the site together', 'ImagingCvat1'],
  ])('%s', async (_, password) => {
    expect(await validate(password)).toEqual([COMMON]);
  });
});

describe('a password that only mentions the server will do', () => {
  it.each([
    ['a sentence', 'my cvat eats figs at night'],
    ['a word with something random', 'cvat-zwqkp83'],
    ['a name and the product, as in CVAT', 'user1cvat'],
    ['the host among other words', 'lab7 gribbet quandle'],
    ['a word with a part of a name in it', 'organdie-velvet'],
  ])('%s', async (_, password) => {
    expect(await validate(password)).toEqual([]);
  });

  it('and one of another server’s names', async () => {
    expect(await createPasswordPolicy().validate('ångström24')).toEqual([]);
    expect(await createPasswordPolicy().validate('cvatcvat')).toEqual([COMMON]);
  });

  it('and addresses, ports and digits in a context say nothing', async () => {
    const policy = createPasswordPolicy({ context: ['192.168.7.20', '[2001:db8::7]', ''] });
    expect(await policy.validate('192x168y7z20w')).toEqual([]);
  });
});

it('a password of 4096 signs is judged in a moment, whatever its words', async () => {
  const work = await workOf(async () => {
    await validate('cva'.repeat(1365));
    await validate('cvat'.repeat(1024));
  });
  expect(work).toBeLessThan(1000);
});
