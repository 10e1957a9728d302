import type { z } from 'zod';
import { presentBasicUser } from '../users/index.js';
import type { GrowthData } from './repository.js';
import type { GrowthRead } from './schemas.js';

/** @param base `scheme://host` of the request. @param isResting the prompt was shown not long ago */
export const presentGrowth = (
  { id, owner, supportClicked, promotionsAllowed }: GrowthData,
  base: string,
  isResting: boolean,
): z.input<typeof GrowthRead> => ({
  id,
  owner: presentBasicUser(owner, base),
  github_prompt_shown: isResting,
  github_prompt_support_clicked: supportClicked,
  github_prompt_enabled: promotionsAllowed && !supportClicked && !isResting,
  promotion_notifications_allowed: promotionsAllowed,
});
