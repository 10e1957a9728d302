import { z } from 'zod';
import type { CvatRelease } from '../../kernel/cvat-release.js';
import { charField } from '../../platform/http/fields.js';
import { text } from '../../platform/http/read-fields.js';
import { choiceField, listField } from '../../platform/http/value-fields.js';

/** The survey of CVAT 2.79: what a person says about themselves. Only they see it, and change it. */

const REASONS = [
  'work_project',
  'academic_research',
  'teaching_or_coursework',
  'personal_project',
  '',
] as const;
const ACTIVITIES = [
  'set_up_projects',
  'annotate_data',
  'review_quality',
  'manage_annotators',
  'connect_models',
  'evaluate_for_organization',
] as const;
/** In code points. */
const LONGEST_ANSWER = 255;
const MOST_ANSWERS = 6;

const ROLE = 'A predefined role code or custom role text.';
const PLANS = 'Predefined activity codes selected by the user.';
const TYPES = 'Predefined data type codes and optionally one custom value.';
const DISCOVERY = 'A predefined discovery source code or custom text.';

/** The fields of an answer: empty as long as nothing was said. */
const READ = {
  cvat_usage_reason: z.enum(REASONS).optional(),
  primary_role: text({ maxLength: LONGEST_ANSWER, description: ROLE }).optional(),
  planned_activities: z.array(z.string()).optional().meta({ description: PLANS }),
  data_types: z.array(z.string()).optional().meta({ description: TYPES }),
  discovery_source: text({ maxLength: LONGEST_ANSWER, description: DISCOVERY }).optional(),
};

const ownWords = (description: string) =>
  charField({ maximum: LONGEST_ANSWER, allowBlank: true, description }).optional();

const WRITE = {
  cvat_usage_reason: choiceField(REASONS).optional(),
  primary_role: ownWords(ROLE),
  planned_activities: listField(choiceField(ACTIVITIES), MOST_ANSWERS)
    .optional()
    .meta({ description: PLANS }),
  data_types: listField(charField({ maximum: LONGEST_ANSWER }), MOST_ANSWERS)
    .optional()
    .meta({ description: TYPES }),
  discovery_source: ownWords(DISCOVERY),
};

type Field = keyof typeof WRITE;
export const SURVEY_FIELDS = Object.keys(WRITE) as readonly Field[];

/** All answers of a person. */
export type Survey = Required<{ readonly [F in Field]: z.output<(typeof WRITE)[F]> & {} }>;

/** Some of them. */
export type SurveyChanges = { readonly [F in Field]?: Survey[F] | undefined };

/** The fields of an answer. Their types are the same in every release: all of them may be missing. */
export const surveyRead = ({ has }: CvatRelease): typeof READ =>
  has('hasSurvey') ? READ : ({} as typeof READ);

/** The fields of a request, likewise. */
export const surveyWrite = ({ has }: CvatRelease): typeof WRITE =>
  has('hasSurvey') ? WRITE : ({} as typeof WRITE);

export const isSurveyField = (name: string): name is Field => Object.hasOwn(WRITE, name);
