import type { Language } from '../language.js';
import { de } from './de/index.js';
import { en } from './en/index.js';
import { zhHans } from './zh-hans/index.js';

/** All texts of one language. A language without one of them does not compile. */
export type Texts = typeof en;

export const TEXTS: Readonly<Record<Language, Texts>> = { en, de, 'zh-Hans': zhHans };
