import { z } from 'zod';

/** CVAT's `UserSerializer`: what an account shows to itself and to superusers. */
export const UserRead = z
  .object({
    url: z.string(),
    id: z.int(),
    username: z.string(),
    first_name: z.string(),
    last_name: z.string(),
    email: z.string(),
    groups: z.array(z.string()),
    is_staff: z.boolean(),
    is_superuser: z.boolean(),
    is_active: z.boolean(),
    last_login: z.string().nullable(),
    date_joined: z.string(),
    has_analytics_access: z.boolean(),
  })
  .meta({ id: 'User' });

/** CVAT's `BasicUserSerializer`: what others see. */
export const BasicUserRead = UserRead.pick({ url: true, id: true, username: true, first_name: true, last_name: true }).meta({
  id: 'BasicUser',
});
