/** Django's password validators by their class names (`django.contrib.auth.password_validation`), in CVAT's order. */
export const PASSWORD_VALIDATORS = [
  'UserAttributeSimilarityValidator',
  'MinimumLengthValidator',
  'CommonPasswordValidator',
  'NumericPasswordValidator',
] as const;

export type PasswordValidator = (typeof PASSWORD_VALIDATORS)[number];
