import { z } from 'zod';
import { LANGUAGES } from '../../platform/html/language.js';
import { choiceField } from '../../platform/http/value-fields.js';

const DESCRIPTION = 'Language of the mails to the account, and of its pages.';

export const PreferencesRead = z
  .object({
    // Not an enumeration: in OpenAPI 3.0, one that other schemas share can't be null.
    language: z
      .string()
      .nullable()
      .meta({ description: `${DESCRIPTION} One of ${LANGUAGES.join(', ')}; null until one is chosen.` }),
  })
  .meta({ id: 'Preferences' });

export const PreferencesWrite = z
  .object({ language: choiceField(LANGUAGES, 'LanguageEnum').optional() })
  .meta({ id: 'PatchedPreferencesRequest' });
