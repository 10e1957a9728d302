import { ApiError, Throttled } from '../../kernel/errors.js';
import type { Texts } from '../../platform/html/texts/index.js';
import { isObject } from '../../platform/values/json.js';

/** The problems of a form, in the language of the page: of the whole form, and by field. */
export interface FormProblems {
  readonly form: readonly string[];
  readonly fields: Readonly<Record<string, readonly string[]>>;
}

export const NO_PROBLEMS: FormProblems = { form: [], fields: {} };

/** A refusal of a page itself, before it calls a route. */
export class FormRefused extends Error {
  readonly problems: FormProblems;

  constructor(problems: Partial<FormProblems>) {
    super('The form is refused.');
    this.problems = { ...NO_PROBLEMS, ...problems };
  }
}

/**
 * @param fields of the form: what the API says of another one concerns the form as a whole
 * @returns what an error of the API means for the form; undefined for one that has no place in a form
 */
export function problemsOf(
  error: unknown,
  texts: Texts,
  fields: ReadonlySet<string>,
): FormProblems | undefined {
  if (error instanceof FormRefused) return error.problems;
  if (!(error instanceof ApiError)) return undefined;
  if (error instanceof Throttled) return { ...NO_PROBLEMS, form: [waitOf(error, texts)] };
  if (error.status === 403) return { ...NO_PROBLEMS, form: [refusalOf(error, texts)] };
  if (error.status === 404) return { ...NO_PROBLEMS, form: [texts.problems.gone] };
  if (error.status === 400) return readBody(error.body, texts, fields);
  const explained = sentencesIn(error.body).map((sentence) => known(sentence, texts));
  return explained[0] === undefined ? undefined : { ...NO_PROBLEMS, form: [explained[0]] };
}

/** Most refusals say no more than that; a few tell what to do. */
function refusalOf({ body }: ApiError, texts: Texts): string {
  const [sentence = ''] = sentencesIn(body);
  return known(sentence, texts) ?? texts.problems.refused;
}

function readBody(body: unknown, texts: Texts, fields: ReadonlySet<string>): FormProblems {
  const say = (value: unknown): readonly string[] => sentencesIn(value).map((text) => translate(text, texts));
  if (!isObject(body)) return { ...NO_PROBLEMS, form: say(body) };
  const isShown = (name: string): boolean => fields.has(name) && !UNSEEN.has(name);
  const own = Object.entries(body).filter(([name]) => isShown(name));
  const others = Object.entries(body).filter(([name]) => !isShown(name));
  return {
    form: others.flatMap(([, value]) => say(value)),
    fields: Object.fromEntries(own.map(([name, value]) => [name, say(value)])),
  };
}

/** Fields that nobody sees: what the API says of them concerns the form. */
const UNSEEN: ReadonlySet<string> = new Set(['credential']);

/** @returns every text in a value, in order */
function sentencesIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(sentencesIn);
  return isObject(value) ? Object.values(value).flatMap(sentencesIn) : [];
}

function waitOf(error: Throttled, { problems }: Texts): string {
  const seconds = Number(error.headers['Retry-After'] ?? 60);
  return problems.tooMany(
    seconds > 90 ? problems.minutes(Math.ceil(seconds / 60)) : problems.seconds(seconds),
  );
}

type Sentences = Texts['problems']['sentences'];

/** Sentences of the API that people meet in forms, with the value that a text repeats. Others are shown as they are. */
const KNOWN: readonly (readonly [RegExp, (texts: Sentences, value: string) => string])[] = [
  [/^(This field is required|This field may not be (blank|null))\.$/, (texts) => texts.required],
  // A link for CVAT's user interface may follow: the page has buttons.
  [/^Unable to log\s?in with provided credentials\.?( \[.*)?$/i, (texts) => texts.wrongCredentials],
  [/^Unverified email$/, (texts) => texts.unverified],
  [/^Must include /, (texts) => texts.noCredentials],
  [/^Your (old )?password was entered incorrectly/, (texts) => texts.wrongPassword],
  [/^The two password fields didn['’]t match\.$/, (texts) => texts.mismatch],
  [/^A user with that username already exists\.$/, (texts) => texts.usernameTaken],
  [/^A user is already registered with this e-?mail address\.$/, (texts) => texts.emailTaken],
  [/^Enter a valid email address\.$/, (texts) => texts.invalidEmail],
  [/^Enter a valid username\./, (texts) => texts.invalidUsername],
  [
    /^This password is too short\. It must contain at least (\d+) /,
    (texts, value) => texts.passwordShort(value),
  ],
  [/^This password is too common\.$/, (texts) => texts.passwordCommon],
  [/^This password is entirely numeric\.$/, (texts) => texts.passwordNumeric],
  [/^The password is too similar to /, (texts) => texts.passwordSimilar],
  [/^This password has appeared in a data breach/, (texts) => texts.passwordBreached],
  [/at least (\d+) characters/, (texts, value) => texts.tooShort(value)],
  [/no more than (\d+) characters/, (texts, value) => texts.tooLong(value)],
  [/^Invalid value$/, (texts) => texts.linkInvalid],
  [/^Date(time)? has wrong format/, (texts) => texts.invalidDate],
  [/^You have reached the maximum allowed number of Personal Access Tokens/, (texts) => texts.tokenLimit],
  [/^Registration needs an invitation/, (texts) => texts.invitedOnly],
  [/^Registration is closed/, (texts) => texts.closed],
  [/^Addresses of this domain/, (texts) => texts.wrongDomain],
  [/^This is already the e-mail address/, (texts) => texts.sameEmail],
  [/^Email backend is not configured/, (texts) => texts.noMail],
  [/^This is the last active (superuser|member of the group admin)\./, (texts) => texts.lastAdministrator],
  [/^Your invitation is expired/, (texts) => texts.invitationExpired],
  [/invitation is already accepted/, (texts) => texts.invitationAccepted],
  [/^The user is a member of the organization already/, (texts) => texts.isMember],
  [/^Several accounts have this e-mail address/, (texts) => texts.addressShared],
  [/^organization with this slug already exists/, (texts) => texts.shortNameTaken],
  [/^Enter a valid "slug"/, (texts) => texts.invalidShortName],
  [/^Choose another active member/, (texts) => texts.noSuccessor],
  [/^The organization cannot be removed/, (texts) => texts.organizationInUse],
  [/^The code is wrong or too old/, (texts) => texts.wrongCode],
  [/^An authenticator app is set up already/, (texts) => texts.appSetUp],
  [/^No authenticator app is being set up/, (texts) => texts.appNotBegun],
  [/^No authenticator app is set up/, (texts) => texts.appMissing],
  [/^Set up a second factor of your own first/, (texts) => texts.ownFactorFirst],
  [/^People cannot set up second factors/, (texts) => texts.noFactorsHere],
  [/^The second factor of this account cannot be read/, (texts) => texts.factorUnreadable],
  [/^No second factor is set up/, (texts) => texts.noFactor],
  [/^Send a code of your authenticator app/, (texts) => texts.codeOfApp],
  [/^This took too long, or began in another browser/, (texts) => texts.keyStale],
  [/^The key was refused/, (texts) => texts.keyWrong],
  [/^This passkey opens no account here/, (texts) => texts.keyUnknown],
  [/^This key was refused: its counter went back/, (texts) => texts.keyCopied],
  [/^Passkeys are turned off for this account/, (texts) => texts.keysOff],
  [/^Your directory checks people by their password alone/, (texts) => texts.keyNeedsPassword],
  [/^The key could not be added/, (texts) => texts.keyDamaged],
  [/^This key was added to an account already/, (texts) => texts.keyTaken],
  [/^An account can have (\d+) keys/, (texts, value) => texts.keyLimit(value)],
];

const translate = (sentence: string, texts: Texts): string => known(sentence, texts) ?? sentence;

function known(sentence: string, { problems }: Texts): string | undefined {
  for (const [pattern, write] of KNOWN) {
    const match = pattern.exec(sentence);
    if (match !== null) return write(problems.sentences, match.at(-1) ?? '');
  }
  return undefined;
}
