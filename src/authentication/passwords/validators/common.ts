/** What Python's `strip` removes; unlike `trim`, it takes U+001C to U+001F and U+0085, and leaves U+FEFF. */
const SPACE = '[\\t-\\r\\x1C-\\x20\\x85\\xA0\\u1680\\u2000-\\u200A\\u2028\\u2029\\u202F\\u205F\\u3000]';
/** The look-behind keeps it linear: without it, each space of a run starts a search for the end. */
const SURROUNDING_SPACE = new RegExp(`^${SPACE}+|(?<!${SPACE})${SPACE}+$`, 'g');

const RUNS = ['abcdefghijklmnopqrstuvwxyz', '01234567890', 'qwertyuiop', 'asdfghjkl', 'zxcvbnm'].flatMap(
  (run) => [run, [...run].reverse().join('')],
);

const isRun = (text: string): boolean => RUNS.some((run) => run.includes(text));

/** As long as the mechanical passwords of real lists get. */
const MECHANICAL = /^[a-z0-9]{3,12}$/;
const REPETITION = /^(.+?)\1+$/;
const SHORT_UNIT = 3;

/**
 * `abcdefgh`, `asdasdasd`, `qwerqwer`: dictionaries made for strength meters leave out what a meter
 * recognizes by its pattern, and lists of leaked passwords, Django's among them, are full of it.
 */
const isMechanical = (text: string, list: ReadonlySet<string>): boolean => {
  if (!MECHANICAL.test(text)) return false;
  const unit = REPETITION.exec(text)?.[1];
  return isRun(text) || (unit !== undefined && (unit.length <= SHORT_UNIT || isRun(unit) || list.has(unit)));
};

/** 49,000 passwords of zxcvbn-ts, 4 MB. Loaded at first use: start-up need not wait for them. */
const loadBundledList = async (): Promise<ReadonlySet<string>> => {
  const { dictionary } = await import('@zxcvbn-ts/language-common');
  return new Set(dictionary['passwords-common']);
};

/**
 * Django's `CommonPasswordValidator` over another list: case and space around it do not make a password rare.
 *
 * @param list - lower-case passwords; by default the bundled list
 */
export const createCommonPasswords = (list?: ReadonlySet<string>) => {
  let loaded: Promise<ReadonlySet<string>> | undefined = list && Promise.resolve(list);
  return {
    has: async (password: string): Promise<boolean> => {
      loaded ??= loadBundledList();
      const common = await loaded;
      const text = password.toLowerCase().replace(SURROUNDING_SPACE, '');
      return common.has(text) || isMechanical(text, common);
    },
  };
};
