import { z } from 'zod';
import { LANGUAGES } from '../../platform/html/language.js';
import { choiceField } from '../../platform/http/value-fields.js';

const DESCRIPTION = 'Language of the mails to the account, and of its pages.';

export const PreferencesRead = z
  .object({
    language: z
      .enum(LANGUAGES)
      .meta({ id: 'LanguageEnum' })
      .nullable()
      .meta({ description: `${DESCRIPTION} Null until one is chosen.` }),
  })
  .meta({ id: 'Preferences' });

export const PreferencesWrite = z
  .object({ language: choiceField(LANGUAGES, 'LanguageEnum').optional() })
  .meta({ id: 'PatchedPreferencesRequest' });
