/** The languages of the pages and the mails (BCP 47). The API always speaks English. */
export const LANGUAGES = ['en', 'de', 'zh-Hans'] as const;
export type Language = (typeof LANGUAGES)[number];

export const DEFAULT_LANGUAGE: Language = 'en';

/** @returns the language with this tag, or undefined */
export const languageOf = (tag: string | null | undefined): Language | undefined =>
  LANGUAGES.find((language) => language === tag);

/**
 * @param accepted tags of `Accept-Language`, preferred ones first
 * @returns the first one that the server has, or undefined: `zh-CN` is written like `zh-Hans`, `zh-TW` is not
 */
export function chooseLanguage(accepted: readonly string[]): Language | undefined {
  for (const tag of accepted) {
    const wanted = likely(tag);
    const found = LANGUAGES.find((language) => likely(language) === wanted);
    if (wanted !== undefined && found !== undefined) return found;
  }
  return undefined;
}

/** @returns language and script of a tag, by the likely subtags of Unicode; undefined for a tag that is not one */
function likely(tag: string): string | undefined {
  try {
    const { language, script } = new Intl.Locale(tag).maximize();
    return `${language}-${script}`;
  } catch {
    return undefined;
  }
}
