import type { Answer, Difference } from './compare.js';
import type { Exchange } from './replay.js';
import type { Verdict } from './verdicts.js';

/** Characters of a body that are shown: lists run to many thousands. */
const LONGEST = 1500;
/** Requests that are shown in full; of the others the ids. */
const MOST = 5;

type Differing = Extract<Verdict, { kind: 'differs' }>;

/** @returns requests, both answers, and what differs, for a person to read */
export function showAll(verdicts: readonly Differing[]): string {
  const others = verdicts.slice(MOST).map(({ exchange }) => exchange.golden.id);
  return [
    `${verdicts.length} requests are answered otherwise.`,
    ...verdicts.slice(0, MOST).map(show),
    ...(others.length === 0 ? [] : [`And ${others.length} more: ${others.join(' ')}`]),
  ].join('\n\n');
}

function show({ exchange, differences }: Differing): string {
  const { golden, index, cvat, ours } = exchange;
  return [
    `${golden.id} (${golden.group}), request ${index + 1} of ${golden.steps.length}`,
    ...requestOf(exchange).map(indent),
    'CVAT answers',
    ...linesOf(cvat).map(indent),
    'here',
    ...linesOf(ours).map(indent),
    'what differs',
    ...differences.slice(0, 20).flatMap(differenceOf).map(indent),
  ].join('\n');
}

function requestOf({ step }: Exchange): string[] {
  const headers = (step.headers ?? []).map(
    ([name, value]) =>
      `${name}: ${typeof value === 'string' ? value : `bytes ${JSON.stringify(value.latin1)}`}`,
  );
  return [
    `${step.method} ${step.path}`,
    ...(step.authorization === undefined ? [] : [`Authorization: ${step.authorization}`]),
    ...headers,
    ...(step.jar === undefined
      ? []
      : [`with the cookies of jar ${step.jar}${step.csrf ? ', and X-CSRFToken' : ''}`]),
    ...(step.body === undefined
      ? []
      : ['text' in step.body ? short(step.body.text) : `base64 ${step.body.base64}`]),
    ...(step.labels ?? []).map((label) => `label: ${label}`),
  ];
}

const linesOf = ({ status, headers, body }: Answer): string[] => [
  String(status),
  ...Object.entries(headers).flatMap(([name, values]) => values.map((value) => `${name}: ${value}`)),
  short(body),
];

const differenceOf = ({ what, cvat, ours }: Difference): string[] => [
  what,
  `  CVAT: ${short(cvat)}`,
  `  here: ${short(ours)}`,
];

const short = (text: string): string =>
  text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}... (${text.length} characters)`;

const indent = (line: string): string => `  ${line.replaceAll('\n', '\n  ')}`;

/** @returns how many cases came out how; a case counts for what is worst in it */
export function totals(verdicts: readonly Verdict[]): string {
  const cases = new Map<string, Verdict['kind']>();
  for (const { kind, exchange } of verdicts) {
    const { id } = exchange.golden;
    const known = cases.get(id);
    if (known === undefined || WORST.indexOf(kind) < WORST.indexOf(known)) cases.set(id, kind);
  }
  const count = (wanted: string) => [...cases.values()].filter((kind) => kind === wanted).length;
  const parts = WORST.toReversed().map((kind) => `${count(kind).toLocaleString('en')} ${WORDS[kind]}`);
  return `${cases.size.toLocaleString('en')} cases of CVAT: ${parts.join(', ')}.`;
}

/** @returns how many requests are answered the same although their label allows another answer, a line for each label */
export function unneededLabels(verdicts: readonly Verdict[]): string {
  const counts = new Map<string, number>();
  for (const { kind, exchange } of verdicts)
    for (const label of kind === 'same' ? (exchange.step.labels ?? []) : [])
      counts.set(label, (counts.get(label) ?? 0) + 1);
  return [...counts].map(([label, count]) => `${count} the same, although labelled "${label}".\n`).join('');
}

const WORST = ['differs', 'not compared', 'deviates', 'same'] as const;
const WORDS: Readonly<Record<Verdict['kind'], string>> = {
  same: 'answered the same',
  deviates: 'deviate as their rows say',
  'not compared': 'not compared',
  differs: 'differ',
};
