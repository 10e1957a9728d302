import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from './server.js';

const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');
const DOCUMENTS = [
  'README.md',
  ...readdirSync(path.join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => path.join('docs', file)),
];

describe('the documents', () => {
  it('name no file that is not there', () => {
    const named = DOCUMENTS.flatMap((document) => {
      const text = read(document);
      const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, target = '']) =>
        path.join(path.dirname(document), target),
      );
      const paths = [...text.matchAll(/`((?:src|test|rules|scripts|docs|deploy|\.ci)\/[\w./-]+)`/g)].map(
        ([, target = '']) => target,
      );
      return [...links, ...paths].map((target) => ({ document, target }));
    });
    expect(named.length).toBeGreaterThan(50);
    expect(named.filter(({ target }) => !existsSync(path.join(ROOT, target)))).toEqual([]);
  });

  it('name no heading that is not there', () => {
    const slug = (heading: string): string =>
      heading
        .toLowerCase()
        .replace(/[^\w\- ]/g, '')
        .replaceAll(' ', '-');
    const named = DOCUMENTS.flatMap((document) =>
      [...read(document).matchAll(/\]\((?!https?:)([^)#]*)#([^)]+)\)/g)].map(([, target, anchor]) => ({
        document: target ? path.join(path.dirname(document), target) : document,
        anchor,
      })),
    );
    expect(named.length).toBeGreaterThan(4);
    const missing = named.filter(({ document, anchor }) => {
      const headings = [...read(document).matchAll(/^#+ (.+)$/gm)];
      return !headings.some(([, heading = '']) => slug(heading) === anchor);
    });
    expect(missing).toEqual([]);
  });

  it('give every deviation from CVAT a number, a reason and a test', () => {
    const rows = read('docs/deviations-from-cvat.md')
      .split('\n')
      .filter((line) => /^\| \d/.test(line))
      .map((line) => line.split(' | '));
    expect(rows.map(([number]) => Number(number?.replace('| ', '')))).toEqual(
      rows.map((_, index) => index + 1),
    );
    expect(rows.length).toBeGreaterThanOrEqual(18);
    expect(rows.filter(({ length }) => length !== 5)).toEqual([]);
    expect(
      rows.filter(([, , , reason = '', test = '']) => reason === '' || !/`test\/\S+\.test\.ts`/.test(test)),
    ).toEqual([]);
  });
});
