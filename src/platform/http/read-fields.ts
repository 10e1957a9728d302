import { z } from 'zod';

/**
 * Fields of answers: they make the document describe them as CVAT's does, so that generated clients use the right
 * types. Nothing here validates: the database, or the field that wrote the value, guarantees these properties.
 */

/** Lengths in code points, as for requests; zod would count differently. */
interface TextMeta {
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly description?: string;
}

export const text = (meta: TextMeta = {}) => z.string().meta({ ...meta });

/** A `Timestamp` of `kernel/timestamp.ts`. */
export const dateTime = () => z.string().meta({ format: 'date-time' });

/** An absolute URL. */
export const uri = () => z.string().meta({ format: 'uri' });

/**
 * DRF `read_only=True`. CVAT configures drf-spectacular to omit such keys from `required`
 * (`COMPONENT_NO_READ_ONLY_REQUIRED`), although every answer has them.
 */
export const readOnly = <T extends z.ZodType>(schema: T): T => schema.meta({ readOnly: true });

/**
 * DRF `required=False`: a request may omit the field, so drf-spectacular does not list it as required for answers
 * either.
 */
export const unrequired = <T extends z.ZodType>(schema: T): T => schema.meta({ unrequired: true });
