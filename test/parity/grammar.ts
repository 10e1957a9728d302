import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { decidedLabel } from './decided.js';

/** What a real CVAT answered: requests over a known world, each with its answer. */

/** `latin1` stands for these bytes; a plain text is sent as UTF-8. */
export type HeaderValue = string | { readonly latin1: string };

export interface Step {
  readonly method: string;
  /** With the query, as it goes over the wire. */
  readonly path: string;
  readonly authorization?: string;
  readonly headers?: readonly (readonly [name: string, value: HeaderValue])[];
  readonly body?: { readonly text: string } | { readonly base64: string };
  readonly noContentType?: boolean;
  /** Name of the cookie jar whose cookies are sent, and that keeps what is set. */
  readonly jar?: string;
  /** Send the `csrftoken` of the jar as `X-CSRFToken`. */
  readonly csrf?: boolean;
  /** By the name that later steps call it: where a value stands in the JSON of the answer. */
  readonly capture?: Readonly<Record<string, readonly (string | number)[]>>;
  /** In what the answer of this server may be another, and why. */
  readonly labels?: readonly string[];
  readonly expect: Expectation;
}

export interface Expectation {
  readonly status: number;
  /** By their names in lower case. */
  readonly headers: Readonly<Record<string, readonly string[]>>;
  /** After the masks. */
  readonly body: string;
  /** Those of the constant headers that this answer lacks. */
  readonly without?: readonly string[];
}

export interface GoldenCase {
  readonly id: string;
  /** What it is about, roughly; the first word names the family. */
  readonly group: string;
  readonly steps: readonly Step[];
}

export interface Golden {
  readonly cases: readonly GoldenCase[];
  /** The data that every case starts from, as SQL. */
  readonly world: string;
}

const FOLDER = path.resolve(
  process.env['GOLDEN_DIR'] ?? path.join(import.meta.dirname, '../../../shared/golden'),
);
const CASES = path.join(FOLDER, 'cases.jsonl.gz');

/** What the title of a suite says when there is nothing to replay. */
export const GOLDEN_HINT = `needs the answers of a real CVAT in ${FOLDER}, or in GOLDEN_DIR`;

/** Whether there is something to replay. With REQUIRE_GOLDEN=1 nothing is a failure, not a skipped suite. */
export const hasGolden = existsSync(CASES);
if (!hasGolden && process.env['REQUIRE_GOLDEN'] === '1') throw new Error(`REQUIRE_GOLDEN=1: ${GOLDEN_HINT}.`);

export function readGolden(): Golden {
  const lines = gunzipSync(readFileSync(CASES)).toString('utf8').split('\n');
  const cases = lines.filter((line) => line !== '').map((line) => labelled(JSON.parse(line) as GoldenCase));
  return { cases, world: readFileSync(path.join(FOLDER, 'world.sql'), 'utf8') };
}

const labelled = ({ steps, ...rest }: GoldenCase): GoldenCase => ({
  ...rest,
  steps: steps.map((step, index) => {
    const label = decidedLabel(rest.id, index + 1);
    return label === undefined ? step : { ...step, labels: [...(step.labels ?? []), label] };
  }),
});

export const familyOf = ({ group }: GoldenCase): string => group.split(' ')[0] ?? '';
