import type { Examples } from '../../../platform/openapi/examples.js';
import { MARIA, pageOf } from './people.js';
import { missing } from './refusals.js';

const NEW = {
  id: 1,
  owner: MARIA,
  github_prompt_shown: true,
  github_prompt_support_clicked: false,
  github_prompt_enabled: false,
  promotion_notifications_allowed: true,
};
const HERE = { path: { id: 1 } };
const ANOTHERS = missing('UserGrowthData', { as: 'pablo' });

export const growthExamples: Readonly<Record<string, Examples>> = {
  growth_list: {
    own: {
      summary: 'The growth data of the caller, in the first 30 days of the account',
      status: 200,
      request: { as: 'maria' },
      body: pageOf(NEW),
    },
  },
  growth_retrieve: {
    own: { summary: 'The same', status: 200, request: { as: 'maria', ...HERE }, body: NEW },
    missing: ANOTHERS,
  },
  growth_partial_update: {
    followed: {
      summary: 'The prompt was followed',
      status: 200,
      request: { as: 'maria', ...HERE, body: { github_prompt_support_clicked: true } },
      body: { ...NEW, github_prompt_support_clicked: true },
    },
    only_true: {
      summary: 'A prompt that was shown cannot become one that was not',
      status: 400,
      request: { body: { github_prompt_shown: false } },
      body: { github_prompt_shown: ['This value can only be set to true.'] },
    },
    missing: ANOTHERS,
  },
};
