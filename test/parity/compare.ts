import type { Expectation } from './grammar.js';
import type { MaskContext, Masks } from './masks.js';
import { parsed, type Reply } from './requests.js';

/** An answer as it is compared: the same for CVAT's and for ours. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly body: string;
}

export interface Difference {
  /** `status`, `header <name>`, or `body` with the place in the JSON; `body, spelling` where only order or spaces differ. */
  readonly what: string;
  readonly cvat: string;
  readonly ours: string;
}

const COMPARED = [
  'allow',
  'content-disposition',
  'content-type',
  'location',
  'retry-after',
  'set-cookie',
  'vary',
  'www-authenticate',
] as const;

/** What CVAT puts on every answer, but where a case says it does not. */
const CONSTANT: Readonly<Record<string, string>> = {
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'strict-origin-when-cross-origin',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

const ABSENT = '(none)';

/** @returns what CVAT answered, as it is compared; its own masks are there already, and applied again change nothing */
export function answerOfCvat(
  { status, headers, body, without = [] }: Expectation,
  masks: Masks,
  context: MaskContext,
): Answer {
  const constant = Object.entries(CONSTANT).filter(([name]) => !without.includes(name));
  const all = { ...headers, ...Object.fromEntries(constant.map(([name, value]) => [name, [value]])) };
  return masked({ status, headers: all, body }, masks, context);
}

/** @returns what this server answered, as it is compared */
export const answerOfOurs = (reply: Reply, masks: Masks, context: MaskContext): Answer =>
  masked(reply, masks, context);

function masked(reply: Reply, masks: Masks, context: MaskContext): Answer {
  const names = [...COMPARED, ...Object.keys(CONSTANT)].filter((name) => reply.headers[name] !== undefined);
  const headers = names.map(
    (name) => [name, masks.header(name, reply.headers[name] ?? [], context)] as const,
  );
  return {
    status: reply.status,
    headers: Object.fromEntries(headers.filter(([, values]) => values.length > 0)),
    body: masks.body(reply.body, context),
  };
}

/** @returns every difference, most telling first; none when the answers are the same */
export function compare(cvat: Answer, ours: Answer): readonly Difference[] {
  return [
    ...differing('status', String(cvat.status), String(ours.status)),
    ...[...COMPARED, ...Object.keys(CONSTANT)].flatMap((name) =>
      differing(`header ${name}`, shown(cvat.headers[name]), shown(ours.headers[name])),
    ),
    ...compareBodies(cvat.body, ours.body),
  ];
}

const shown = (values: readonly string[] | undefined): string => values?.join('\n') ?? ABSENT;

const differing = (what: string, cvat: string, ours: string): Difference[] =>
  cvat === ours ? [] : [{ what, cvat, ours }];

function compareBodies(cvat: string, ours: string): Difference[] {
  if (cvat === ours) return [];
  const [theirs, own] = [parsed(cvat), parsed(ours)];
  if (!isObject(theirs) || !isObject(own)) return [{ what: 'body', cvat, ours }];
  const places = compareValues('', theirs, own);
  return places.length > 0 ? places : [{ what: 'body, spelling', cvat, ours }];
}

/** Places name no position in a list: the same difference in every row is one kind. */
function compareValues(place: string, cvat: unknown, ours: unknown): Difference[] {
  if (isObject(cvat) && isObject(ours) && Array.isArray(cvat) === Array.isArray(ours)) {
    const keys = new Set([...Object.keys(cvat), ...Object.keys(ours)]);
    return [...keys].flatMap((key) =>
      compareValues(Array.isArray(cvat) ? `${place}[]` : `${place}.${key}`, cvat[key], ours[key]),
    );
  }
  const [theirs, own] = [JSON.stringify(cvat) ?? ABSENT, JSON.stringify(ours) ?? ABSENT];
  return differing(`body${place === '' ? '' : ` ${place}`}`, theirs, own);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
