import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { DEVIATIONS, isNotCompared } from '../deviations.js';
import { familyOf, readGolden } from '../grammar.js';
import { type Lane, openLane, playAll } from '../replay.js';
import { showAll, totals, unneededLabels } from '../show.js';
import { judge, type Verdict } from '../verdicts.js';

const isReal = inject('engines') === 'real';
/** Servers at once: while one waits for its database, another computes. */
const LANES = isReal ? 3 : 1;
/** Milliseconds. */
const TIMEOUT = 600_000;

const golden = readGolden();
const cases = isReal ? golden.cases : golden.cases.filter((_case, index) => index % 10 === 0);
const steps = cases.flatMap((one) => one.steps);
const families = [...new Set(cases.map(familyOf))].sort();
const labels = [...new Set(steps.flatMap((step) => step.labels ?? []))].sort();

let lanes: readonly Lane[] = [];
let verdicts: readonly Verdict[] = [];

beforeAll(async () => {
  lanes = await Promise.all(Array.from({ length: LANES }, (_, index) => openLane(golden, index + 1)));
  verdicts = (await playAll(lanes, cases)).map(judge);
  process.stdout.write(`${totals(verdicts)}\n${unneededLabels(verdicts)}`);
}, TIMEOUT);

afterAll(async () => {
  await Promise.all(lanes.map((lane) => lane.close()));
});

type Differing = Extract<Verdict, { kind: 'differs' }>;

const isDiffering = (verdict: Verdict): verdict is Differing => verdict.kind === 'differs';

const labelsOf = ({ exchange }: Verdict): readonly string[] => exchange.step.labels ?? [];

/** What is neither the same nor explained. */
const failing = (among: (verdict: Verdict) => boolean): readonly Differing[] =>
  verdicts.filter(isDiffering).filter(among);

function expectNone(differing: readonly Differing[]): void {
  if (differing.length > 0) expect.fail(showAll(differing));
}

describe(`what a real CVAT answered, ${isReal ? 'all of it' : 'one case in ten'}`, { retry: 0 }, () => {
  test.each(families)('is answered the same: %s', (family) => {
    expectNone(
      failing((verdict) => labelsOf(verdict).length === 0 && familyOf(verdict.exchange.golden) === family),
    );
  });

  test.each(labels)('is answered as the table of deviations says: %s', (label) => {
    expectNone(failing((verdict) => labelsOf(verdict).includes(label)));
  });

  test('is asked of a world that every case leaves as it was', async () => {
    expect(await Promise.all(lanes.map((lane) => lane.differences()))).toEqual(lanes.map(() => []));
  });
});

describe('the labels of the cases', () => {
  test('are all in the table of deviations', () => {
    const unknown = labels.filter(
      (label) => !isNotCompared([label]) && !DEVIATIONS.some((deviation) => deviation.label.test(label)),
    );
    expect(unknown).toEqual([]);
  });

  test('lead to rows of docs/deviations-from-cvat.md', () => {
    const document = readFileSync(
      path.join(import.meta.dirname, '../../../docs/deviations-from-cvat.md'),
      'utf8',
    );
    const written = new Set([...document.matchAll(/^\| (\d+) \|/gm)].map(([, row]) => Number(row)));
    const rows = DEVIATIONS.map(({ row }) => row);
    expect(rows.filter((row) => typeof row === 'number' && !written.has(row))).toEqual([]);
  });
});

describe.runIf(isReal)('of all cases', () => {
  test.each(labels.filter((label) => /^(deviation|own text)/.test(label)))('some still show: %s', (label) => {
    expect(
      verdicts.filter((verdict) => labelsOf(verdict).includes(label)).some(({ kind }) => kind !== 'same'),
    ).toBe(true);
  });
});
