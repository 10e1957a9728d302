import { z } from 'zod';
import { pageSchema } from '../../platform/http/page.js';
import { readOnly, unrequired } from '../../platform/http/read-fields.js';
import { booleanField } from '../../platform/http/scalar-fields.js';
import { BasicUserRead } from '../users/index.js';

const SHOWN = 'The prompt was shown less than 30 days ago.';
const CLICKED = 'The person followed the prompt.';
const ENABLED = 'The prompt may be shown now.';
const ALLOWED = 'The person may be shown such prompts at all.';
const ONLY_TRUE = 'It can only be set to true.';

const flag = (description: string) => unrequired(z.boolean().meta({ description }));

export const GrowthRead = z
  .object({
    id: readOnly(z.int()),
    owner: readOnly(BasicUserRead),
    github_prompt_shown: flag(SHOWN),
    github_prompt_support_clicked: flag(CLICKED),
    github_prompt_enabled: readOnly(z.boolean().meta({ description: ENABLED })),
    promotion_notifications_allowed: flag(ALLOWED),
  })
  .meta({ id: 'UserGrowthData' });

export const GrowthPage = pageSchema(GrowthRead, 'PaginatedUserGrowthDataList', '/api/growth');

export const GrowthPatch = z
  .object({
    github_prompt_shown: booleanField(`${SHOWN} ${ONLY_TRUE}`),
    github_prompt_support_clicked: booleanField(`${CLICKED} ${ONLY_TRUE}`),
    promotion_notifications_allowed: booleanField(ALLOWED),
  })
  .meta({ id: 'PatchedUserGrowthDataRequest' });
