import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

/**
 * The characters that Python's `strip` removes; unlike `trim`, it removes U+001C to U+001F and U+0085, and keeps
 * U+FEFF.
 */
const SPACE = '[\\t-\\r\\x1C-\\x20\\x85\\xA0\\u1680\\u2000-\\u200A\\u2028\\u2029\\u202F\\u205F\\u3000]';
/** The look-behind keeps it linear: without it, each space in a run starts a new search for the end. */
const SURROUNDING_SPACE = new RegExp(`^${SPACE}+|(?<!${SPACE})${SPACE}+$`, 'g');

/**
 * Spaces, control characters, and characters that are invisible on a screen, including the empty Braille pattern. One
 * alone is too short.
 */
const INVISIBLE = /^[\p{White_Space}\p{Cc}\p{Default_Ignorable_Code_Point}\u2800]{2,}$/u;

const RUNS = ['abcdefghijklmnopqrstuvwxyz', '01234567890', 'qwertyuiop', 'asdfghjkl', 'zxcvbnm'].flatMap(
  (run) => [run, [...run].reverse().join('')],
);

const isRun = (text: string): boolean => RUNS.some((run) => run.includes(text));

/** The maximum length of mechanical passwords in real lists. */
const MECHANICAL = /^[a-z0-9]{3,12}$/;
const REPETITION = /^(.+?)\1+$/;
const SHORT_UNIT = 3;

/**
 * `abcdefgh`, `asdasdasd`, `qwerqwer`: dictionaries for strength meters omit passwords that a meter recognizes by
 * their pattern, and lists of leaked passwords are full of them.
 */
const isMechanical = (text: string, list: Words): boolean => {
  if (!MECHANICAL.test(text)) return false;
  const unit = REPETITION.exec(text)?.[1];
  return isRun(text) || (unit !== undefined && (unit.length <= SHORT_UNIT || isRun(unit) || list.has(unit)));
};

const DJANGO_LIST = new URL('./django/common-passwords.txt.gz', import.meta.url);

/** Django strips the lines of its list as it reads them. */
const readDjangoList = async (): Promise<readonly string[]> =>
  (await promisify(gunzip)(await readFile(DJANGO_LIST)))
    .toString('utf8')
    .split('\n')
    .map((line) => line.replace(SURROUNDING_SPACE, ''))
    .filter((line) => line !== '');

/** What is asked of a list. */
type Words = Pick<ReadonlySet<string>, 'has'>;

/** As one sorted text with a word in each line: a set would take five times its memory for good. */
function compactWords(words: readonly string[]): Words {
  const text = `\n${words.toSorted().join('\n')}\n`;
  return {
    has: (word) => {
      // Both are line breaks; the word can only be between them.
      let [low, high] = [0, text.length - 1];
      while (low < high) {
        const start = text.lastIndexOf('\n', Math.floor((low + high) / 2));
        const end = text.indexOf('\n', start + 1);
        const found = text.slice(start + 1, end);
        if (found === word) return true;
        if (found < word) low = end;
        else high = start;
      }
      return false;
    },
  };
}

const readBundledLists = async (): Promise<Words> => {
  const [{ dictionary }, django] = await Promise.all([
    import('@zxcvbn-ts/language-common'),
    readDjangoList(),
  ]);
  return compactWords([...dictionary['passwords-common'], ...django]);
};

let bundledLists: Promise<Words> | undefined;

/**
 * 20,000 passwords of Django 4.2 and 49,000 of zxcvbn-ts: neither list contains the other. Read at first use, so that
 * start-up need not wait for them, and once in a process, since they never change.
 */
function loadBundledLists(): Promise<Words> {
  bundledLists ??= readBundledLists();
  return bundledLists;
}

/**
 * Django's `CommonPasswordValidator` over its own list and another one: changing case or adding surrounding spaces
 * does not make a password rare.
 *
 * @param list - lower-case passwords; by default the bundled lists
 */
export const createCommonPasswords = (list?: ReadonlySet<string>) => {
  return {
    /** @returns whether many people use this password, or it is entirely invisible */
    has: async (password: string): Promise<boolean> => {
      const common = list ?? (await loadBundledLists());
      const text = password.toLowerCase().replace(SURROUNDING_SPACE, '');
      return common.has(text) || isMechanical(text, common) || INVISIBLE.test(password);
    },
  };
};
