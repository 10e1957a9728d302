import type { TestApp } from './app.js';

type Labels = Readonly<Record<string, string>>;

/** The answer to a scrape. */
export interface Scrape {
  readonly text: string;
  /** @returns the value of the series with exactly these labels; undefined if there is none */
  readonly value: (name: string, labels?: Labels) => number | undefined;
}

/** Asks as Prometheus does. The state of the parts is that of now, and not that of a recent probe. */
export async function scrape(app: Pick<TestApp, 'send' | 'clock'>): Promise<Scrape> {
  app.clock.advance(60_000);
  const answer = await app.send('/metrics');
  if (answer.status !== 200) throw new Error(`The scrape failed: ${answer.status} ${answer.text}`);
  const series = new Map(
    answer.text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => {
        const [, name = '', labels = '', value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
        return [keyOf(name, labels === '' ? [] : labels.split(/,(?=\w+=")/)), Number(value)] as const;
      }),
  );
  return {
    text: answer.text,
    value: (name, labels = {}) =>
      series.get(
        keyOf(
          name,
          Object.entries(labels).map(([label, value]) => `${label}="${value}"`),
        ),
      ),
  };
}

const keyOf = (name: string, labels: readonly string[]): string => `${name}{${[...labels].sort().join()}}`;

/**
 * Runs requests between two scrapes.
 *
 * @returns a function that tells by how much a counter has grown
 */
export async function growthDuring(
  app: Pick<TestApp, 'send' | 'clock'>,
  work: () => Promise<unknown>,
): Promise<(name: string, labels?: Labels) => number> {
  const before = await scrape(app);
  await work();
  const after = await scrape(app);
  return (name, labels) => (after.value(name, labels) ?? 0) - (before.value(name, labels) ?? 0);
}
