import type { Difference } from './compare.js';
import type { Exchange } from './replay.js';
import { parsed } from './requests.js';

/** In what an answer of ours may be another than CVAT's: one entry for each label of the cases. */
export interface Deviation {
  readonly label: RegExp;
  /**
   * Of docs/deviations-from-cvat.md. `none`: CVAT itself would answer another time with the same.
   */
  readonly row: number | 'none';
  /**
   * @param groups of the label's expression
   * @returns whether this difference is the one that the row tells of
   */
  readonly explains: (difference: Difference, exchange: Exchange, groups: readonly string[]) => boolean;
}

/** Nothing of these is compared: pages of HTML, routes of CVAT that are not of this server, words of Python. */
const NOT_COMPARED = /^not compared: (html page|scope: |not chased: )/;

export const isNotCompared = (labels: readonly string[]): boolean =>
  labels.some((label) => NOT_COMPARED.test(label));

type Explains = Deviation['explains'];

/** Our answer as a whole is this one: whatever follows from that is explained. */
const answers =
  (status: number, body?: RegExp): Explains =>
  (_difference, { ours }) =>
    ours.status === status && (body === undefined || body.test(ours.body));

/** Only this part of the answer is another. */
const differsIn =
  (what: RegExp): Explains =>
  (difference) =>
    what.test(difference.what);

const anyOf =
  (...ways: readonly Explains[]): Explains =>
  (...args) =>
    ways.some((explains) => explains(...args));

/** An answer in the shape of the API: JSON with the methods of the route, or nothing; 404 of no route is a page. */
const ofTheApi: Explains = (_difference, { ours }) =>
  ours.headers['allow'] !== undefined
    ? ours.body === '' || parsed(ours.body) !== undefined
    : ours.status === 404 && ours.body === '{"detail":"Not found."}';

const FORBIDDEN = /^\{"detail":"You do not have permission to perform this action\."\}$/;
const WRONG_PASSWORDS = new RegExp(
  [
    'Unable to log in with provided credentials',
    "The two password fields didn['’]t match",
    'This password is too short',
    'Password must be 256 characters or fewer',
    'Your old password was entered incorrectly',
    'This password is too common',
    '"token":\\["Invalid value"\\]',
  ].join('|'),
);

/** CVAT's permissions of invitations read every body and fail over one that is no object: nothing may come of it. */
const refusesBodyOfInvitation: Explains = (difference, exchange) =>
  exchange.step.path.startsWith('/api/invitations/') &&
  answers(400, /^\{"non_field_errors":\["(No data provided|Invalid data\. Expected a dictionary)/)(
    difference,
    exchange,
    [],
  );

const NUMBERED: readonly Deviation[] = [
  {
    label: /^deviation 3 500->(\d+)$/,
    row: 3,
    explains: (difference, exchange, [status = '']) =>
      exchange.cvat.status === 500 &&
      anyOf(answers(Number(status)), refusesBodyOfInvitation)(difference, exchange, []) &&
      ofTheApi(difference, exchange, []),
  },
  {
    label: /^deviation 3\/16 case twin$/,
    row: 16,
    explains: answers(400, /A user with that username already exists/),
  },
  { label: /^deviation 4 /, row: 4, explains: answers(403, FORBIDDEN) },
  { label: /^deviation 5 /, row: 5, explains: answers(403, FORBIDDEN) },
  {
    label: /^deviation 6 /,
    row: 6,
    explains: (_difference, { cvat, ours }) =>
      cvat.status === 406 &&
      (ours.headers['content-type']?.[0] === 'application/json' || /"Invalid version in /.test(ours.body)),
  },
  {
    label: /^deviation 10 /,
    row: 10,
    explains: anyOf(
      answers(400, WRONG_PASSWORDS),
      answers(201, /"username":/),
      answers(200, /New password has been saved/),
    ),
  },
  {
    label: /^deviation 14 /,
    row: 14,
    explains: (_difference, { cvat, ours }) =>
      [cvat, ours].some(({ body }) => body.includes('This password is too common.')),
  },
  {
    label: /^deviation 15 /,
    row: 15,
    explains: anyOf(
      (_difference, { ours }) => ours.headers['location']?.[0] === '/api/docs',
      (_difference, { step, ours }) => step.path === '/api/schema' && ours.status === 200,
      (_difference, { step, ours }) => step.method === 'OPTIONS' && ours.status === 405,
    ),
  },
  {
    label: /^deviation 18 /,
    row: 18,
    explains: anyOf(
      (difference, { ours }) =>
        difference.what === 'header set-cookie' &&
        (ours.headers['set-cookie'] ?? []).every((cookie) => cookie.includes('=""; ')),
      answers(401),
    ),
  },
  { label: /^deviation 41 /, row: 41, explains: answers(401, /Invalid token/) },
  { label: /^deviation 19 /, row: 19, explains: answers(400, /^\["filter: term '\w+' is not supported"\]$/) },
  { label: /^deviation 23 /, row: 23, explains: answers(400, /with different values\."\]$/) },
  {
    label: /^deviation 27 /,
    row: 27,
    explains: differsIn(/^(header vary|body \.(name|description|actions)\b.*)$/),
  },
  { label: /^deviation 28 /, row: 28, explains: differsIn(/^body \.(importers|exporters)\[\]/) },
  {
    label: /^deviation 29 /,
    row: 29,
    explains: answers(400, /organization is transferred|transfer the organization/),
  },
];

const UNNUMBERED: readonly Deviation[] = [
  {
    label: /^deviation: Allow of \/api\/users names POST$/,
    row: 53,
    explains: anyOf(
      ({ what, ours }) => what === 'header allow' && ours === 'GET, POST, HEAD, OPTIONS',
      (_difference, { step, cvat }) => step.method === 'POST' && cvat.status === 405,
    ),
  },
  { label: /^own text: about\.description$/, row: 54, explains: differsIn(/^body \.description$/) },
  {
    label: /^choice: .*API root \/api(, \/api\/auth \(301\)|\/, \/api\/auth\/)$/,
    row: 55,
    explains: answers(404),
  },
  { label: /^choice: .*\.json suffix of routes$/, row: 56, explains: answers(404) },
  { label: /^choice: .*percent-encoded (letters of a path|slash)$/, row: 57, explains: answers(404) },
  {
    label: /^choice: .*JSON instead of HTML 404$/,
    row: 58,
    explains: answers(404, /^\{"detail":"Not found\."\}$/),
  },
  {
    label: /^choice: .*scheme= repeated in url fields$/,
    row: 59,
    explains: ({ what, cvat, ours }) =>
      /\.url$/.test(what) && cvat.replace(/\?scheme=(json)?"$/, '"') === ours,
  },
  // CVAT's choice is ours: an unknown expectation is ignored.
  { label: /^choice: .*Expect: 417$/, row: 'none', explains: () => false },
];

/** Only the order is another: `results` of equal rank, and the groups of a user. */
const UNORDERED: readonly Deviation[] = [
  { label: /^not compared: order of groups /, row: 'none', explains: differsIn(/\.groups\[\]$/) },
  { label: /^not compared: order of ties /, row: 'none', explains: differsIn(/^body \.results\[\]/) },
];

export const DEVIATIONS: readonly Deviation[] = [...NUMBERED, ...UNNUMBERED, ...UNORDERED];

/** Seen by the answers alone: the recording has no label for every path that nobody has. */
const UNLABELLED: readonly Deviation[] = [
  {
    label: /^/,
    row: 63,
    explains: (_difference, { step, cvat, ours }) =>
      step.path.startsWith('/api/') &&
      cvat.status === 404 &&
      cvat.headers['content-type']?.[0] === 'text/html; charset=utf-8' &&
      ours.status === 404 &&
      ours.body === (step.method === 'HEAD' ? '' : '{"detail":"Not found."}'),
  },
];

/** An unlabelled step after one that went another way: the session that CVAT opened there is none here. */
const followsFromLogin: Explains = (_difference, { step, golden, index, ours }) =>
  ours.status === 401 &&
  golden.steps
    .slice(0, index)
    .some(({ jar, labels }) => jar === step.jar && labels?.includes('deviation 10 trimmed passwords'));

/** @returns the entries whose labels this step carries, and that tell of the difference */
export function explanationsOf(difference: Difference, exchange: Exchange): readonly Deviation[] {
  const { labels = [] } = exchange.step;
  const labelled = DEVIATIONS.filter(({ label, explains }) =>
    labels.some((text) => {
      const match = label.exec(text);
      return match !== null && explains(difference, exchange, match.slice(1));
    }),
  );
  return [...labelled, ...UNLABELLED.filter(({ explains }) => explains(difference, exchange, []))];
}

/** @returns whether the difference is one that was meant */
export const isExplained = (difference: Difference, exchange: Exchange): boolean =>
  explanationsOf(difference, exchange).length > 0 || followsFromLogin(difference, exchange, []);
