import { z } from 'zod';

/**
 * Fields of answers, so that the document says of them what CVAT's does and generated clients read them as what they
 * are. Nothing here checks: what it says of a field holds because of the database, or of the field that wrote it.
 */

/** Lengths in code points, as requests count them, which zod would not. */
interface TextMeta {
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly description?: string;
}

export const text = (meta: TextMeta = {}) => z.string().meta({ ...meta });

/** A `Timestamp` of `kernel/timestamp.ts`. */
export const dateTime = () => z.string().meta({ format: 'date-time' });

/** An absolute address. */
export const uri = () => z.string().meta({ format: 'uri' });

/**
 * DRF `read_only=True`. CVAT has drf-spectacular leave such keys out of `required` (`COMPONENT_NO_READ_ONLY_REQUIRED`),
 * though every answer has them.
 */
export const readOnly = <T extends z.ZodType>(schema: T): T => schema.meta({ readOnly: true });

/** DRF `required=False`: a request may leave it out, so drf-spectacular does not list it for answers either. */
export const unrequired = <T extends z.ZodType>(schema: T): T => schema.meta({ unrequired: true });
